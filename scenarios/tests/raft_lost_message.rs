//! Whatever message is lost, if it is the only one: nothing is violated, and everything that must
//! come true does. No search; every message of a run without faults is tried.

use stormglass_machine::NodeId;
use stormglass_raft::Bug;
use stormglass_scenarios::raft::{PLANS, Plan, Replicated};
use stormglass_simulator::{Deviation, Failure, Fate, MessageFault, Scenario, World};

const KINDS: [&str; 12] = [
    "PreVoteRequest",
    "PreVoteResponse",
    "RequestVote",
    "RequestVoteResponse",
    "Heartbeat",
    "AppendEntries",
    "AppendEntriesResponse",
    "InstallSnapshot",
    "InstallSnapshotResponse",
    "TimeoutNow",
    "ReadIndexRequest",
    "ReadIndexResponse",
];
/// The wishes of one of so many seeds are taken: of the one with the most.
const SEEDS: u64 = 20;

type Wish = Deviation<<<Replicated as Scenario>::Machine as stormglass_machine::Machine>::Request>;

/// What is asked, and of how many nodes.
fn wishes(world: &mut World<'_, Replicated>) -> (u64, Vec<Wish>) {
    let of = |seed| {
        let mut wishes = world.record(seed).deviations;
        wishes.retain(|one| matches!(one, Deviation::Nodes { .. } | Deviation::Request { .. }));
        (seed, wishes)
    };
    (0..SEEDS).map(of).max_by_key(|(_, wishes)| wishes.len()).expect("there are seeds")
}

/// Loses one message after the other. Returns how many there are, and what the first loss led to
/// that anything came of.
fn lose_each(scenario: &Replicated) -> (usize, Option<(MessageFault, Failure)>) {
    let mut world = World::new(scenario);
    let (seed, mut wishes) = wishes(&mut world);
    let none_lost = world.replay(seed, &wishes, u64::MAX, &mut ()).outcome;
    assert_eq!(none_lost.failure, None, "{} without faults", scenario.name());
    let count = Deviation::cluster_size(&wishes).unwrap_or(*scenario.nodes().start());
    let mut lost = 0;
    for from in (0..count).map(NodeId) {
        for to in (0..count).map(NodeId) {
            for kind in KINDS.map(str::to_owned) {
                for nth in 0.. {
                    let (kind, fate) = (kind.clone(), Fate::Dropped);
                    let message = MessageFault { from, to, kind, nth, fate };
                    wishes.push(Deviation::Message(message.clone()));
                    let replayed = world.replay(seed, &wishes, u64::MAX, &mut ());
                    wishes.pop();
                    if let Some(failure) = replayed.outcome.failure {
                        return (lost, Some((message, failure)));
                    }
                    if replayed.matched.last() != Some(&true) {
                        break;
                    }
                    lost += 1;
                }
            }
        }
    }
    (lost, None)
}

#[test]
fn any_single_message_may_be_lost() {
    for name in ["raft-partitions", "raft-snapshots", "raft-membership", "raft-transfers"] {
        let (lost, failed) = lose_each(&Replicated::new(plan(name)));
        assert!(failed.is_none(), "{name}: {failed:?}");
        assert!(lost > 300, "{name} has only {lost} messages");
    }
}

fn plan(name: &str) -> &'static Plan {
    PLANS.into_iter().find(|plan| plan.name == name).expect("a plan of this name")
}

/// A bug that a loss brings to light, of which nothing is seen as long as nothing is lost.
fn is_found_by_a_loss(bug: Bug, name: &str) {
    let (lost, failed) = lose_each(&Replicated::new(plan(name)).with_bug(Some(bug)));
    let (_, failure) = failed.unwrap_or_else(|| panic!("{lost} losses, and nothing comes of them"));
    assert_eq!(failure.property, bug.expected());
}

#[test]
fn a_piece_of_a_snapshot_that_is_not_repeated_is_missed() {
    is_found_by_a_loss(Bug::ChunkNotRepeated, "raft-membership");
}

#[test]
fn a_transfer_that_is_not_repeated_never_ends() {
    is_found_by_a_loss(Bug::TransferNeverEnds, "raft-transfers");
}
