//! What a leader knows of one follower.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use stormglass_machine::{NodeId, Time};

use crate::{LogIndex, Options, Snapshot};

/// One follower. Invariant: `matched < next`, and `matched` never falls.
#[derive(Clone, Debug)]
pub(crate) struct Peer<R> {
    pub(crate) node: NodeId,
    /// The follower has the leader's log up to here on its disk.
    pub(crate) matched: LogIndex,
    /// What it will be sent next.
    pub(crate) next: LogIndex,
    pub(crate) mode: Mode<R>,
    /// The last index of each message with entries that is on its way, and its bytes of commands.
    pub(crate) in_flight: VecDeque<(LogIndex, usize)>,
    /// The last round it has answered.
    pub(crate) acked_round: u64,
    /// When it was last heard.
    pub(crate) heard_at: Time,
    /// The entry that removed it. Once that is committed the follower is told, and then left
    /// alone; before, it gets nothing, since it may be needed to vote without it.
    pub(crate) leaving_at: Option<LogIndex>,
}

/// How a follower is brought up to date.
#[derive(Clone, Debug)]
pub(crate) enum Mode<R> {
    /// Where the logs meet is not known: one message at a time.
    Probe {
        /// One is on its way.
        waiting: bool,
    },
    /// The logs meet: messages are sent ahead of the answers.
    Replicate,
    /// What it needs is compacted away: one piece of this snapshot at a time, to the end, even if
    /// a newer one is taken meanwhile.
    Snapshot { snapshot: Arc<Snapshot<R>>, offset: u64 },
}

impl<R> Peer<R> {
    pub(crate) fn new(node: NodeId, next: LogIndex, now: Time) -> Peer<R> {
        Peer {
            node,
            matched: 0,
            next,
            mode: Mode::Probe { waiting: false },
            in_flight: VecDeque::new(),
            acked_round: 0,
            heard_at: now,
            leaving_at: None,
        }
    }

    /// The follower has everything up to here. Nothing changes if that is old news.
    pub(crate) fn reached(&mut self, index: LogIndex) {
        self.matched = self.matched.max(index);
        self.next = self.next.max(self.matched + 1);
        while self.in_flight.front().is_some_and(|(last, _)| *last <= self.matched) {
            self.in_flight.pop_front();
        }
    }

    /// Starts over from `next`, where the logs may meet.
    pub(crate) fn probe_from(&mut self, next: LogIndex) {
        self.mode = Mode::Probe { waiting: false };
        self.next = next.max(self.matched + 1);
        self.in_flight.clear();
    }

    pub(crate) fn bytes_in_flight(&self) -> usize {
        self.in_flight.iter().map(|(_, bytes)| bytes).sum()
    }

    /// May it be sent entries, of which the first has so many bytes?
    pub(crate) fn accepts_entries(&self, bytes: usize, options: &Options) -> bool {
        match self.mode {
            Mode::Probe { waiting } => !waiting,
            Mode::Replicate => {
                let few = self.in_flight.len() < options.in_flight_messages;
                let small = self.bytes_in_flight() + bytes <= options.in_flight_bytes;
                self.in_flight.is_empty() || few && small
            }
            Mode::Snapshot { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn what_is_matched_never_falls_and_stays_behind_what_comes_next() {
        let options = Options::new(NodeId(0), Vec::from([NodeId(0)]));
        let options = Options { in_flight_messages: 2, in_flight_bytes: 10, ..options };
        let mut peer = Peer::<u8>::new(NodeId(1), 10, Time::ZERO);
        peer.mode = Mode::Replicate;
        (peer.next, peer.in_flight) = (14, VecDeque::from([(11, 3), (13, 4)]));
        assert!(!peer.accepts_entries(1, &options), "two messages are on their way");
        peer.reached(12);
        assert!(peer.accepts_entries(6, &options), "one of two has arrived");
        assert!(!peer.accepts_entries(7, &options), "four bytes are on their way");
        peer.reached(5);
        assert_eq!((peer.matched, peer.next), (12, 14));
        peer.probe_from(3);
        assert_eq!((peer.matched, peer.next), (12, 13), "not below what is known");
        assert!(peer.accepts_entries(99, &options) && peer.in_flight.is_empty());
    }
}
