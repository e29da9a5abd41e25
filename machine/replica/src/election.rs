//! Who should lead, as seen by one node. No state, no votes: each node decides for itself, so two
//! nodes that see different things may decide differently.

use core::cmp::Reverse;
use core::time::Duration;

use stormglass_machine::NodeId;

/// How an election ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// The electing node should lead.
    SelfWins,
    /// A peer should lead.
    PeerWins(NodeId),
    /// No member of the replica set is healthy.
    NoEligible,
}

/// Elects the nearest healthy member of the replica set; the lower id wins a tie.
///
/// The distance to oneself is zero, a peer without a measured round trip is as far as can be.
/// The order of the replica set does not matter. Tails are not looked at.
pub fn elect(
    replica_set: &[NodeId],
    this: NodeId,
    round_trip: impl Fn(NodeId) -> Option<Duration>,
    healthy: impl Fn(NodeId) -> bool,
) -> Outcome {
    let distance = |node| {
        if node == this { Duration::ZERO } else { round_trip(node).unwrap_or(Duration::MAX) }
    };
    smallest(replica_set, this, distance, healthy)
}

/// Elects the healthy member of the replica set whose log is the most advanced; the lower id wins
/// a tie. Nodes that know the same tails agree.
///
/// A position is the epoch of the last entry, then the tail.
pub fn elect_most_advanced(
    replica_set: &[NodeId],
    this: NodeId,
    position: impl Fn(NodeId) -> (u64, u64),
    healthy: impl Fn(NodeId) -> bool,
) -> Outcome {
    smallest(replica_set, this, |node| Reverse(position(node)), healthy)
}

fn smallest<K: Ord>(
    replica_set: &[NodeId],
    this: NodeId,
    key: impl Fn(NodeId) -> K,
    healthy: impl Fn(NodeId) -> bool,
) -> Outcome {
    let eligible = replica_set.iter().copied().filter(|node| healthy(*node));
    match eligible.min_by_key(|node| (key(*node), *node)) {
        Some(winner) if winner == this => Outcome::SelfWins,
        Some(winner) => Outcome::PeerWins(winner),
        None => Outcome::NoEligible,
    }
}
