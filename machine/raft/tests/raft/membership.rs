//! Membership changes, one server at a time and by joint consensus, and transfers of leadership.

use stormglass_machine::NodeId;
use stormglass_raft::{
    ConfigError, ConfigurationChange, Options, Request, Response, Role, TransferError,
};

use super::group::{Group, ids};

fn change(group: &mut Group, leader: usize, change: ConfigurationChange) -> u64 {
    group.ask(leader, Request::ConfigChange(change))
}

fn group_of(nodes: usize, voters: u32) -> (Group, usize) {
    let mut group = Group::new(nodes, voters, 1, |options| options);
    let leader = group.elect();
    group.run(200);
    (group, leader)
}

fn node(number: usize) -> NodeId {
    NodeId(number as u32)
}

#[test]
fn an_added_server_learns_first_and_votes_once_it_has_caught_up() {
    let (mut group, leader) = group_of(4, 3);
    group.append_many(leader, 30);
    group.run(100);
    group.crash(3);
    let add = change(&mut group, leader, ConfigurationChange::AddServer(node(3)));
    group.run(500);
    let configuration = group.node(leader).configuration();
    assert_eq!(configuration.joining(), ids([3]));
    assert!(!configuration.is_voter(node(3)), "it has nothing yet");
    group.boot(3);
    assert!(matches!(group.answer(add), Response::ConfigChanged { .. }));
    group.until("it knows", |group| group.node(3).configuration().voters() == ids(0..4));
    group.assert_sound();
}

#[test]
fn a_removed_server_is_told_and_goes_quiet() {
    let (mut group, leader) = group_of(3, 3);
    let gone = (leader + 1) % 3;
    let remove = change(&mut group, leader, ConfigurationChange::RemoveServer(node(gone)));
    assert!(matches!(group.answer(remove), Response::ConfigChanged { .. }));
    let knows = |group: &Group| !group.node(gone).configuration().contains(node(gone));
    group.until("it knows", knows);
    group.run(200);
    assert!(!group.node(leader).leadership().followers().any(|follower| follower == node(gone)));
    group.restart(gone);
    let asked = group.cluster.sent.get("PreVoteRequest").copied();
    group.run(2_000);
    assert_eq!(group.cluster.sent.get("PreVoteRequest").copied(), asked, "not after a restart");
    assert_eq!(group.leader(), Some(leader));
    group.assert_sound();
}

#[test]
fn a_leader_that_removes_itself_commits_without_its_own_copy_and_makes_way() {
    let (mut group, leader) = group_of(3, 3);
    let others = [(leader + 1) % 3, (leader + 2) % 3];
    group.cluster.cut_off(others[0]);
    let remove = change(&mut group, leader, ConfigurationChange::RemoveServer(node(leader)));
    group.run(100);
    assert_eq!(group.response(remove), None, "of the two that are left, one is not enough");
    group.cluster.cut.clear();
    assert!(matches!(group.answer(remove), Response::ConfigChanged { .. }));
    assert_ne!(group.node(leader).role(), Role::Leader);
    let successor = group.elect();
    assert_ne!(successor, leader);
    let id = group.append(successor);
    assert!(matches!(group.answer(id), Response::Applied { .. }));
    group.assert_sound();
}

#[test]
fn the_last_of_two_that_is_removed_may_still_be_needed_to_win() {
    let (mut group, leader) = group_of(2, 2);
    let other = 1 - leader;
    group.cluster.cut.push((leader, other));
    change(&mut group, leader, ConfigurationChange::RemoveServer(node(leader)));
    group.restart(leader);
    group.cluster.cut.clear();
    let alone = |group: &Group| group.node(other).configuration().voters() == [node(other)];
    group.until("the other is alone, and leads", |group| {
        alone(group) && group.leader() == Some(other)
    });
    group.assert_sound();
}

#[test]
fn one_change_at_a_time() {
    let (mut group, leader) = group_of(5, 3);
    let others: Vec<usize> = (0..3).filter(|other| *other != leader).collect();
    others.iter().for_each(|other| group.cluster.cut_off(*other));
    let first = change(&mut group, leader, ConfigurationChange::AddLearner(node(3)));
    let second = change(&mut group, leader, ConfigurationChange::AddLearner(node(4)));
    let refused = Response::ConfigRefused(ConfigError::ConfigChangeInProgress);
    assert_eq!(group.response(second), Some(&refused));
    group.cluster.cut.clear();
    assert!(matches!(group.answer(first), Response::ConfigChanged { .. }));
    let third = change(&mut group, leader, ConfigurationChange::AddLearner(node(4)));
    assert!(matches!(group.answer(third), Response::ConfigChanged { .. }));
    group.assert_sound();
}

