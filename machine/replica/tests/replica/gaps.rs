//! Gaps, skips, holes, and what a replica without room does.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_replica::catch_up::ApplyError;
use stormglass_replica::{
    Config, Message, NackCode, OnUnderCapacity, Record, Request, Response, Retention, Role, Signal,
    SkipCause, Stamp, SyncAction,
};

use super::node::{Happened, Node, config, entries, nack, persistent, request, response};

/// Lags behind node 0 with `held` entries, and is told so.
fn refused(config: Config, held: u64, code: NackCode, floor: u64) -> (Node, Happened) {
    let mut node = Node::replica(config);
    node.append(held);
    let id = node.lag_behind(0, 20);
    let happened = node.hear(0, nack(id, code, held, floor));
    (node, happened)
}

fn answered(config: Config, range: std::ops::Range<u64>) -> (Node, Happened) {
    let mut node = Node::replica(config);
    node.append(2);
    let id = node.lag_behind(0, 20);
    let happened = node.hear(0, Message::SyncResponse(response(id, range)));
    (node, happened)
}

#[test]
fn a_gap_is_skipped_and_the_same_chunk_applied() {
    let (node, happened) = answered(config(), 5..7);
    assert_eq!((node.replica.log().first_seq(), node.replica.tail()), (5, 7));
    assert_eq!(node.replica.metrics().skip_ahead, 1);
    let kinds: Vec<_> = happened.sync.iter().map(std::mem::discriminant).collect();
    assert_eq!(kinds.len(), 3, "rejected, skipped, applied: {:?}", happened.sync);
    assert!(matches!(
        happened.sync[1],
        SyncAction::Skipped { tail_before: 2, tail_after: 5, cause: SkipCause::Gap, .. }
    ));
}

#[test]
fn a_log_on_disk_cannot_skip_but_counts_the_attempt() {
    let (node, _) = answered(persistent(), 5..7);
    assert_eq!((node.replica.log().len(), node.replica.tail()), (2, 2));
    assert_eq!(node.replica.metrics().skip_ahead, 1);
}

#[test]
fn a_refused_range_is_skipped_to_the_floor_or_by_one() {
    for (floor, tail) in [(9, 9), (0, 3), (1, 2)] {
        let (node, _) = refused(config(), 2, NackCode::BadRange, floor);
        assert_eq!(node.replica.tail(), tail, "floor {floor}");
        assert_eq!(node.replica.metrics().skip_ahead, 1);
    }
}

#[test]
fn a_hole_in_the_chunk_leaves_the_replica_where_it_is() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 20);
    let mut broken = response(id, 0..4);
    broken.entries.remove(2);
    let happened = node.hear(0, Message::SyncResponse(broken));
    let error = ApplyError::NonMonotonic { index: 2 };
    assert_eq!(happened.sync, [SyncAction::Rejected { from: NodeId(0), request_id: id, error }]);
    assert_eq!((node.replica.tail(), node.replica.backoff().len()), (0, 0));
}

/// Recovery goes on behind a hole, and the leader hands it on to everyone.
#[test]
fn a_hole_in_the_leaders_log_is_handed_on() {
    let mut records: Vec<Record> = entries(0..5).into_iter().map(Record::Append).collect();
    records.remove(2);
    let mut leader = Node::restart(persistent(), records);
    leader.ask(Request::select());
    leader.transit(Role::Candidate, Signal::MissedHeartbeats);
    leader.transit(Role::Leader, Signal::ElectionWon);
    assert!(!leader.replica.log().is_contiguous());
    let happened = leader.hear(0, Message::SyncRequest(request(0)));
    let seqs: Vec<_> = happened.responses()[0].entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [0, 1, 3, 4]);
}

fn without_room(on_under_capacity: OnUnderCapacity) -> Config {
    let retention = Retention { entries: Some(1), ..Retention::default() };
    Config { segment_bytes: 30, on_under_capacity, retention, ..config() }
}

#[test]
fn a_replica_without_room_withdraws() {
    let (node, happened) = answered(without_room(OnUnderCapacity::Withdraw), 2..6);
    assert_eq!((node.replica.role(), node.replica.tag().announced()), (Role::Idle, None));
    assert_eq!(happened.transitions[0].signal, Signal::DiskPressureWithdraw);
    assert_eq!(node.replica.metrics().under_capacity, 1);
}

#[test]
fn or_it_throws_away_its_oldest_and_asks_again() {
    let (mut node, _) = answered(without_room(OnUnderCapacity::EvictOldest), 2..6);
    assert_eq!((node.replica.role(), node.replica.tail()), (Role::Replica, 2));
    assert_eq!((node.replica.log().first_seq(), node.replica.metrics().under_capacity), (1, 1));
    assert_eq!(node.next_tick().requests().len(), 1);
}

#[test]
fn a_leader_without_room_stays_leader() {
    let mut leader = Node::leader(Config { segment_bytes: 8, ..config() });
    leader.append(1);
    let response = leader.ask(Request::Append(vec![0; 8]));
    assert!(matches!(response, Response::AppendFailed(_)));
    assert_eq!((leader.replica.role(), leader.replica.tail()), (Role::Leader, 1));
}

#[test]
fn a_withdrawn_node_is_silent_until_it_is_selected() {
    let select_after = Some(Duration::from_millis(250));
    let config = Config { select_after, ..without_room(OnUnderCapacity::Withdraw) };
    let (mut node, happened) = answered(config, 2..6);
    assert!(happened.effects.iter().any(|effect| matches!(
        *effect,
        stormglass_machine::Effect::SetTimer { timer: stormglass_replica::Timer::Select, after }
            if Some(after) == select_after
    )));
    assert!(node.next_tick().sent().is_empty());
    node.run(stormglass_machine::Input::Timer(stormglass_replica::Timer::Select));
    assert_eq!(node.replica.role(), Role::Replica);
    assert!(!node.next_tick().heartbeats().is_empty());
}

#[test]
fn the_base_of_a_skip_is_what_the_leader_says() {
    let (node, _) = refused(config(), 2, NackCode::BadRange, 9);
    assert_eq!(node.replica.log().stamp_before(9), Some(Stamp::default()));
}
