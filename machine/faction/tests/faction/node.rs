//! The node in a small world, one story at a time.

use std::time::Duration;

use stormglass_faction::PeerState::{Bootstrapped, Collecting, Fresh, Pinging, TimedOut};
use stormglass_faction::{
    Config, FactionNode, Message, NodeConfig, ProcessResult, QuorumPolicy, Record, Request, Timer,
    Visited,
};
use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, Time};

use crate::network::Network;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn assert_all_bootstrapped(network: &Network) {
    assert_eq!(network.up().count(), network.slots.len());
    assert!(network.up().all(|(node, _)| network.state(node) == Bootstrapped));
}

#[test]
fn a_dull_cluster_bootstraps_and_falls_silent() {
    for size in 2..=7 {
        for quorum in 1..=size as usize {
            let mut network = Network::started(size, quorum, |_| {});
            network.run(seconds(1)).expect("every invariant holds");
            assert_all_bootstrapped(&network);
            assert!(network.is_silent());
        }
    }
}

#[test]
fn a_restart_at_every_effect_changes_nothing_in_the_end() {
    let mut points = 0;
    for node in 0..3 {
        for effect in 0.. {
            let mut network = Network::started(3, 3, |_| {});
            network.slots[node].crash_at = Some(effect);
            network.run(seconds(20)).expect("every invariant holds");
            assert_all_bootstrapped(&network);
            assert!(network.is_silent());
            if network.slots[node].crash_at.is_some() {
                break;
            }
            points += 1;
        }
    }
    assert!(points > 60, "only {points} points to crash at");
}

/// The second crash comes at every point of what follows the first.
#[test]
fn two_restarts_at_any_two_effects_change_nothing_in_the_end() {
    for first in 0..30 {
        for second in 0..30 {
            let mut network = Network::started(2, 2, |_| {});
            network.slots[0].crash_at = Some(first);
            network.slots[1].crash_at = Some(second);
            network.run(seconds(20)).expect("every invariant holds");
            assert_all_bootstrapped(&network);
        }
    }
}

#[test]
fn what_is_promised_is_durable_first() {
    let mut network = Network::started(3, 3, |_| {});
    network.isolate(2);
    network.run(seconds(1)).expect("every invariant holds");
    assert_eq!(network.state(0), Collecting);
    assert!(matches!(network.slots[0].disk[..], [Record::Ready { .. }]));
    network.cuts.clear();
    network.run(seconds(10)).expect("every invariant holds");
    assert!(matches!(network.slots[0].disk[..], [Record::Concluded { .. }]));
}

#[test]
fn lost_readiness_is_asked_for_again() {
    let mut network = Network::started(3, 3, |_| {});
    network.run(Duration::from_millis(499)).expect("every invariant holds");
    network.isolate(0);
    network.run(seconds(1)).expect("every invariant holds");
    assert!((0..3).all(|node| network.state(node) == Collecting));
    network.cuts.clear();
    network.run(seconds(3)).expect("every invariant holds");
    assert_all_bootstrapped(&network);
}

#[test]
fn a_latecomer_catches_up_with_a_silent_cluster() {
    let configs = (0..4).map(|id| NodeConfig::of_cluster(id, 4, 3)).collect();
    let mut network = Network::new(configs, Default::default(), 0);
    for node in 0..3 {
        network.start(node, Duration::ZERO);
    }
    network.run(seconds(60)).expect("every invariant holds");
    assert!(network.is_silent());
    network.start(3, Duration::ZERO);
    network.run(seconds(1)).expect("every invariant holds");
    assert_all_bootstrapped(&network);
}

#[test]
fn a_node_that_hears_nobody_neither_begins_nor_gives_up() {
    let mut network = Network::started(3, 1, |config| config.deadline = Some(seconds(3)));
    network.isolate(0);
    network.run(seconds(30)).expect("every invariant holds");
    assert_eq!(network.state(0), Fresh);
    network.cuts.clear();
    network.run(seconds(3)).expect("every invariant holds");
    assert_all_bootstrapped(&network);
}

#[test]
fn a_node_cut_off_after_its_first_contact_gives_up_in_time() {
    let mut network = Network::started(3, 3, |config| config.deadline = Some(seconds(3)));
    network.run(Duration::from_millis(100)).expect("every invariant holds");
    network.isolate(0);
    network.run(seconds(3)).expect("every invariant holds");
    assert!((0..3).all(|node| network.state(node) == TimedOut));
    assert!(network.is_silent());
}

