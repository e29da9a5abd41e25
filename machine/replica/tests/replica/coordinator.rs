//! What goes with a change of the role.

use stormglass_replica::{
    Coordinator, CoordinatorError, Metrics, ObserverEvent, Outcome, Planted, Role, Signal, TagCall,
    Trace, TransitionError,
};

struct Fixture {
    coordinator: Coordinator,
    metrics: Metrics,
    trace: Trace,
}

type Transition = (Role, Signal);

const SELECT: Transition = (Role::Replica, Signal::CapabilitySelected);
const STAND: Transition = (Role::Candidate, Signal::MissedHeartbeats);
const WIN: Transition = (Role::Leader, Signal::ElectionWon);
const LOSE: Transition = (Role::Replica, Signal::ElectionLost);
const CONCEDE: Transition = (Role::Replica, Signal::PeerLeaderObserved);
const RELINQUISH: Transition = (Role::Idle, Signal::GracefulRelinquish);
const CLOSE: Transition = (Role::Idle, Signal::ChannelClose);

fn after(path: &[Transition]) -> Fixture {
    let mut fixture = Fixture {
        coordinator: Coordinator::new(Planted::default()),
        metrics: Metrics::default(),
        trace: Trace::default(),
    };
    for step in path {
        assert_eq!(fixture.go(*step), Ok(Outcome::Changed));
    }
    fixture.trace = Trace::default();
    fixture
}

impl Fixture {
    fn go(&mut self, (target, signal): Transition) -> Result<Outcome, CoordinatorError> {
        self.coordinator.transition(target, signal, &mut self.metrics, &mut self.trace)
    }
}

#[test]
fn closing_an_idle_node_does_nothing() {
    let mut fixture = after(&[]);
    assert_eq!(fixture.go(CLOSE), Ok(Outcome::Nothing));
    assert_eq!((fixture.trace.tag_calls.len(), fixture.trace.events.len()), (0, 0));
    assert_eq!(fixture.metrics, Metrics::default());
}

#[test]
fn a_refused_transition_changes_nothing() {
    let mut fixture = after(&[SELECT]);
    let before = fixture.metrics;
    let refused = TransitionError::InvalidPair { from: Role::Replica, to: Role::Leader };
    assert_eq!(fixture.go(WIN), Err(CoordinatorError::Refused(refused)));
    assert_eq!((fixture.coordinator.role(), fixture.metrics), (Role::Replica, before));
    assert_eq!((fixture.trace.tag_calls.len(), fixture.trace.events.len()), (0, 0));
}

#[test]
fn each_transition_has_its_tag_call_and_its_event() {
    let announce = Some((TagCall::Announce { tail: 0 }, true));
    let withdraw = Some((TagCall::Withdraw, true));
    let leads = [SELECT, STAND, WIN];
    let cases: [(&[Transition], Transition, _, _); 8] = [
        (&[], SELECT, announce, Some(ObserverEvent::BecameHolder)),
        (&[SELECT], STAND, None, None),
        (&[SELECT, STAND], WIN, announce, Some(ObserverEvent::LeaderChanged)),
        (&[SELECT, STAND], LOSE, None, None),
        (&leads, CONCEDE, None, Some(ObserverEvent::LeaderLost)),
        (&leads, RELINQUISH, withdraw, Some(ObserverEvent::LeaderLostAndIdled)),
        (&[SELECT], CLOSE, withdraw, Some(ObserverEvent::Idled)),
        (&[SELECT, STAND], CLOSE, withdraw, Some(ObserverEvent::Idled)),
    ];
    for (path, step, call, event) in cases {
        let mut fixture = after(path);
        assert_eq!(fixture.go(step), Ok(Outcome::Changed));
        assert_eq!(fixture.trace.tag_calls, Vec::from_iter(call), "{path:?} {step:?}");
        assert_eq!(fixture.trace.events, Vec::from_iter(event), "{path:?} {step:?}");
    }
}

#[test]
fn wins_and_missed_leaders_are_counted() {
    let fixture = after(&[SELECT, STAND, LOSE, STAND, WIN]);
    assert_eq!((fixture.metrics.leader_changes, fixture.metrics.election_thrash), (1, 2));
}

#[test]
fn a_failing_sink_keeps_the_new_role_but_tells_no_observer() {
    let mut fixture = after(&[]);
    fixture.coordinator.fail_next_tag_calls(1);
    assert_eq!(fixture.go(SELECT), Err(CoordinatorError::TagSink));
    assert_eq!(fixture.coordinator.role(), Role::Replica);
    assert_eq!(fixture.coordinator.tag().announced(), None);
    assert_eq!(fixture.trace.events, []);
    assert_eq!(fixture.metrics.announce_divergence, 0);
}

#[test]
fn a_failed_withdrawal_is_counted_and_never_repeated() {
    let mut fixture = after(&[SELECT]);
    fixture.coordinator.fail_next_tag_calls(1);
    assert_eq!(fixture.go(CLOSE), Err(CoordinatorError::TagSink));
    assert_eq!(fixture.metrics.announce_divergence, 1);
    assert_eq!(fixture.go(CLOSE), Ok(Outcome::Nothing));
    assert_eq!(fixture.coordinator.tag().announced(), Some(0));
}

#[test]
fn the_announced_tail_never_goes_back() {
    let mut fixture = after(&[]);
    fixture.coordinator.advance_tail(7);
    fixture.coordinator.advance_tail(3);
    fixture.go(SELECT).expect("an idle node can be selected");
    assert_eq!(fixture.coordinator.tag().announced(), Some(7));
}
