//! Changes of the members: one at a time, or all at once; and none that splits the group.

use stormglass_machine::{Machine as _, NodeId};
use stormglass_raft::{ClientError, ConfigError, ConfigurationChange, Options, Payload, Role};
use stormglass_scenarios::raft::{Plan, Replicated};

use crate::group::{A_MOMENT, A_WHILE, Group, OPEN, PLAN, Response, leads};

use ConfigurationChange::{AddLearner, AddServer, RemoveServer, ReplaceVoters};

/// Not among the first voters.
const D: NodeId = NodeId(3);
const E: NodeId = NodeId(4);

/// The first three nodes are the first voters, and snapshots are taken all the time.
static SMALL: Plan = Plan {
    configure: |options, count| Options {
        snapshot_threshold: 5,
        ..(OPEN.configure)(options, count)
    },
    ..PLAN
};

/// The first voters besides the leader.
fn followers(leader: NodeId) -> [NodeId; 2] {
    let mut others = (0..3).map(NodeId).filter(|node| *node != leader);
    [others.next(), others.next()].map(|node| node.expect("there are three voters"))
}

fn refused(error: ConfigError) -> Response {
    Response::ConfigRefused(error)
}

#[test]
fn add_server() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 4);
    group.append_all(leader, 1..=3);
    group.change_now(leader, AddServer(D));
    group.until_level(leader, &[D]);
    assert_eq!(group.list(D), [1, 2, 3]);
    assert!(group.ids().all(|node| group.configuration(node).voters().len() == 4));

    // Three of four are a majority, two are not.
    let [one, other] = followers(leader);
    group.silence(&[one, other], leader);
    let asked = group.append(leader, 4);
    group.run_for(A_MOMENT);
    assert_eq!(group.answer(asked), None, "the leader and the new node");
    group.let_go(&[one, other], leader);
    group.until_answered(asked);
    group.silence(&[one], leader);
    group.append_all(leader, [5]);
    group.let_go(&[one], leader);
    group.finish();
}

#[test]
fn remove_server() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let [gone, stays] = followers(leader);
    group.change_now(leader, RemoveServer(gone));
    assert!(!group.configuration(leader).contains(gone));

    // Nobody sends it anything any more, and it disturbs nobody.
    group.run_for(A_MOMENT);
    let (term, last) = (group.machine(leader).current_term(), group.machine(gone).last_applied());
    group.append_all(leader, 1..=3);
    group.run_for(A_WHILE);
    assert_eq!(group.machine(gone).last_applied(), last);
    assert_eq!(group.machine(gone).current_term(), term);
    assert!(leads(group.machine(leader)) && group.machine(leader).current_term() == term);

    // Of the two that are left both are needed.
    group.silence(&[stays], leader);
    let asked = group.append(leader, 4);
    group.run_for(A_MOMENT);
    assert_eq!(group.answer(asked), None);
    group.let_go(&[stays], leader);
    group.until_answered(asked);
    group.finish();
}

/// The leader is to keep one of two followers in its group of three, and to take two new nodes.
fn replacement(group: &mut Group<'_>, leader: NodeId) -> [NodeId; 2] {
    group.change_now(leader, AddLearner(D));
    group.change_now(leader, AddLearner(E));
    group.until_level(leader, &[D, E]);
    followers(leader)
}

/// Until these nodes answer, the joint configuration is in force and not committed.
fn joint_waits_for(slow: impl Fn([NodeId; 2]) -> Vec<NodeId>) {
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 5);
    let old = replacement(&mut group, leader);
    let slow = slow(old);
    group.silence(&slow, leader);
    let asked = group.change(leader, ReplaceVoters(vec![leader, D, E]));
    group.run_for(A_MOMENT);
    let raft = group.machine(leader);
    assert!(raft.configuration().is_joint());
    assert!(raft.configuration_index() > raft.commit_index(), "one of two majorities is not there");
    assert_eq!(group.answer(asked), None);

    group.let_go(&slow, leader);
    let answer = group.until_answered(asked);
    assert!(matches!(answer, Response::ConfigChanged { .. }), "{answer:?}");
    let configuration = group.configuration(leader);
    assert!(!configuration.is_joint() && old.iter().all(|node| !configuration.contains(*node)));
    assert!(configuration.is_voter(D) && configuration.is_voter(E));

    // The old voters are not missed.
    old.iter().for_each(|node| group.crash(*node));
    group.append_all(leader, [7]);
    group.finish();
}

