use alloc::vec::Vec;

use super::{PeerId, QuorumPolicy};

/// Who this node is, who the members are, and how many of them are needed.
///
/// Nothing is checked: the list is kept as it is, the node itself need not be in it, and the
/// threshold may be out of reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    peer_id: PeerId,
    peers: Vec<PeerId>,
    quorum_policy: QuorumPolicy,
}

impl Config {
    /// The node `peer_id` among `peers`, with this policy.
    pub fn new(peer_id: PeerId, peers: Vec<PeerId>, quorum_policy: QuorumPolicy) -> Config {
        Config { peer_id, peers, quorum_policy }
    }

    /// This node.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// The members, as they were given.
    pub fn peers(&self) -> &[PeerId] {
        &self.peers
    }

    /// The length of the list of members; one that stands twice counts twice.
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// How many ready peers are needed.
    pub fn required_count(&self) -> usize {
        self.quorum_policy.threshold()
    }

    /// How many ready peers are enough.
    pub fn quorum_policy(&self) -> QuorumPolicy {
        self.quorum_policy
    }

    /// Whether `peer_id` is a member.
    pub fn is_member(&self, peer_id: PeerId) -> bool {
        self.peers.contains(&peer_id)
    }
}
