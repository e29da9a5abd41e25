//! What a node counts. Nothing here decides anything.

use core::time::Duration;

/// The counters of one node since its process started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Metrics {
    /// How often the node has become leader.
    pub leader_changes: u64,
    /// How often it has missed its leader.
    pub election_thrash: u64,
    /// How often a tag could not be withdrawn.
    pub announce_divergence: u64,
    /// How often there was no room for a chunk.
    pub under_capacity: u64,
    /// How often it has given up entries for what the leader still has, or tried to.
    pub skip_ahead: u64,
    /// How many bytes of responses it has sent, by its own estimate.
    pub sync_bytes: u64,
    /// How many suffixes it has taken back.
    pub truncations: u64,
    /// A leader's longest silence of a peer, or a replica's of its leader, at the last tick.
    pub lag: Duration,
}