#[test]
fn joint_consensus_commit() {
    joint_waits_for(|old| old.to_vec());
    joint_waits_for(|_| vec![D, E]);
}

#[test]
fn configuration_log_entry() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, old) = Group::with_leader(&scenario, 4);

    // It is in force as soon as it is in the log, committed or not.
    group.isolate(old);
    let before = group.machine(old).configuration_index();
    let asked = group.change(old, AddLearner(D));
    let raft = group.machine(old);
    let last = raft.log().last_index();
    let entry = raft.log().entry(last).expect("it is the last");
    assert!(matches!(&entry.payload, Payload::Configuration(new) if new.learners() == [D]));
    assert_eq!((raft.configuration_index(), raft.configuration().learners()), (last, &[D][..]));
    assert!(raft.commit_index() < last);

    // And no longer when it is cut off.
    let new = group.elect_other_than(Some(old));
    group.append_all(new, 1..=3);
    group.heal();
    group.run_until(|world| world.machine(old).role() == Role::Follower);
    group.until_level(new, &[old]);
    let raft = group.machine(old);
    assert_eq!(raft.configuration_index(), before);
    assert!(raft.configuration().learners().is_empty());
    assert_eq!(
        group.answer(asked),
        Some(&refused(ConfigError::OutcomeUnknown { leader_hint: None }))
    );
    group.finish();
}

#[test]
fn leader_removal() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [1]);

    // The leader manages its own removal, and then asks another to take over.
    group.change_now(leader, RemoveServer(leader));
    assert_ne!(group.machine(leader).role(), Role::Leader);
    let successor = group.elect_other_than(Some(leader));
    group.append_all(successor, [2]);
    let [one, other] = followers(leader);
    assert!(group.configuration(successor).voters() == [one, other]);

    // It does not come back on its own, whatever happens to the others.
    let term = group.machine(leader).current_term();
    group.run_for(A_WHILE);
    assert!(group.machine(leader).current_term() <= term + 1);
    assert_eq!(group.machine(leader).state(), "Learner");
    group.finish();
}

#[test]
fn concurrent_reconfig_prevention() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 5);
    let followers = followers(leader);
    group.silence(&followers, leader);
    let first = group.change(leader, AddServer(D));
    let second = group.change(leader, AddServer(E));
    let removal = group.change(leader, RemoveServer(followers[0]));
    for later in [second, removal] {
        let in_progress = refused(ConfigError::ConfigChangeInProgress);
        assert_eq!(group.answer(later), Some(&in_progress));
    }
    assert!(!group.configuration(leader).contains(E), "it has left no trace");

    // What is under way goes on, and then it is the turn of the next.
    group.run_for(A_MOMENT);
    group.let_go(&followers, leader);
    let answer = group.until_answered(first);
    assert!(matches!(answer, Response::ConfigChanged { .. }), "{answer:?}");
    group.change_now(leader, AddServer(E));
    assert_eq!(group.configuration(leader).voters().len(), 5);
    group.finish();
}

#[test]
fn split_brain_prevention() {
    let scenario = Replicated::new(&OPEN);
    let (mut group, old) = Group::with_leader(&scenario, 5);
    group.append_all(old, [1]);
    let others = followers(old);

    // With two new nodes on its side the old leader seems to have three of five.
    group.cut(stormglass_simulator::Shape::Split(sorted(&others)));
    let change = group.change(old, ReplaceVoters(vec![old, D, E]));
    let lost = group.append(old, 66);

    // The others have two of the three voters that count.
    let new = group.elect_other_than(Some(old));
    group.append_all(new, [2]);
    let unknown = ClientError::OutcomeUnknown { leader_hint: None };
    assert_eq!(group.until_answered(lost), Response::CommandRefused(unknown));
    let unknown = ConfigError::OutcomeUnknown { leader_hint: None };
    assert_eq!(group.until_answered(change), refused(unknown));

    // There is one history: what only one side has seen has never been.
    group.heal();
    group.until_level(new, &[old]);
    assert_eq!(group.list(old), [1, 2]);
    assert_eq!(group.configuration(old), group.configuration(new));
    assert!(!group.configuration(old).is_joint());
    group.finish();
}

