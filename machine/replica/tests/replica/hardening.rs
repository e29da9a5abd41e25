//! What each switch mends.

use stormglass_machine::NodeId;
use stormglass_replica::{
    Config, Entry, Heartbeat, Message, NackCode, Record, Request, Response, Role, Signal, Stamp,
    Storage, SyncNack, SyncRequest, SyncResponse,
};

use super::node::{INTERVAL, Node, bytes_of, config, hardened, nack, request, response};

fn stamp(epoch: u64, leader: u32) -> Stamp {
    Stamp { epoch, leader: NodeId(leader) }
}

fn leads(epoch: u64, elected_at: u64, tail: u64, last: Stamp) -> Message {
    Message::Heartbeat(Heartbeat {
        channel: Default::default(),
        tail,
        role: Role::Leader,
        wall_clock: 0,
        epoch,
        elected_at,
        last,
    })
}

/// A replica that holds one entry per given stamp.
fn holding(stamps: &[Stamp]) -> Node {
    let records = (0..)
        .zip(stamps)
        .map(|(seq, &stamp)| Record::Append(Entry { seq, stamp, bytes: bytes_of(seq) }));
    let config = Config { storage: Storage::Persistent, ..hardened() };
    let mut node = Node::restart(config, records.collect());
    node.ask(Request::select());
    node
}

#[test]
fn a_replica_without_a_belief_stands_after_three_intervals() {
    let mut node = Node::replica(hardened());
    node.pass(200);
    assert!(node.tick().transitions.is_empty());
    node.pass(INTERVAL);
    assert_eq!(node.tick().transitions[0].signal, Signal::MissedHeartbeats);
}

#[test]
fn a_leader_that_says_it_is_none_is_believed_no_more() {
    let mut node = Node::replica(hardened());
    node.heartbeat(0, Role::Leader, 0);
    node.heartbeat(2, Role::Replica, 0);
    assert_eq!(node.replica.belief(), Some(NodeId(0)));
    node.heartbeat(0, Role::Replica, 0);
    assert_eq!(node.replica.belief(), None);
}

#[test]
fn a_new_leader_says_so_at_once_and_its_epoch_is_durable_first() {
    let mut node = Node::replica(hardened());
    node.hear(0, leads(4, 0, 0, Stamp::default()));
    node.pass(300);
    let happened = node.tick();
    let last = happened.heartbeats().last().expect("an announcement").1.clone();
    assert_eq!((last.role, last.epoch, last.elected_at), (Role::Leader, 5, 0));
    assert_eq!(happened.disk().len(), 2, "the epoch and a flush");
}

#[test]
fn leaders_are_compared_by_epoch_and_then_by_how_they_began() {
    let conceded = |epoch, elected_at, from| {
        let mut leader = Node::leader(hardened());
        leader.append(5);
        leader.hear(from, leads(epoch, elected_at, 99, Stamp::default()));
        leader.replica.role() == Role::Replica
    };
    assert!(!conceded(0, 9, 0) && conceded(2, 0, 2));
    assert!(conceded(1, 1, 2) && conceded(1, 0, 0) && !conceded(1, 0, 2));
}

#[test]
fn the_longest_log_wins() {
    let mut node = Node::replica(hardened());
    node.heartbeat(2, Role::Replica, 3);
    node.pass(200);
    node.heartbeat(2, Role::Replica, 3);
    node.pass(100);
    assert_eq!(node.tick().transitions[1].signal, Signal::ElectionLost);
}

#[test]
fn only_a_leader_appends_and_others_give_a_hint() {
    let mut node = Node::replica(hardened());
    node.heartbeat(0, Role::Leader, 0);
    let hint = Some(NodeId(0));
    assert_eq!(node.ask(Request::Append(vec![])), Response::NotLeader { hint });
}

#[test]
fn a_candidate_tries_again() {
    let set = [0, 2].map(NodeId).to_vec();
    let mut node = Node::replica(Config { replica_set: set, ..hardened() });
    node.pass(300);
    node.tick();
    assert_eq!(node.replica.role(), Role::Candidate);
    node.heartbeat(0, Role::Replica, 0);
    node.next_tick();
    assert_eq!(node.replica.role(), Role::Replica);
}

#[test]
fn a_log_on_disk_skips_and_the_skip_survives() {
    let mut node = holding(&[stamp(1, 0); 2]);
    node.hear(0, leads(1, 0, 20, stamp(1, 0)));
    let happened = node.tick();
    let id = happened.requests()[0].1.request_id;
    let nack = SyncNack {
        channel: Default::default(),
        since_seq: 2,
        code: NackCode::BadRange,
        floor: 9,
        request_id: id,
        base: stamp(1, 0),
    };
    let happened = node.hear(0, Message::SyncNack(nack));
    assert_eq!((node.replica.tail(), node.replica.durable_tail()), (9, 9));
    assert_eq!(happened.disk().len(), 2);
}

#[test]
fn a_failed_announcement_is_tried_again_and_follows_the_tail() {
    let mut node = Node::start(hardened());
    node.ask(Request::FailNextTagCalls(1));
    node.ask(Request::select());
    assert_eq!(node.replica.tag().announced(), None);
    node.next_tick();
    assert_eq!(node.replica.tag().announced(), Some(0));
    let id = node.lag_behind(0, 3);
    node.hear(0, Message::SyncResponse(response(id, 0..3)));
    node.next_tick();
    assert_eq!(node.replica.tag().announced(), Some(3));
}

