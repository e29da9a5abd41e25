//! What a node believes after what it has heard.

use std::cmp::Reverse;
use std::time::Duration;

use proptest::prelude::*;
use stormglass_machine::{NodeId, Time};
use stormglass_replica::{Order, Peer, Role, Stamp, Tracker};

const INTERVAL: Duration = Duration::from_millis(100);

fn peer(milliseconds: u64, role: Role, tail: u64) -> Peer {
    Peer {
        last_seen: at(milliseconds),
        role,
        tail,
        round_trip: Duration::ZERO,
        epoch: 0,
        elected_at: 0,
        last: Stamp::default(),
    }
}

fn at(milliseconds: u64) -> Time {
    Time::ZERO + Duration::from_millis(milliseconds)
}

/// Sender, role and tail.
type Said = (u32, Role, u64);

fn after(heartbeats: &[Said]) -> Tracker {
    let mut tracker = Tracker::new(INTERVAL);
    for &(from, role, tail) in heartbeats {
        tracker.record(NodeId(from), peer(0, role, tail), Order::Tail);
    }
    tracker
}

#[test]
fn belief_moves_to_the_first_leader_and_then_only_to_better_ones() {
    use Role::{Leader, Replica};
    let cases: [(&[Said], Option<u32>); 7] = [
        (&[(2, Replica, 9)], None),
        (&[(2, Leader, 0)], Some(2)),
        (&[(2, Leader, 5), (3, Leader, 6)], Some(3)),
        (&[(2, Leader, 5), (3, Leader, 5)], Some(2)),
        (&[(2, Leader, 5), (1, Leader, 5)], Some(1)),
        (&[(2, Leader, 5), (1, Leader, 4)], Some(2)),
        (&[(2, Leader, 5), (2, Replica, 5)], Some(2)),
    ];
    for (heartbeats, believed) in cases {
        assert_eq!(after(heartbeats).believed(), believed.map(NodeId), "{heartbeats:?}");
    }
}

/// The recorded tail of a dead leader of lower id keeps its followers from the new leader.
#[test]
fn a_dead_leader_of_equal_tail_and_lower_id_is_still_believed() {
    let tracker = after(&[(0, Role::Leader, 5), (1, Role::Leader, 5)]);
    assert_eq!(tracker.believed(), Some(NodeId(0)));
    assert!(tracker.leader_is_silent(at(300)));
}

#[test]
fn silence_begins_at_three_intervals_exactly() {
    let tracker = after(&[(0, Role::Leader, 0)]);
    assert!(tracker.is_healthy(NodeId(0), at(299)) && !tracker.leader_is_silent(at(299)));
    assert!(!tracker.is_healthy(NodeId(0), at(300)) && tracker.leader_is_silent(at(300)));
}

#[test]
fn without_a_belief_nobody_is_silent() {
    let mut tracker = after(&[(0, Role::Leader, 0)]);
    tracker.clear_belief();
    assert!(!tracker.leader_is_silent(Time::MAX));
}

#[test]
fn the_longest_interval_does_not_make_a_leader_immortal() {
    let mut tracker = Tracker::new(Duration::from_secs(300));
    tracker.record(NodeId(0), peer(0, Role::Leader, 0), Order::Tail);
    assert!(!tracker.leader_is_silent(at(899_999)) && tracker.leader_is_silent(at(900_000)));
}

#[test]
fn by_epoch_the_tails_of_today_do_not_count() {
    let mut tracker = Tracker::new(INTERVAL);
    let leads = |epoch, elected_at, tail| Peer { epoch, elected_at, ..peer(0, Role::Leader, tail) };
    tracker.record(NodeId(3), leads(2, 4, 5), Order::Epoch);
    for weaker in [leads(1, 9, 99), leads(2, 3, 99)] {
        tracker.record(NodeId(1), weaker, Order::Epoch);
        assert_eq!(tracker.believed(), Some(NodeId(3)));
    }
    tracker.record(NodeId(1), leads(2, 4, 0), Order::Epoch);
    assert_eq!(tracker.believed(), Some(NodeId(1)));
}

proptest! {
    /// The believed leader is the one whose recorded claim no later claim has beaten.
    #[test]
    fn belief_follows_the_rule(
        heartbeats in proptest::collection::vec((0_u32..4, any::<bool>(), 0_u64..4), 0..40),
    ) {
        let mut tracker = Tracker::new(INTERVAL);
        let mut tails = [0; 4];
        let mut believed: Option<u32> = None;
        for (from, leads, tail) in heartbeats {
            tails[from as usize] = tail;
            let role = if leads { Role::Leader } else { Role::Replica };
            tracker.record(NodeId(from), peer(0, role, tail), Order::Tail);
            let key = |node: u32| (tails[node as usize], Reverse(node));
            if leads && believed.is_none_or(|old| key(from) > key(old)) {
                believed = Some(from);
            }
            prop_assert_eq!(tracker.believed(), believed.map(NodeId));
        }
    }
}
