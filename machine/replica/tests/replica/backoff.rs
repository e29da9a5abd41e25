//! Pauses after useless answers, and the registry of requests.

use std::time::Duration;

use stormglass_machine::{NodeId, Time};
use stormglass_replica::{Backoff, Outstanding};

const LEADER: NodeId = NodeId(0);

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

#[test]
fn the_first_three_are_forgiven_and_then_the_pause_doubles_up_to_its_limit() {
    let mut backoff = Backoff::default();
    let mut pauses = Vec::new();
    for _ in 0..10 {
        backoff.strike(LEADER, at(0));
        let still = |seconds: &u64| backoff.pauses(LEADER, at(*seconds));
        pauses.push((0..100).take_while(still).count());
    }
    assert_eq!(pauses, [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
    assert!(!backoff.pauses(NodeId(1), at(0)));
}

#[test]
fn a_useful_answer_wipes_the_slate() {
    let mut backoff = Backoff::default();
    for _ in 0..4 {
        backoff.strike(LEADER, at(0));
    }
    backoff.forget(LEADER);
    assert!(!backoff.pauses(LEADER, at(0)) && backoff.is_empty());
}

#[test]
fn a_pause_is_forgotten_a_minute_after_its_end() {
    let mut backoff = Backoff::default();
    for _ in 0..4 {
        backoff.strike(LEADER, at(0));
    }
    backoff.forget_expired(at(61));
    assert_eq!(backoff.len(), 1);
    backoff.forget_expired(at(62));
    assert_eq!(backoff.len(), 0);
}

#[test]
fn a_request_counts_once_and_for_its_leader_only() {
    let mut outstanding = Outstanding::default();
    outstanding.insert(LEADER, 7, at(0), false);
    assert!(!outstanding.take(NodeId(1), 7, at(1)));
    assert!(outstanding.take(LEADER, 7, at(1)));
    assert!(!outstanding.take(LEADER, 7, at(1)));
}

#[test]
fn a_request_lives_for_less_than_thirty_seconds() {
    for (seconds, counts) in [(29, true), (30, false)] {
        let mut outstanding = Outstanding::default();
        outstanding.insert(LEADER, 7, at(0), false);
        assert_eq!(outstanding.holds(LEADER, 7, at(seconds)), counts);
        assert_eq!(outstanding.take(LEADER, 7, at(seconds)), counts);
        assert_eq!(outstanding.tokens().len(), 0, "used up either way");
    }
}

#[test]
fn the_registry_drops_the_expired_at_capacity_and_grows_beyond_it_unless_bounded() {
    for (bounded, young) in [(false, 300), (true, 256)] {
        let mut outstanding = Outstanding::default();
        for id in 0..300 {
            outstanding.insert(LEADER, id, at(0), bounded);
        }
        assert_eq!(outstanding.tokens().len(), young);
        assert_eq!(outstanding.tokens().last().map(|token| token.request_id), Some(299));
        outstanding.insert(LEADER, 300, at(30), bounded);
        assert_eq!(outstanding.tokens().len(), 1);
    }
}

#[test]
fn requests_to_an_abandoned_leader_are_forgotten() {
    let mut outstanding = Outstanding::default();
    outstanding.insert(LEADER, 1, at(0), false);
    outstanding.insert(NodeId(2), 2, at(0), false);
    outstanding.forget(LEADER);
    assert_eq!(outstanding.tokens().iter().map(|token| token.request_id).collect::<Vec<_>>(), [2]);
}