#[test]
fn a_replica_asks_whenever_the_ends_of_the_logs_differ() {
    for (tail, last, asks) in [
        (2, stamp(1, 0), false),
        (2, stamp(2, 0), true),
        (1, stamp(1, 0), true),
        (3, stamp(1, 0), true),
    ] {
        let mut node = holding(&[stamp(1, 0); 2]);
        node.hear(0, leads(2, 0, tail, last));
        assert_eq!(node.next_tick().requests().len(), usize::from(asks), "{tail} {last:?}");
    }
}

/// Node 1 leads with these entries, and is asked by someone with those.
fn cut(ours: &[Stamp], theirs: &[Stamp]) -> Option<u64> {
    let mut leader = holding(ours);
    leader.pass(300);
    leader.tick();
    assert_eq!(leader.replica.role(), Role::Leader);
    let asking = holding(theirs);
    let log = asking.replica.log();
    let request = SyncRequest {
        since_seq: log.next_seq(),
        last: log.last_stamp(),
        run_start: log.run_start(),
        ..request(0)
    };
    let happened = leader.hear(0, Message::SyncRequest(request));
    match happened.sent()[..] {
        [(0, Message::SyncNack(nack))] => {
            assert_eq!(nack.code, NackCode::PrefixMismatch);
            Some(nack.floor)
        }
        [(0, Message::SyncResponse(_))] => None,
        ref other => panic!("one answer: {other:?}"),
    }
}

#[test]
fn a_leader_says_where_the_logs_part() {
    let (a, b, c) = (stamp(1, 0), stamp(2, 0), stamp(2, 1));
    assert_eq!(cut(&[a, a, b], &[a, a]), None);
    assert_eq!(cut(&[a, a, b], &[a, a, b]), None);
    assert_eq!(cut(&[a, a, b], &[]), None);
    assert_eq!(cut(&[a, a, b], &[a, a, a]), Some(2), "a longer run of the same stamp");
    assert_eq!(cut(&[a, a, b], &[a, a, c, c]), Some(2), "a run of its own");
    assert_eq!(cut(&[a, a], &[a, a, a]), Some(2), "beyond the tail");
    assert_eq!(cut(&[b], &[a, a]), Some(0));
}

#[test]
fn a_replica_takes_its_suffix_back_and_asks_on_at_once() {
    let mut node = holding(&[stamp(1, 0), stamp(1, 0), stamp(2, 1)]);
    node.hear(0, leads(3, 2, 9, stamp(3, 0)));
    let happened = node.tick();
    let id = happened.requests()[0].1.request_id;
    let happened = node.hear(0, nack(id, NackCode::PrefixMismatch, 3, 2));
    assert_eq!((node.replica.tail(), node.replica.metrics().truncations), (2, 1));
    assert_eq!(happened.requests()[0].1.since_seq, 2);
}

/// Two questions from the same tail: one is refused, and then the other is answered.
#[test]
fn an_answer_from_before_a_truncation_does_not_count() {
    let mut node = holding(&[stamp(1, 0), stamp(1, 0), stamp(2, 1)]);
    node.hear(0, leads(3, 2, 9, stamp(3, 0)));
    let first = node.tick().requests()[0].1.request_id;
    let second = node.tick().requests()[0].1.request_id;
    node.hear(0, nack(first, NackCode::PrefixMismatch, 3, 2));
    node.hear(0, Message::SyncResponse(response(second, 3..5)));
    assert_eq!((node.replica.log().len(), node.replica.tail()), (2, 2));
}

#[test]
fn a_suffix_stays_if_the_log_has_moved_since_the_question() {
    let mut node = holding(&[stamp(1, 0), stamp(1, 0), stamp(2, 1)]);
    node.hear(0, leads(3, 2, 9, stamp(3, 0)));
    let happened = node.tick();
    let id = happened.requests()[0].1.request_id;
    node.hear(0, nack(id, NackCode::PrefixMismatch, 5, 2));
    assert_eq!(node.replica.tail(), 3);
}

#[test]
fn a_leaders_log_never_moves_by_what_others_say() {
    let tail_after_refusal = |config| {
        let mut node = Node::replica(config);
        let id = node.lag_behind(0, 20);
        node.transit(Role::Candidate, Signal::MissedHeartbeats);
        node.transit(Role::Leader, Signal::ElectionWon);
        node.hear(0, nack(id, NackCode::BadRange, 0, 9));
        assert_eq!(node.replica.role(), Role::Leader);
        node.replica.tail()
    };
    assert_eq!((tail_after_refusal(config()), tail_after_refusal(hardened())), (9, 0));
}

#[test]
fn what_does_not_follow_the_last_entry_is_not_applied() {
    let mut node = holding(&[stamp(1, 0)]);
    node.hear(0, leads(2, 0, 9, stamp(2, 0)));
    let happened = node.tick();
    let id = happened.requests()[0].1.request_id;
    let other = SyncResponse { previous: stamp(1, 2), ..response(id, 1..3) };
    node.hear(0, Message::SyncResponse(other));
    assert_eq!(node.replica.tail(), 1);
}