#[test]
fn no_change_before_the_leader_has_committed_in_its_term() {
    let mut group = Group::of(3);
    group.until("one leads", |group| group.leader().is_some());
    let leader = group.leader().expect("it is there");
    let early = change(&mut group, leader, ConfigurationChange::AddLearner(node(7)));
    let refused = Response::ConfigRefused(ConfigError::LeaderNotReady);
    assert_eq!(group.response(early), Some(&refused));
}

#[test]
fn a_change_that_is_overwritten_is_no_longer_in_force() {
    let (mut group, leader) = group_of(4, 3);
    group.cluster.cut_off(leader);
    change(&mut group, leader, ConfigurationChange::AddServer(node(3)));
    assert!(group.node(leader).configuration().contains(node(3)));
    group.until("another leads", |group| group.leader().is_some_and(|other| other != leader));
    let new = group.elect();
    group.append(new);
    group.cluster.cut.clear();
    group.until("the logs are one", Group::has_converged);
    assert!(!group.node(leader).configuration().contains(node(3)));
    group.assert_sound();
}

#[test]
fn joint_consensus_needs_both_majorities_and_is_left_by_itself() {
    let (mut group, leader) = group_of(5, 3);
    let others: Vec<usize> = (0..3).filter(|other| *other != leader).collect();
    let target = ids([leader as u32, 3, 4]);
    group.cluster.cut_off(3);
    group.cluster.cut_off(4);
    let replace = change(&mut group, leader, ConfigurationChange::ReplaceVoters(target.clone()));
    group.run(100);
    assert!(group.node(leader).configuration().is_joint());
    let blocked = group.append(leader);
    group.run(50);
    assert_eq!(group.response(blocked), None, "the old majority alone commits nothing");
    group.cluster.cut.clear();
    assert!(matches!(group.answer(replace), Response::ConfigChanged { .. }));
    assert_eq!(group.node(leader).configuration().voters(), target);
    others.iter().for_each(|other| group.crash(*other));
    let id = group.append(leader);
    assert!(matches!(group.answer(id), Response::Applied { .. }), "the old voters are not needed");
    group.assert_sound();
}

#[test]
fn a_whole_group_is_replaced_and_its_leader_leaves() {
    let (mut group, leader) = group_of(6, 3);
    let id = group.append(leader);
    group.answer(id);
    let replace = change(&mut group, leader, ConfigurationChange::ReplaceVoters(ids(3..6)));
    assert!(matches!(group.answer(replace), Response::ConfigChanged { .. }));
    (0..3).for_each(|old| group.crash(old));
    let leader = group.elect();
    assert!(leader >= 3);
    assert_eq!(group.elements(leader)[0], id);
    group.assert_sound();
}

#[test]
fn a_joint_configuration_is_left_by_the_next_leader_too() {
    let (mut group, leader) = group_of(5, 3);
    let target = ids([leader as u32, 3, 4]);
    change(&mut group, leader, ConfigurationChange::ReplaceVoters(target.clone()));
    group.run(3);
    group.crash(leader);
    group.run(1_000);
    group.boot(leader);
    group.until("all is settled", |group| {
        group.leader().is_some_and(|leader| {
            let configuration = group.node(leader).configuration();
            let settled = configuration.voters() == target || configuration.voters() == ids(0..3);
            settled && !configuration.is_joint()
        })
    });
    group.assert_sound();
}

#[test]
fn leadership_goes_to_the_one_that_is_named() {
    let (mut group, leader) = group_of(3, 3);
    let target = (leader + 1) % 3;
    group.append_many(leader, 5);
    let id = group.ask(leader, Request::TransferLeadership { to: Some(node(target)) });
    let meanwhile = group.append(leader);
    assert_eq!(group.answer(id), Response::LeadershipTransferred);
    assert_eq!(group.elect(), target);
    let refused = stormglass_raft::ClientError::TransferInProgress;
    assert_eq!(group.response(meanwhile), Some(&Response::CommandRefused(refused)));
    let to_itself = group.ask(target, Request::TransferLeadership { to: Some(node(target)) });
    let nobody = Response::TransferRefused(TransferError::NoSuchVoter);
    assert_eq!(group.answer(to_itself), nobody);
    group.assert_sound();
}

#[test]
fn a_learner_has_the_log_but_no_vote() {
    let mut group = Group::new(4, 3, 1, |options| Options { snapshot_threshold: 4, ..options });
    let leader = group.elect();
    let add = change(&mut group, leader, ConfigurationChange::AddLearner(node(3)));
    assert!(matches!(group.answer(add), Response::ConfigChanged { .. }));
    group.append_many(leader, 20);
    group.until("it has it all", Group::has_converged);
    (0..3).for_each(|voter| group.crash(voter));
    group.run(2_000);
    assert_eq!(group.node(3).role(), Role::Follower);
    assert_eq!(group.elements(3).len(), 20);
    group.assert_sound();
}
