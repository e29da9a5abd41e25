//! What a node does with each message, and what it does not.

use std::time::Duration;

use proptest::prelude::*;
use stormglass_machine::{NodeId, Time};
use stormglass_replica::catch_up::ApplyError;
use stormglass_replica::{
    BandwidthClass, ChannelId, Config, Message, NackCode, Request, Role, Signal, SyncAction,
    SyncRequest,
};

use super::node::{Node, bytes_of, config, heartbeat, nack, request, response};

fn sync_request(since_seq: u64) -> Message {
    Message::SyncRequest(request(since_seq))
}

fn sync_response(request_id: u64, range: std::ops::Range<u64>) -> Message {
    Message::SyncResponse(response(request_id, range))
}

#[test]
fn strangers_and_other_channels_are_not_heard() {
    let mut node = Node::leader(config());
    assert!(node.hear(9, sync_request(0)).sent().is_empty());
    node.heartbeat(9, Role::Leader, 99);
    let other = SyncRequest { channel: ChannelId(5), ..request(0) };
    assert!(node.hear(0, Message::SyncRequest(other)).sent().is_empty());
    assert_eq!((node.replica.role(), node.replica.tracker().peers().len()), (Role::Leader, 0));
}

#[test]
fn heartbeats_are_recorded_in_every_role() {
    let mut idle = Node::start(config());
    idle.heartbeat(0, Role::Leader, 4);
    assert_eq!(idle.replica.belief(), Some(NodeId(0)));
    assert_eq!(idle.replica.tracker().peer(NodeId(0)).expect("heard of").tail, 4);
}

#[test]
fn the_round_trip_is_by_wall_clocks_and_never_below_zero() {
    let mut node = Node::replica(config());
    let early = Duration::from_millis(30);
    for (stamp, round_trip) in [(node.wall - early, early), (node.wall + early, Duration::ZERO)] {
        node.hear(0, heartbeat(Role::Replica, 0, stamp));
        let peer = node.replica.tracker().peer(NodeId(0)).expect("heard of");
        assert_eq!(peer.round_trip, round_trip);
    }
    node.hear(0, heartbeat(Role::Replica, 0, Time::ZERO));
}

#[test]
fn a_leader_makes_way_for_a_longer_log_or_a_lower_id() {
    for (from, tail, role) in
        [(0, 4, Role::Leader), (0, 5, Role::Replica), (2, 5, Role::Leader), (2, 6, Role::Replica)]
    {
        let mut leader = Node::leader(config());
        leader.append(5);
        let happened = leader.heartbeat(from, Role::Leader, tail);
        assert_eq!(leader.replica.role(), role, "from {from} at {tail}");
        let signals: Vec<_> = happened.transitions.iter().map(|attempt| attempt.signal).collect();
        let conceded = if role == Role::Replica { &[Signal::PeerLeaderObserved][..] } else { &[] };
        assert_eq!(signals, conceded);
        assert_eq!(leader.replica.tail(), 5, "the log stays as it is");
    }
}

#[test]
fn who_does_not_lead_says_so() {
    let mut node = Node::replica(config());
    let happened = node.hear(0, sync_request(3));
    let [(0, Message::SyncNack(nack))] = happened.sent()[..] else { panic!("one refusal") };
    assert_eq!((nack.code, nack.floor), (NackCode::NotLeader, 0));
    assert_eq!((nack.since_seq, nack.request_id), (3, 77));
}

#[test]
fn a_leader_answers_and_counts_the_bytes() {
    let mut leader = Node::leader(config());
    leader.append(3);
    let happened = leader.hear(0, sync_request(1));
    assert_eq!(happened.responses()[0].entries.len(), 2);
    assert_eq!(leader.replica.metrics().sync_bytes, 47 + 2 * (12 + bytes_of(0).len() as u64));
}

#[test]
fn a_leader_without_budget_pushes_back() {
    let mut leader = Node::leader(Config { network_bytes_per_second: 200, ..config() });
    leader.append(3);
    assert_eq!(leader.hear(0, sync_request(0)).responses().len(), 1, "oversized, but the first");
    let before = leader.replica.budget().available();
    assert_eq!(leader.hear(0, sync_request(0)).nacks(), [NackCode::Backpressure]);
    assert_eq!(leader.replica.budget().available(), before);
}

#[test]
fn the_class_of_the_request_decides() {
    let config = Config { network_bytes_per_second: 400, ..config() };
    for (class, answered) in [(BandwidthClass::Foreground, 1), (BandwidthClass::Background, 0)] {
        let mut leader = Node::leader(config.clone());
        leader.append(2);
        let request = SyncRequest { class, ..request(0) };
        let happened = leader.hear(0, Message::SyncRequest(request));
        assert_eq!(happened.responses().len(), answered, "{class:?}");
    }
}