fn sorted(nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes
}

#[test]
fn new_member_catch_up() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 4);
    group.append_all(leader, 1..=20);

    // As long as it does not answer, it is a learner, and nobody waits for it.
    group.hold("InstallSnapshotResponse", D, leader);
    let asked = group.change(leader, AddServer(D));
    group.run_for(A_MOMENT);
    group.append_all(leader, 21..=25);
    assert_eq!(group.configuration(leader).joining(), [D]);
    assert!(!group.configuration(leader).is_voter(D));
    assert_eq!(group.answer(asked), None);

    // It gets its vote when it has what is committed, by snapshot and log.
    group.release("InstallSnapshotResponse", D, leader);
    group.run_until(|world| world.machine(leader).configuration().is_voter(D));
    let matched = group.machine(leader).leadership().match_index(D).expect("a follower");
    assert!(matched >= 26, "the no-op and twenty-five values: {matched}");
    assert!(group.machine(D).log().base() > 0);
    group.until_answered(asked);
    group.until_level(leader, &[D]);
    assert_eq!(group.list(D), (1..=25).collect::<Vec<u32>>());
    group.finish();
}

#[test]
fn self_removal_edge_case() {
    // A leader that removes itself does not count itself.
    let scenario = Replicated::new(&OPEN);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let [one, other] = followers(leader);
    group.until_level(leader, &[one, other]);
    group.silence(&[other], leader);
    let asked = group.change(leader, RemoveServer(leader));
    group.run_for(A_MOMENT);
    let raft = group.machine(leader);
    assert_eq!(raft.leadership().match_index(one), Some(raft.configuration_index()));
    assert!(raft.commit_index() < raft.configuration_index(), "one of the two voters is missing");
    assert_eq!(group.answer(asked), None);
    group.let_go(&[other], leader);
    group.until_answered(asked);
    group.elect_other_than(Some(leader));
    group.finish();

    // The last one stays.
    let plan = Replicated::new(&PLAN);
    let (mut group, only) = Group::with_leader(&plan, 1);
    let asked = group.change(only, RemoveServer(only));
    assert_eq!(group.answer(asked), Some(&refused(ConfigError::CannotRemoveLastNode)));
    group.append_all(only, [1]);
    group.finish();
}

#[test]
fn multiple_sequential_reconfigs() {
    let scenario = Replicated::new(&SMALL);
    let (mut group, leader) = Group::with_leader(&scenario, 6);
    let [one, other] = followers(leader);
    let last = NodeId(5);
    let changes = [
        AddServer(D),
        RemoveServer(one),
        AddServer(E),
        AddLearner(last),
        RemoveServer(other),
        ReplaceVoters(vec![leader, E, last]),
        AddServer(other),
        RemoveServer(E),
    ];
    for (value, change) in (1..).zip(changes) {
        group.change_now(leader, change);
        group.append_all(leader, [value]);
    }
    let voters = sorted(&[leader, last, other]);
    group.until_level(leader, &voters);
    for node in &voters {
        assert_eq!(group.configuration(*node).voters(), voters);
        assert_eq!(group.list(*node), (1..=8).collect::<Vec<u32>>());
    }

    // Those that were removed are not needed.
    group.crash(one);
    group.crash(E);
    group.crash(D);
    group.append_all(leader, [9]);
    group.finish();
}

#[test]
fn a_group_of_even_size_needs_more_than_half() {
    let scenario = Replicated::new(&PLAN);
    let (mut group, leader) = Group::with_leader(&scenario, 4);
    let side: Vec<NodeId> = group.ids().filter(|node| *node != leader).take(2).collect();
    group.cut(stormglass_simulator::Shape::Split(sorted(&side)));
    let asked = group.append(leader, 1);
    group.run_for(A_WHILE);
    assert!(!matches!(group.answer(asked), Some(Response::Applied { .. })));
    assert!(group.live().all(|(_, raft)| !leads(raft)), "no half elects a leader");
    group.heal();
    group.elect();
    group.finish();
}
