//! Who wins an election.

use std::time::Duration;

use proptest::prelude::*;
use stormglass_machine::NodeId;
use stormglass_replica::{ElectionOutcome, elect, elect_most_advanced};

const THIS: NodeId = NodeId(1);
const SET: [NodeId; 3] = [NodeId(0), NodeId(1), NodeId(2)];

/// Elects at node 1 of 0, 1, 2; the round trips in milliseconds.
fn outcome(round_trips: [Option<u64>; 3], healthy: [bool; 3]) -> ElectionOutcome {
    let round_trip = |node: NodeId| round_trips[node.index()].map(Duration::from_millis);
    elect(&SET, THIS, round_trip, |node| healthy[node.index()])
}

#[test]
fn the_nearest_wins_and_that_is_oneself() {
    let won = ElectionOutcome::SelfWins;
    assert_eq!(outcome([Some(1), None, Some(1)], [true; 3]), won);
    assert_eq!(outcome([None, None, None], [true; 3]), won);
}

#[test]
fn a_peer_wins_only_at_no_distance_and_with_a_lower_id() {
    let at_zero = |node: usize| {
        let mut round_trips = [Some(1); 3];
        round_trips[node] = Some(0);
        outcome(round_trips, [true; 3])
    };
    assert_eq!(at_zero(0), ElectionOutcome::PeerWins(NodeId(0)));
    assert_eq!(at_zero(2), ElectionOutcome::SelfWins);
}

#[test]
fn the_unhealthy_and_strangers_cannot_win() {
    let nearby_but_dead = outcome([Some(0), None, Some(0)], [false, true, false]);
    assert_eq!(nearby_but_dead, ElectionOutcome::SelfWins);
    let without_this = [NodeId(0), NodeId(2)];
    let near = |_| Some(Duration::ZERO);
    let of_others = elect(&without_this, THIS, near, |_| true);
    assert_eq!(of_others, ElectionOutcome::PeerWins(NodeId(0)));
    let of_nobody = elect(&without_this, THIS, near, |node| node == THIS);
    assert_eq!(of_nobody, ElectionOutcome::NoEligible);
}

#[test]
fn an_unknown_distance_is_the_longest() {
    let set = [NodeId(0), NodeId(2)];
    let round_trip = |node: NodeId| (node.0 == 2).then_some(Duration::from_secs(9));
    let outcome = elect(&set, THIS, round_trip, |_| true);
    assert_eq!(outcome, ElectionOutcome::PeerWins(NodeId(2)));
}

#[test]
fn the_most_advanced_log_wins_and_then_the_lower_id() {
    let by = |positions: [(u64, u64); 3]| {
        elect_most_advanced(&SET, THIS, |node| positions[node.index()], |_| true)
    };
    assert_eq!(by([(1, 9), (1, 8), (1, 9)]), ElectionOutcome::PeerWins(NodeId(0)));
    assert_eq!(by([(1, 9), (2, 3), (1, 9)]), ElectionOutcome::SelfWins);
    assert_eq!(by([(0, 0), (0, 0), (0, 0)]), ElectionOutcome::PeerWins(NodeId(0)));
}

proptest! {
    #[test]
    fn the_order_of_the_set_does_not_matter(
        round_trips in proptest::collection::vec(proptest::option::of(0_u64..3), 6),
        healthy in proptest::collection::vec(any::<bool>(), 6),
        set in Just((0..6).map(NodeId).collect::<Vec<_>>()).prop_shuffle(),
        this in 0_u32..6,
    ) {
        let sorted: Vec<NodeId> = (0..6).map(NodeId).collect();
        let elect = |set: &[NodeId]| {
            let round_trip = |node: NodeId| round_trips[node.index()].map(Duration::from_millis);
            elect(set, NodeId(this), round_trip, |node| healthy[node.index()])
        };
        prop_assert_eq!(elect(&set), elect(&sorted));
    }

    /// Nodes that know the same positions and the same healthy members name the same winner.
    #[test]
    fn elections_by_position_agree(
        positions in proptest::collection::vec((0_u64..3, 0_u64..3), 5),
        healthy in proptest::collection::vec(any::<bool>(), 5),
    ) {
        let set: Vec<NodeId> = (0..5).map(NodeId).collect();
        let winner = |this| {
            let position = |node: NodeId| positions[node.index()];
            match elect_most_advanced(&set, this, position, |node| healthy[node.index()]) {
                ElectionOutcome::SelfWins => Some(this),
                ElectionOutcome::PeerWins(peer) => Some(peer),
                ElectionOutcome::NoEligible => None,
            }
        };
        for this in &set {
            prop_assert_eq!(winner(*this), winner(NodeId(0)));
        }
    }
}