#[test]
fn a_replica_applies_what_it_asked_for() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    let happened = node.hear(0, sync_response(id, 0..3));
    let applied = SyncAction::Applied { from: NodeId(0), request_id: id, first_seq: 0, entries: 3 };
    assert_eq!(happened.sync, [applied]);
    assert_eq!((node.replica.tail(), node.replica.advertised_tail()), (3, 3));
}

#[test]
fn an_answer_counts_once() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 6);
    node.hear(0, sync_response(id, 0..3));
    assert!(node.hear(0, sync_response(id, 3..6)).sync.is_empty());
    assert_eq!(node.replica.tail(), 3);
}

#[test]
fn an_answer_nobody_asked_for_does_not_count() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    assert!(node.hear(0, sync_response(id ^ 1, 0..3)).sync.is_empty());
    assert!(node.hear(2, sync_response(id, 0..3)).sync.is_empty());
    assert_eq!(node.replica.tail(), 0);
}

#[test]
fn an_answer_after_thirty_seconds_does_not_count() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.pass(30_000);
    assert!(node.hear(0, sync_response(id, 0..3)).sync.is_empty());
}

/// The token goes although the answer does not count.
#[test]
fn an_answer_of_a_former_leader_uses_its_request_up() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.heartbeat(2, Role::Leader, 9);
    assert!(node.hear(0, sync_response(id, 0..3)).sync.is_empty());
    assert_eq!(node.replica.outstanding().tokens(), []);
}

#[test]
fn a_refusal_by_a_former_leader_leaves_its_request() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.heartbeat(2, Role::Leader, 9);
    node.hear(0, nack(id, NackCode::NotLeader, 0, 0));
    assert_eq!(node.replica.belief(), Some(NodeId(2)));
    assert_eq!(node.replica.outstanding().tokens().len(), 1);
}

#[test]
fn not_leader_ends_the_belief_and_its_requests() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.lag_behind(0, 3);
    node.hear(0, nack(id, NackCode::NotLeader, 0, 0));
    assert_eq!(node.replica.belief(), None);
    assert_eq!(node.replica.outstanding().tokens(), []);
}

#[test]
fn a_closed_channel_makes_the_node_idle() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.hear(0, nack(id, NackCode::ChannelClosed, 0, 0));
    assert_eq!((node.replica.role(), node.replica.tag().announced()), (Role::Idle, None));
}

#[test]
fn only_replicas_apply() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 3);
    node.transit(Role::Candidate, Signal::MissedHeartbeats);
    assert!(node.hear(0, sync_response(id, 0..3)).sync.is_empty());
    assert_eq!(node.replica.tail(), 0);
}

#[test]
fn a_useless_answer_is_a_strike_only_while_the_leader_claims_more_and_is_heard() {
    let strikes = |silence: u64, claims: u64| {
        let mut node = Node::replica(config());
        node.append(2);
        let id = node.lag_behind(0, 3);
        node.heartbeat(0, Role::Leader, claims);
        node.pass(silence);
        node.hear(0, sync_response(id, 2..2));
        node.replica.backoff().len()
    };
    assert_eq!(strikes(0, 3), 1);
    assert_eq!(strikes(299, 3), 1);
    assert_eq!(strikes(300, 3), 0, "the claim is stale");
    assert_eq!(strikes(0, 2), 0, "the claim is met");
}

#[test]
fn a_stale_chunk_changes_nothing() {
    let mut node = Node::replica(config());
    let (first, second) = (node.lag_behind(0, 3), node.lag_behind(0, 3));
    node.hear(0, sync_response(first, 0..3));
    let happened = node.hear(0, sync_response(second, 0..3));
    let error = ApplyError::StaleChunk;
    let rejected = SyncAction::Rejected { from: NodeId(0), request_id: second, error };
    assert_eq!(happened.sync, [rejected]);
    assert_eq!((node.replica.tail(), node.replica.backoff().len()), (3, 0));
}

#[test]
fn a_relinquished_leader_is_idle_and_says_that_it_does_not_lead() {
    let mut leader = Node::leader(config());
    leader.ask(Request::relinquish());
    assert_eq!(leader.replica.role(), Role::Idle);
    assert_eq!(leader.hear(0, sync_request(0)).nacks(), [NackCode::NotLeader]);
}

proptest! {
    /// Two leaders that hear each other's heartbeats never both make way.
    #[test]
    fn of_two_leaders_one_stays(mine in 0_u64..4, theirs in 0_u64..4) {
        let stays = |node: u32, own: u64, other: u32, heard: u64| {
            let mut leader = Node::leader(Config { node: NodeId(node), ..config() });
            leader.append(own);
            leader.heartbeat(other, Role::Leader, heard);
            leader.replica.role() == Role::Leader
        };
        prop_assert!(stays(0, mine, 2, theirs) != stays(2, theirs, 0, mine));
    }
}
