//! Snapshots: taken everywhere, sent in pieces, resumed, and never in the way.

use std::sync::Arc;

use stormglass_machine::NodeId;
use stormglass_raft::{
    Configuration, ConfigurationChange, InstallSnapshot, Message, Options, Request, Response,
    SnapshotMetadata,
};

use super::cluster::{Happened, MILLISECOND};
use super::group::{Group, ids};

fn small(options: Options) -> Options {
    Options { snapshot_threshold: 5, snapshot_chunk_bytes: 16, ..options }
}

/// A group in which node `away` has missed enough to need a snapshot; and its leader.
fn with_a_node_behind(adjust: fn(Options) -> Options) -> (Group, usize, usize) {
    let mut group = Group::new(3, 3, 1, adjust);
    let leader = group.elect();
    let away = (leader + 1) % 3;
    group.crash(away);
    for _ in 0..23 {
        let id = group.append(leader);
        group.answer(id);
    }
    (group, leader, away)
}

#[test]
fn every_node_compacts_its_log_as_it_applies() {
    let mut group = Group::new(3, 3, 1, small);
    let leader = group.elect();
    for _ in 0..100 {
        let id = group.append(leader);
        group.answer(id);
    }
    group.until("all have applied it", Group::has_converged);
    for node in 0..3 {
        let raft = group.node(node);
        let metadata = &raft.snapshot().expect("there is one").metadata;
        assert_eq!(metadata.last_included_index, raft.log().base());
        assert!(raft.log().entries().len() <= 5);
        assert!(group.cluster.records_on_disk(node) <= 10, "the disk is compacted, too");
    }
    group.assert_sound();
}

#[test]
fn trailing_entries_spare_a_follower_the_snapshot() {
    let keep = |options| Options { trailing_entries: 50, ..small(options) };
    let (mut group, _, away) = with_a_node_behind(keep);
    group.boot(away);
    group.until("it has caught up", Group::has_converged);
    assert_eq!(group.cluster.sent.get("InstallSnapshot"), None);
    group.restart(away);
    group.until("it has caught up again", Group::has_converged);
    group.assert_sound();
}

#[test]
fn a_follower_far_behind_gets_a_snapshot_in_pieces() {
    let (mut group, leader, away) = with_a_node_behind(small);
    group.boot(away);
    group.until("it has caught up", Group::has_converged);
    let bytes = group.node(leader).snapshot().expect("there is one").data.len() as u64;
    assert!(bytes > 3 * 16 && group.cluster.sent["InstallSnapshot"] >= bytes / 16);
    assert_eq!(group.elements(away), group.elements(leader));
    group.restart(away);
    assert!(!group.elements(away).is_empty(), "it is there at once");
    group.until("it has caught up again", Group::has_converged);
    group.assert_sound();
}

/// How many bytes of a snapshot are at a node.
fn arrived(group: &Group, node: usize) -> u64 {
    group.node(node).incoming_snapshot().map_or(0, |(_, bytes)| bytes)
}

#[test]
fn lost_pieces_and_lost_answers_only_cost_time() {
    let (mut group, _, away) = with_a_node_behind(small);
    group.cluster.lose.push(("InstallSnapshot", 3));
    group.boot(away);
    group.until("some is there", |group| arrived(group, away) > 16);
    group.cluster.lose.push(("InstallSnapshotResponse", 3));
    group.until("it has caught up", Group::has_converged);
    group.assert_sound();
}

/// What the leader has sent a node of its snapshot, as offsets, until the node has caught up.
fn offsets_until_caught_up(group: &mut Group, to: usize) -> Vec<u64> {
    let mut offsets = Vec::new();
    while !group.has_converged() {
        let until = group.cluster.now + 2_000 * MILLISECOND;
        let (node, happened) = group.cluster.advance(until).expect("something goes on");
        group.check(node, &happened);
        for one in happened {
            if let Happened::Sent { to: whom, message: Message::InstallSnapshot(chunk) } = one
                && whom.index() == to
            {
                offsets.push(chunk.offset);
            }
        }
    }
    offsets
}

