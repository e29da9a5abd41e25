//! What a leader knows: of its followers, of its rounds and its lease, of those who wait.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use stormglass_machine::{NodeId, RequestId, Time};

use crate::{ConfigurationChange, LogIndex, Payload, Peer, Reader, StateMachine};

/// What a leader knows. Made anew for each term that is won, empty while the node does not lead.
#[derive(Clone, Debug)]
pub struct Leadership<S: StateMachine> {
    pub(crate) peers: Vec<Peer<S::Response>>,

    /// The number of the last round. Every message to a follower carries it, every answer repeats
    /// it: who answers round n has taken this node for the leader after round n began.
    pub(crate) round: u64,
    pub(crate) confirmed_round: u64,
    /// The rounds that no quorum has answered yet, and when they began.
    pub(crate) rounds: VecDeque<(u64, Time)>,
    /// When the last round began that a quorum has answered.
    pub(crate) lease_from: Option<Time>,
    /// Another node was asked to stand for election: followers may break their promise, so there
    /// is no lease for the rest of the term.
    pub(crate) lease_forfeited: bool,

    /// Proposals that are not in the log yet, and who asked for them.
    pub(crate) batch: Vec<(Payload<S::Command>, RequestId)>,
    /// Who waits for which index, in order.
    pub(crate) waiting: VecDeque<(LogIndex, RequestId)>,
    /// The reads that wait, each with the first round that began after it was asked. Rounds do not
    /// fall along the queue.
    pub(crate) reads: VecDeque<(u64, Reader<S::Query>)>,
    pub(crate) changes: Vec<(RequestId, ConfigurationChange)>,
    /// To whom the leadership is being handed over, and who has asked for it. Meanwhile nothing is
    /// proposed.
    pub(crate) transfer: Option<(NodeId, RequestId)>,
}

impl<S: StateMachine> Default for Leadership<S> {
    fn default() -> Self {
        Leadership {
            peers: Vec::new(),
            round: 0,
            confirmed_round: 0,
            rounds: VecDeque::new(),
            lease_from: None,
            lease_forfeited: false,
            batch: Vec::new(),
            waiting: VecDeque::new(),
            reads: VecDeque::new(),
            changes: Vec::new(),
            transfer: None,
        }
    }
}

impl<S: StateMachine> Leadership<S> {
    /// Up to where a follower is known to have the log on its disk. `None` for a node that this
    /// one does not replicate to.
    pub fn match_index(&self, node: NodeId) -> Option<LogIndex> {
        self.peer(node).map(|peer| peer.matched)
    }

    /// The next index that a follower will be sent.
    pub fn next_index(&self, node: NodeId) -> Option<LogIndex> {
        self.peer(node).map(|peer| peer.next)
    }

    /// The followers, and nodes that were removed and do not know it yet.
    pub fn followers(&self) -> impl Iterator<Item = NodeId> {
        self.peers.iter().map(|peer| peer.node)
    }

    /// The number of the last round.
    pub fn round(&self) -> u64 {
        self.round
    }

    /// The last round that a quorum has answered.
    pub fn confirmed_round(&self) -> u64 {
        self.confirmed_round
    }

    /// How many reads wait to be confirmed.
    pub fn pending_reads(&self) -> usize {
        self.reads.len()
    }

    /// To whom the leadership is being handed over.
    pub fn transfer_target(&self) -> Option<NodeId> {
        self.transfer.map(|(target, _)| target)
    }

    pub(crate) fn peer(&self, node: NodeId) -> Option<&Peer<S::Response>> {
        self.peers.iter().find(|peer| peer.node == node)
    }

    pub(crate) fn position(&self, node: NodeId) -> Option<usize> {
        self.peers.iter().position(|peer| peer.node == node)
    }
}
