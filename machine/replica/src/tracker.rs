//! What a node has heard of its peers, and which of them it believes to lead.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use stormglass_machine::{NodeId, Time};

use crate::constants::SILENCE_INTERVALS;
use crate::message::Stamp;
use crate::role::Role;

/// What the last heartbeat of a peer said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// When the heartbeat was handled.
    pub last_seen: Time,
    /// What the peer was.
    pub role: Role,
    /// The peer's next sequence number.
    pub tail: u64,
    /// How long the heartbeat took, by two wall clocks; zero if it came before it left.
    pub round_trip: Duration,
    /// The epoch it spoke of.
    pub epoch: u64,
    /// The tail with which it was elected, if it led.
    pub elected_at: u64,
    /// The stamp of its last entry.
    pub last: Stamp,
}

/// What one leader is compared with another by: the greater one leads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Standing {
    epoch: u64,
    tail: u64,
    node: Reverse<NodeId>,
}

impl Standing {
    /// Do only the ids tell the two apart?
    pub fn ties(self, other: Standing) -> bool {
        (self.epoch, self.tail) == (other.epoch, other.tail)
    }
}

/// How two leaders are compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Order {
    /// The longer log, then the lower id. The length moves while they write.
    Tail,
    /// The higher epoch, then the longer log when elected, then the lower id. Never moves.
    Epoch,
    /// The lower id alone.
    LowerId,
    /// Whoever spoke last.
    Latest,
}

impl Order {
    /// Where a leader stands.
    pub fn standing(self, node: NodeId, epoch: u64, elected_at: u64, tail: u64) -> Standing {
        let (epoch, tail) = match self {
            Order::Tail => (0, tail),
            Order::Epoch => (epoch, elected_at),
            Order::LowerId | Order::Latest => (0, 0),
        };
        Standing { epoch, tail, node: Reverse(node) }
    }

    fn of(self, node: NodeId, peer: &Peer) -> Standing {
        self.standing(node, peer.epoch, peer.elected_at, peer.tail)
    }
}

/// The peers heard of, and the belief.
///
/// Invariants: a peer once heard of is never removed; the believed leader has been heard of.
#[derive(Clone, Debug)]
pub struct Tracker {
    peers: Vec<(NodeId, Peer)>,
    believed: Option<NodeId>,
    silence: Duration,
}

impl Tracker {
    /// Knows nobody yet.
    pub fn new(heartbeat_interval: Duration) -> Tracker {
        let silence = heartbeat_interval.saturating_mul(SILENCE_INTERVALS);
        Tracker { peers: Vec::new(), believed: None, silence }
    }

    /// The peers heard of, and what of them.
    pub fn peers(&self) -> &[(NodeId, Peer)] {
        &self.peers
    }

    /// What the last heartbeat of this peer said.
    pub fn peer(&self, node: NodeId) -> Option<&Peer> {
        self.peers.iter().find(|(known, _)| *known == node).map(|(_, peer)| peer)
    }

    /// The peer believed to lead.
    pub fn believed(&self) -> Option<NodeId> {
        self.believed
    }

    /// Believes in nobody.
    pub fn clear_belief(&mut self) {
        self.believed = None;
    }

    /// After how long without a heartbeat a peer is silent.
    pub fn silence(&self) -> Duration {
        self.silence
    }

    /// Has this peer been heard of lately?
    pub fn is_healthy(&self, node: NodeId, now: Time) -> bool {
        self.peer(node).is_some_and(|peer| now.since(peer.last_seen) < self.silence)
    }

    /// Has the believed leader gone silent? False if there is none.
    pub fn leader_is_silent(&self, now: Time) -> bool {
        self.believed.is_some_and(|leader| !self.is_healthy(leader, now))
    }

    /// Notes a heartbeat. Only one of a leader can move the belief: to it if there was none, or
    /// if it stands higher than what was last heard of the one believed in.
    pub fn record(&mut self, from: NodeId, heard: Peer, order: Order) {
        match self.peers.iter_mut().find(|(known, _)| *known == from) {
            Some((_, peer)) => *peer = heard,
            None => self.peers.push((from, heard)),
        }
        if heard.role != Role::Leader {
            return;
        }
        let believed = self.believed.and_then(|node| self.peer(node).map(|peer| (node, peer)));
        let moves = match believed {
            None => true,
            Some(_) if order == Order::Latest => true,
            Some((node, peer)) => order.of(from, &heard) > order.of(node, peer),
        };
        if moves {
            self.believed = Some(from);
        }
    }

    /// The highest tail heard of.
    pub fn highest_tail(&self) -> Option<u64> {
        self.peers.iter().map(|(_, peer)| peer.tail).max()
    }

    /// The longest time since any peer was heard of.
    pub fn longest_silence(&self, now: Time) -> Duration {
        self.peers.iter().map(|(_, peer)| now.since(peer.last_seen)).max().unwrap_or_default()
    }
}
