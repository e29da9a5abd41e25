//! Snapshots: taken, restored, sent.

use stormglass_machine::NodeId;
use stormglass_raft::{CorruptSnapshot, LogIndex, Options, Request, StateMachine as _};
use stormglass_scenarios::raft::{Command, Plan, Replicated, Store};

use crate::group::{Group, PLAN, patient, snapshot_index};

/// A snapshot every five entries, sent in pieces of 32 bytes.
static SMALL: Plan = Plan {
    configure: |options, _| Options {
        snapshot_threshold: 5,
        snapshot_chunk_bytes: 32,
        ..patient(options)
    },
    ..PLAN
};

/// Three nodes of which one is down, and has missed enough to need a snapshot: the leader, and the
/// one that is down.
fn one_behind(scenario: &Replicated) -> (Group<'_>, NodeId, NodeId) {
    let (mut group, leader) = Group::with_leader(scenario, 3);
    let behind = group.other_than(&[leader]);
    group.crash(behind);
    group.append_all(leader, 1..=12);
    (group, leader, behind)
}

#[test]
fn snapshot_creation() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    assert!(group.live().all(|(_, raft)| raft.snapshot().is_none()), "nothing to save yet");

    // The no-op of the term and four values are five entries.
    group.append_all(leader, 1..=4);
    group.run_until(|world| world.live().all(|(_, raft)| snapshot_index(raft) == 5));

    // Each node has taken its own, and they are the same.
    assert_eq!(group.ghost().tally().snapshots_installed, 0);
    let first = group.machine(leader).snapshot().expect("it was there a moment ago").clone();
    assert_eq!(first.metadata.last_included_term, group.machine(leader).current_term());
    assert_eq!(*first.metadata.configuration, *group.configuration(leader));
    assert!(group.live().all(|(_, raft)| raft.snapshot() == Some(&first)));
    group.finish();
}

#[test]
fn snapshot_restore() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let follower = group.other_than(&[leader]);
    group.append_all(leader, 1..=6);
    group.until_level(leader, &[follower]);

    // What was compacted away is there at once when the node comes up; the rest it has to hear.
    group.crash(follower);
    group.restart(follower);
    assert_eq!(group.machine(follower).last_applied(), 5);
    assert_eq!(group.list(follower), [1, 2, 3, 4]);
    group.until_level(leader, &[follower]);
    assert_eq!(group.list(follower), [1, 2, 3, 4, 5, 6]);
    group.finish();
}

#[test]
fn install_snapshot_rpc() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader, behind) = one_behind(&scenario);
    let base = group.machine(leader).log().base();
    assert!(base >= 10, "what it needs is compacted away");

    group.restart(behind);
    assert_eq!(group.snapshot_of(behind), 0);
    group.run_until(|world| world.machine(behind).log().base() >= base);
    assert_eq!(group.ghost().tally().snapshots_installed, 1);
    assert_eq!(group.machine(behind).snapshot(), group.machine(leader).snapshot());
    group.until_level(leader, &[behind]);
    assert_eq!(group.list(behind), group.list(leader));
    group.finish();
}

#[test]
fn log_compaction() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let idle = group.other_than(&[leader]);

    // The log stays short however much is appended, although one node is down for half of it.
    for value in 1..=40 {
        if value == 20 {
            group.crash(idle);
        }
        group.append_all(leader, [value]);
        for (node, raft) in group.live() {
            let length = raft.log().entries().len();
            assert!(length <= 5 + 1, "node {node} has {length} entries in its log");
        }
    }
    assert!(group.machine(leader).log().base() >= 40 - 5);
    let records: Vec<usize> = group.live().map(|(node, _)| group.records(node).len()).collect();
    assert!(records.iter().all(|records| *records <= 20), "disks are compacted, too: {records:?}");
    group.finish();
}

#[test]
fn catch_up_via_snapshot() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader, behind) = one_behind(&scenario);
    group.append_all(leader, 13..=30);

    // How much it has missed does not matter: four hundred milliseconds are enough.
    group.restart(behind);
    let soon = std::time::Duration::from_millis(400);
    group.run_until_within(soon, |world| {
        world.machine(behind).last_applied() == world.machine(leader).last_applied()
    });
    assert_eq!(group.list(behind), (1..=30).collect::<Vec<u32>>());
    assert!(group.machine(behind).log().base() >= 25);

    // And what comes next it takes from the log again.
    let installed = group.ghost().tally().snapshots_installed;
    group.append_all(leader, [31]);
    group.until_level(leader, &[behind]);
    assert_eq!(group.ghost().tally().snapshots_installed, installed);
    group.finish();
}

#[test]
fn snapshot_transfer_chunking() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader, behind) = one_behind(&scenario);
    let whole = group.machine(leader).snapshot().expect("there is one").data.len() as u64;
    assert!(whole > 3 * 32, "it takes more than three pieces: {whole}");

    // The first piece is lost and sent again; then the receiver restarts half way.
    let arrived = |node: NodeId, group: &Group<'_>| -> Option<(LogIndex, u64)> {
        group.machine(node).incoming_snapshot()
    };
    group.drop_next("InstallSnapshot", leader, behind);
    group.restart(behind);
    group.run_until(|world| {
        world.machine(behind).incoming_snapshot().is_some_and(|(_, bytes)| bytes >= 64)
    });
    let before = arrived(behind, &group).expect("it was there a moment ago");
    assert!(before.1 < whole);
    assert_eq!(group.machine(behind).last_applied(), 0, "half a snapshot is none");

    // It goes on where it was.
    group.crash(behind);
    group.restart(behind);
    assert_eq!(arrived(behind, &group), Some(before));
    group.until_level(leader, &[behind]);
    assert_eq!(arrived(behind, &group), None);
    assert_eq!(group.list(behind), group.list(leader));
    group.finish();
}

#[test]
fn state_machine_serialization() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let behind = group.other_than(&[leader]);
    group.crash(behind);
    let commands = [
        Command::Append { key: 3, value: 7 },
        Command::Add { key: 1, amount: 40 },
        Command::CompareAndSet { key: 2, expected: 0, new: 5 },
        Command::Add { key: 1, amount: 2 },
    ];
    for command in commands {
        let asked = group.ask(leader, Request::ClientCommand { command, session: None });
        group.until_answered(asked);
    }

    // The snapshot is the whole state, and nothing but a whole snapshot is read.
    let raft = group.machine(leader);
    assert_eq!(snapshot_index(raft), raft.last_applied());
    let bytes = &raft.snapshot().expect("it is there").data;
    let mut store = Store::default();
    assert_eq!(store.restore(&bytes[1..]), Err(CorruptSnapshot));
    assert_eq!(store, Store::default(), "nothing has changed");
    assert_eq!(store.restore(bytes), Ok(()));
    assert_eq!(store, *raft.state_machine());

    // So a node that has seen none of the commands comes to the same state.
    group.restart(behind);
    group.until_level(leader, &[behind]);
    assert_eq!(group.machine(behind).state_machine(), group.machine(leader).state_machine());
    assert_eq!(group.ghost().tally().snapshots_installed, 1);
    group.finish();
}
