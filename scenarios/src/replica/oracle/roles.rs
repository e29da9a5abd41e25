//! Which role may follow which, by what signal, and what is counted and told of it.

use stormglass_replica::{
    CoordinatorError, ObserverEvent, Outcome, Role, Signal, TransitionAttempt, TransitionError,
};

use super::finding::Findings;
use super::handling::Handling;
use super::step::Step;

/// The whole matrix: every other triple is refused.
pub const ALLOWED: [(Role, Role, Signal); 13] = [
    (Role::Idle, Role::Idle, Signal::ChannelClose),
    (Role::Idle, Role::Replica, Signal::CapabilitySelected),
    (Role::Replica, Role::Idle, Signal::DiskPressureWithdraw),
    (Role::Replica, Role::Idle, Signal::ChannelClose),
    (Role::Replica, Role::Candidate, Signal::MissedHeartbeats),
    (Role::Candidate, Role::Idle, Signal::CandidateDiskPressureWithdraw),
    (Role::Candidate, Role::Idle, Signal::ChannelClose),
    (Role::Candidate, Role::Replica, Signal::ElectionLost),
    (Role::Candidate, Role::Leader, Signal::ElectionWon),
    (Role::Leader, Role::Idle, Signal::GracefulRelinquish),
    (Role::Leader, Role::Idle, Signal::LeaderDiskPressureWithdraw),
    (Role::Leader, Role::Idle, Signal::ChannelClose),
    (Role::Leader, Role::Replica, Signal::PeerLeaderObserved),
];

/// The name of a triple in reports: `Replica→Candidate/MissedHeartbeats`.
pub fn triple_name((from, to, signal): (Role, Role, Signal)) -> String {
    format!("{}→{}/{signal:?}", from.name(), to.name())
}

/// The names under which refusals are counted.
pub const REFUSED: [&str; 2] = ["refused: SignalMismatch", "refused: InvalidPair"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The matrix decides every change.
    Matrix,
    /// A machine never asks itself for what is refused.
    OwnWish,
    /// What is counted is what happened.
    Counters,
    /// Observers are told of each change.
    Events,
}

/// Judges every attempt to change a role, and counts the triples.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    pub reached: [u64; 13],
    pub refused: [u64; 2],
    pub findings: Findings<Rule>,
}

impl Roles {
    pub fn step(&mut self, step: &Step<'_>) {
        let trace = step.machine.trace();
        if trace.transitions.is_empty()
            && trace.events.is_empty()
            && step.before.role == step.machine.role()
        {
            return;
        }
        let mut role = step.before.role;
        let (mut led, mut missed) = (0, 0);
        let mut told = trace.events.iter();
        for attempt in &trace.transitions {
            let chained = attempt.from == role;
            self.findings.expect(Rule::Matrix, chained, || {
                format!("node {} was {role:?}, not {:?}", step.node, attempt.from)
            });
            if !self.attempt(step, attempt) {
                continue;
            }
            role = attempt.to;
            led += u64::from(attempt.to == Role::Leader);
            missed += u64::from(attempt.signal == Signal::MissedHeartbeats);
            let event = match attempt.result {
                Ok(Outcome::Changed) => event_of(attempt.from, attempt.to),
                _ => None,
            };
            if let Some(event) = event {
                let seen = told.next().copied();
                self.findings.expect(Rule::Events, seen == Some(event), || {
                    format!("node {} told its observers {seen:?}, not {event:?}", step.node)
                });
            }
        }
        let more = told.next().copied();
        self.findings.expect(Rule::Events, more.is_none(), || {
            format!("node {} told its observers of {more:?}, which did not happen", step.node)
        });
        let now = step.machine.role();
        self.findings.expect(Rule::Matrix, now == role, || {
            format!("node {} became {now:?} without asking the matrix", step.node)
        });
        let (old, new) = (&step.before.metrics, step.machine.metrics());
        let counted =
            (new.leader_changes - old.leader_changes, new.election_thrash - old.election_thrash);
        self.findings.expect(Rule::Counters, counted == (led, missed), || {
            format!("node {} counted {counted:?}, not {:?}", step.node, (led, missed))
        });
    }

    /// Judges one attempt; true if the role has changed, or was to be Idle and is.
    fn attempt(&mut self, step: &Step<'_>, attempt: &TransitionAttempt) -> bool {
        let triple = (attempt.from, attempt.to, attempt.signal);
        let allowed = ALLOWED.iter().position(|one| *one == triple);
        let refusal = match attempt.result {
            Err(CoordinatorError::Refused(error)) => Some(error),
            _ => None,
        };
        let right = match allowed {
            Some(_) => refusal.is_none(),
            None => refusal == Some(expected_refusal(triple)),
        };
        self.findings.expect(Rule::Matrix, right, || {
            format!("node {}: {} gave {:?}", step.node, triple_name(triple), attempt.result)
        });
        let Some(position) = allowed else {
            let mismatch = matches!(refusal, Some(TransitionError::SignalMismatch { .. }));
            self.refused[usize::from(!mismatch)] += 1;
            let asked = matches!(step.handling, Handling::Transition(..));
            self.findings.expect(Rule::OwnWish, asked, || {
                format!("node {} itself wanted {}", step.node, triple_name(triple))
            });
            return false;
        };
        self.reached[position] += 1;
        true
    }
}

fn expected_refusal((from, to, signal): (Role, Role, Signal)) -> TransitionError {
    let pair_exists = to == Role::Idle || ALLOWED.iter().any(|one| (one.0, one.1) == (from, to));
    match pair_exists {
        true => TransitionError::SignalMismatch { from, to, signal },
        false => TransitionError::InvalidPair { from, to },
    }
}

fn event_of(from: Role, to: Role) -> Option<ObserverEvent> {
    match (from, to) {
        (Role::Idle, Role::Idle) => None,
        (Role::Idle, _) => Some(ObserverEvent::BecameHolder),
        (Role::Leader, Role::Idle) => Some(ObserverEvent::LeaderLostAndIdled),
        (Role::Leader, _) => Some(ObserverEvent::LeaderLost),
        (_, Role::Idle) => Some(ObserverEvent::Idled),
        (_, Role::Leader) => Some(ObserverEvent::LeaderChanged),
        _ => None,
    }
}