#[test]
fn a_deadline_missed_while_unheard_is_set_again() {
    let mut network = Network::started(3, 3, |config| config.deadline = Some(seconds(3)));
    network.isolate(0);
    network.run(seconds(5)).expect("every invariant holds");
    assert_eq!([network.state(0), network.state(1)], [Fresh, TimedOut]);
    network.cuts.clear();
    network.run(seconds(3)).expect("every invariant holds");
    assert!(network.view(0).is_concluded());
}

/// Node 0 gives up, and the others need its promise: they are three, and so is the quorum.
#[test]
fn a_node_that_timed_out_keeps_its_promise() {
    let mut network = Network::started(3, 3, |_| {});
    network.isolate(2);
    network.run(seconds(1)).expect("every invariant holds");
    network.ask(0, Request::ExpireDeadline, Duration::ZERO);
    network.run(seconds(1)).expect("every invariant holds");
    network.cuts.clear();
    network.run(seconds(5)).expect("every invariant holds");
    assert_eq!([0, 1, 2].map(|node| network.state(node)), [TimedOut, Bootstrapped, Bootstrapped]);
    network.crash(0, Duration::ZERO);
    network.run(seconds(1)).expect("every invariant holds");
    assert_eq!(network.state(0), TimedOut);
}

#[test]
fn a_lone_node_bootstraps_alone() {
    for quorum in [0, 1] {
        let mut network = Network::started(1, quorum, |_| {});
        network.run(seconds(1)).expect("every invariant holds");
        assert_all_bootstrapped(&network);
        assert!(network.is_silent());
    }
}

#[test]
fn a_lone_node_with_a_quorum_out_of_reach_times_out() {
    let mut network = Network::started(1, 2, |config| config.deadline = Some(seconds(2)));
    network.run(seconds(1)).expect("every invariant holds");
    assert_eq!(network.state(0), Collecting);
    network.crash(0, Duration::ZERO);
    network.run(seconds(3)).expect("every invariant holds");
    assert_eq!(network.state(0), TimedOut);
}

#[test]
fn without_a_window_an_operator_finishes_the_part() {
    let mut network = Network::started(2, 2, |config| config.collection_window = None);
    network.run(seconds(30)).expect("every invariant holds");
    assert_eq!([network.state(0), network.state(1)], [Pinging, Pinging]);
    assert!(network.is_silent());
    for node in 0..2 {
        network.ask(node, Request::CompleteLocalParticipation, Duration::ZERO);
    }
    network.run(seconds(1)).expect("every invariant holds");
    assert_all_bootstrapped(&network);
}

#[test]
fn a_node_without_a_quorum_of_peers_asks_less_and_less_often() {
    let mut network = Network::started(3, 3, |_| {});
    network.isolate(2);
    network.run(seconds(30)).expect("every invariant holds");
    let early = network.sent.len();
    network.run(seconds(30)).expect("every invariant holds");
    let asked = network.sent.iter().skip(early);
    let to_2 = asked.filter(|(from, to, _)| (*from, *to) == (0, 2)).count();
    assert_eq!(to_2, 15, "once every two seconds");
}

#[test]
fn a_stranger_is_neither_counted_nor_answered() {
    let mut configs: Vec<_> = (0..3).map(|id| NodeConfig::of_cluster(id, 3, 3)).collect();
    configs.push(NodeConfig::new(Config::new(3, vec![0, 1, 2, 3], QuorumPolicy::new(2))));
    let mut network = Network::new(configs, Default::default(), 0);
    for node in 0..4 {
        network.start(node, Duration::ZERO);
    }
    network.run(seconds(5)).expect("every invariant holds");
    assert!((0..3).all(|node| network.view(node).collecting_peers().len() == 3));
    let answered = |message| matches!(message, Message::Ready { .. } | Message::Bootstrapped);
    assert!(!network.sent.iter().any(|&(_, to, message)| to == 3 && answered(message)));
}

