use alloc::vec::Vec;

use super::{Conclusion, PeerId, PeerState};

/// How things stand, as one node sees it.
///
/// Two views are equal if all fields are, the order of the lists included.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClusterView {
    pub(super) peer_state: PeerState,
    pub(super) is_pinging_completed: bool,
    pub(super) pinging_peers: Vec<PeerId>,
    pub(super) collecting_peers: Vec<PeerId>,
    required_count: usize,
}

impl ClusterView {
    /// A view with these fields. Whether they agree with each other is not checked.
    pub fn new(
        peer_state: PeerState,
        is_pinging_completed: bool,
        pinging_peers: Vec<PeerId>,
        collecting_peers: Vec<PeerId>,
        required_count: usize,
    ) -> ClusterView {
        ClusterView {
            peer_state,
            is_pinging_completed,
            pinging_peers,
            collecting_peers,
            required_count,
        }
    }

    /// The state.
    pub fn peer_state(&self) -> PeerState {
        self.peer_state
    }

    /// How it ended, once it has.
    pub fn conclusion(&self) -> Option<Conclusion> {
        match self.peer_state {
            PeerState::Bootstrapped => Some(Conclusion::Bootstrapped),
            PeerState::TimedOut => Some(Conclusion::TimedOut),
            PeerState::Fresh | PeerState::Pinging | PeerState::Collecting => None,
        }
    }

    /// Whether it has ended.
    pub fn is_concluded(&self) -> bool {
        self.conclusion().is_some()
    }

    /// Whether this node has finished its own part, and so is ready.
    pub fn is_pinging_completed(&self) -> bool {
        self.is_pinging_completed
    }

    /// The members known to take part, in the order they were accepted. Frozen once this node is
    /// ready or has concluded.
    pub fn pinging_peers(&self) -> &[PeerId] {
        &self.pinging_peers
    }

    /// The peers counted as ready, in the order they were accepted. Holds this node itself from
    /// the moment it is ready. Frozen at the conclusion.
    pub fn collecting_peers(&self) -> &[PeerId] {
        &self.collecting_peers
    }

    /// How many ready peers are needed.
    pub fn required_count(&self) -> usize {
        self.required_count
    }
}