#[test]
fn a_receiver_that_restarts_goes_on_where_it_was() {
    let (mut group, _, away) = with_a_node_behind(small);
    group.boot(away);
    group.until("half is there", |group| arrived(group, away) >= 64);
    let before = arrived(&group, away);
    // What waits for the disk is lost, what was confirmed is not.
    group.restart(away);
    assert_eq!(arrived(&group, away), before);
    let offsets = offsets_until_caught_up(&mut group, away);
    assert!(!offsets.is_empty() && offsets.iter().all(|offset| *offset >= before - 16));
    assert_eq!(group.node(away).incoming_snapshot(), None, "it is put together");
    group.restart(away);
    assert_eq!(group.node(away).incoming_snapshot(), None, "and its pieces are forgotten");
    group.until("it has caught up again", Group::has_converged);
    group.assert_sound();
}

#[test]
fn pieces_of_another_leader_are_not_gone_on_with() {
    let (mut group, leader, away) = with_a_node_behind(small);
    group.boot(away);
    group.until("half is there", |group| arrived(group, away) >= 64);
    group.cluster.cut_off(away);
    group.restart(away);
    assert!(arrived(&group, away) >= 64);
    group.ask(leader, Request::TransferLeadership { to: None });
    group.until("another leads", |group| group.leader().is_some_and(|one| one != leader));
    group.cluster.cut.clear();
    let offsets = offsets_until_caught_up(&mut group, away);
    assert_eq!(offsets.first(), Some(&0), "from the beginning");
    group.assert_sound();
}

#[test]
fn a_transfer_goes_on_although_newer_snapshots_are_taken() {
    let (mut group, leader, away) = with_a_node_behind(small);
    group.boot(away);
    for _ in 0..40 {
        group.run(3);
        group.append(leader);
    }
    group.until("it has caught up", Group::has_converged);
    group.assert_sound();
}

#[test]
fn a_new_leader_begins_the_transfer_anew() {
    let (mut group, leader, away) = with_a_node_behind(small);
    group.boot(away);
    group.until("some is there", |group| arrived(group, away) > 16);
    group.ask(leader, Request::TransferLeadership { to: None });
    group.run(300);
    group.elect();
    group.until("it has caught up", Group::has_converged);
    group.assert_sound();
}

#[test]
fn snapshots_carry_membership_and_sessions() {
    let mut group = Group::new(4, 3, 1, small);
    let leader = group.elect();
    let client = stormglass_raft::ClientId(9);
    group.ask(leader, Request::Register { client });
    let once = group.append_once(leader, 9, 1, 2_000_000);
    let answer = group.answer(once);
    group.append_many(leader, 30);
    let add = group.ask(leader, Request::ConfigChange(ConfigurationChange::AddServer(NodeId(3))));
    assert!(matches!(group.answer(add), Response::ConfigChanged { .. }));
    group.append_many(leader, 30);
    group.until("the new node has caught up", Group::has_converged);
    group.restart(3);
    let raft = group.node(3);
    assert!(raft.configuration().is_voter(NodeId(3)));
    assert!(raft.sessions().get(client).is_some_and(|session| session.answer(1).is_some()));
    let leader = group.elect();
    let again = group.append_once(leader, 9, 1, 2_000_000);
    assert_eq!(group.answer(again), answer);
    group.assert_sound();
}

#[test]
fn a_snapshot_that_cannot_be_read_changes_nothing_and_is_asked_for_again() {
    let mut group = Group::new(3, 3, 1, |options| options);
    (0..3).for_each(|node| group.cluster.cut_off(node));
    let mut offer = |data: &[u8]| {
        let metadata = SnapshotMetadata {
            last_included_index: 4,
            last_included_term: 1,
            configuration: Arc::new(Configuration::new(ids(0..3))),
            configuration_index: 0,
        };
        let chunk = InstallSnapshot {
            term: 1,
            metadata,
            offset: 0,
            data: Arc::from(data),
            done: Some(Arc::default()),
            round: 1,
        };
        let happened = group.cluster.deliver(1, 0, Message::InstallSnapshot(chunk));
        let answer = happened.into_iter().find_map(|one| match one {
            Happened::Sent { message: Message::InstallSnapshotResponse(answer), .. } => {
                Some((answer.next_offset, answer.done))
            }
            _ => None,
        });
        (answer, group.node(0).last_applied(), group.elements(0).to_vec())
    };
    assert_eq!(offer(&[1, 2, 3]), (Some((0, false)), 0, vec![]));
    assert_eq!(offer(&7_u64.to_le_bytes()), (Some((0, true)), 4, vec![7]));
    assert_eq!(offer(&8_u64.to_le_bytes()), (Some((0, true)), 4, vec![7]), "nothing new");
}