#[test]
fn every_cell_can_be_visited_from_outside() {
    let requests = [Request::Probe, Request::ExpireDeadline, Request::CompleteLocalParticipation];
    let mut visited = Visited::default();
    let signals = [
        Message::Participation { asks: false },
        Message::Ready { asks: false },
        Message::Bootstrapped,
    ];
    // What brings node 0 into each state, after which everything is tried on a copy of it.
    let ways: [&[Input<FactionNode>]; 5] = [
        &[],
        &[message(1, signals[0])],
        &[message(1, signals[0]), Input::Timer(Timer::CollectionWindow)],
        &[message(1, signals[1]), Input::Timer(Timer::CollectionWindow), message(2, signals[2])],
        &[message(1, signals[0]), Input::Timer(Timer::Deadline)],
    ];
    for (way, state) in ways.iter().zip([Fresh, Pinging, Collecting, Bootstrapped, TimedOut]) {
        let mut node = FactionNode::new(NodeConfig::of_cluster(0, 4, 3));
        for input in way.iter() {
            step(&mut node, input.clone());
        }
        assert_eq!(node.state(), state.name());
        let asked = requests.map(|request| Input::Request { id: REQUEST, request });
        for input in asked.into_iter().chain(signals.map(|signal| message(3, signal))) {
            let mut node = node.clone();
            step(&mut node, input);
            visited = visited | node.visited();
        }
    }
    assert_eq!(visited.bits(), (1 << Visited::CELLS.len()) - 1);
    assert!(visited.names().eq(Visited::CELLS));
}

#[test]
fn the_cells_of_a_restored_node_are_those_of_this_boot() {
    let mut node = FactionNode::new(NodeConfig::of_cluster(0, 2, 2));
    node.restore(Record::Ready { pinging_peers: vec![1], collecting_peers: vec![0] });
    assert_eq!(node.visited(), Visited::default());
    assert!(node.has_announced_ready());
    step(&mut node, Input::Start);
    step(&mut node, message(1, Message::Ready { asks: false }));
    assert_eq!(node.visited().names().collect::<Vec<_>>(), ["Collecting × ReadyObserved"]);
}

#[test]
#[should_panic(expected = "never ends")]
fn a_window_without_length_is_a_mistake() {
    let config = NodeConfig::of_cluster(0, 2, 2);
    FactionNode::new(NodeConfig { collection_window: Some(Duration::ZERO), ..config });
}

#[test]
#[should_panic(expected = "an id of 32 bits")]
fn a_member_that_cannot_be_a_node_is_a_mistake() {
    let cluster = Config::new(0, vec![0, u64::MAX], QuorumPolicy::new(2));
    FactionNode::new(NodeConfig::new(cluster));
}

/// A crash may cut the list of effects anywhere, so their order is the promise.
#[test]
fn nothing_is_said_or_answered_before_it_is_durable() {
    let mut node = FactionNode::new(NodeConfig::of_cluster(0, 3, 2));
    step(&mut node, message(1, Message::Participation { asks: true }));
    let request = Request::CompleteLocalParticipation;
    let effects = step(&mut node, Input::Request { id: REQUEST, request });
    assert_durable_first(&effects, 2);
    let effects = step(&mut node, message(1, Message::Ready { asks: true }));
    assert_durable_first(&effects, 3);
}

fn assert_durable_first(effects: &[Effect<FactionNode>], messages: usize) {
    let flush = effects.iter().position(|effect| matches!(effect, Effect::Flush));
    let (before, after) = effects.split_at(flush.expect("something is made durable"));
    let tells = |effect: &&Effect<FactionNode>| {
        matches!(effect, Effect::Send { .. } | Effect::Respond { .. })
    };
    assert_eq!(before.iter().filter(tells).count(), 0);
    let sends = after.iter().filter(|effect| matches!(effect, Effect::Send { .. }));
    assert_eq!(sends.count(), messages);
}

#[test]
fn responses_show_what_the_machine_made_of_it() {
    let mut network = Network::started(2, 2, |config| config.collection_window = None);
    network.isolate(0);
    for request in [Request::CompleteLocalParticipation, Request::ExpireDeadline, Request::Probe] {
        network.ask(0, request, Duration::ZERO);
    }
    network.run(seconds(1)).expect("every invariant holds");
    let kinds = network.responses.iter().map(|(_, response)| match response {
        ProcessResult::Accepted { .. } => "accepted",
        ProcessResult::Rejected { .. } => "rejected",
        ProcessResult::Probed { .. } => "probed",
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["rejected", "rejected", "probed"]);
}

const REQUEST: stormglass_machine::RequestId = stormglass_machine::RequestId(1);

fn message(from: u32, message: Message) -> Input<FactionNode> {
    Input::Message { from: NodeId(from), message }
}

/// Steps node 0 by hand.
fn step(node: &mut FactionNode, input: Input<FactionNode>) -> Vec<Effect<FactionNode>> {
    let (mut effects, mut dice) = (vec![], Dice::new(0, "node", 0));
    node.step(input, &mut Env::new(NodeId(0), Time::ZERO, Time::ZERO, &mut dice, &mut effects));
    effects
}
