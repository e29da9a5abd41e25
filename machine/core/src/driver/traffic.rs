//! Counts what crosses the network, so that loss can be seen.

use core::sync::atomic::{AtomicU64, Ordering};

/// How many messages and connections there have been since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Messages that were handed to a connection. They may still be lost on their way.
    pub sent: u64,
    /// Messages that were lost here: the peer is unknown or not connected, or its queue is full.
    pub lost: u64,
    /// Messages that were lost because they are longer than
    /// [`MAX_ENCODED_BYTES`](super::MAX_ENCODED_BYTES). No retry will help: the machine has to
    /// send less at a time.
    pub too_long: u64,
    /// Messages that arrived.
    pub received: u64,
    /// Connections that were closed because what arrived made no sense: a foreign protocol,
    /// another version, an unknown node, a broken or overlong message.
    pub refused: u64,
}

/// The same while it is being counted.
#[derive(Debug, Default)]
pub struct Counters {
    pub sent: AtomicU64,
    pub lost: AtomicU64,
    pub too_long: AtomicU64,
    pub received: AtomicU64,
    pub refused: AtomicU64,
}

impl Counters {
    /// One more.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers of now; they need not belong to the same instant.
    pub fn read(&self) -> Traffic {
        Traffic {
            sent: self.sent.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            too_long: self.too_long.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
