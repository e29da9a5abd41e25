//! What is on its way: which message that arrives is which that was sent.
//!
//! A world says when a message is sent, what becomes of it, and when a machine takes it, but not
//! which one that is: events carry no numbers, since the loop that handles them is hot. But what is
//! said determines when each one is due. Of those that could be it, the one that is due first is.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use stormglass_machine::{NodeId, Time};
use stormglass_simulator::Fate;

use super::{Message, Passage, Place};

/// Everything that is on its way between nodes.
#[derive(Default)]
pub(super) struct Flights {
    all: Vec<Flight>,
    /// Counts what is sent, and what happens to nodes.
    order: u64,
}

struct Flight {
    message: Message,
    from: NodeId,
    to: NodeId,
    /// A digest of what arrives; nothing if a checksum finds out that it is corrupt.
    content: Option<u64>,
    /// Its place among all that is sent; two copies have the same.
    order: u64,
}

/// A digest by which what is taken is found among what was sent.
pub(super) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Flights {
    /// A message is being sent. What becomes of it is told next.
    pub(super) fn send(
        &mut self,
        (from, to): (NodeId, NodeId),
        (kind, content): (String, u64),
        (sent, due): (usize, Time),
    ) {
        self.order += 1;
        let message = Message {
            from: Place::Node(from.0),
            to: Place::Node(to.0),
            kind,
            sent,
            received: None,
            due,
            fate: Passage::OnTime,
        };
        self.all.push(Flight { message, from, to, content: Some(content), order: self.order });
    }

    /// The messages that are being sent: one, or two copies.
    fn latest(&mut self) -> impl Iterator<Item = &mut Flight> {
        let order = self.order;
        self.all.iter_mut().rev().take_while(move |flight| flight.order == order)
    }

    /// What becomes of the message that is being sent. If it is corrupted: what arrives in its
    /// place, if anything does.
    pub(super) fn fated(&mut self, fate: Fate, corrupted: Option<u64>) {
        let Some(flight) = self.latest().next() else { return };
        match fate {
            Fate::Dull => {}
            Fate::Dropped => flight.message.fate = Passage::Lost,
            Fate::Delayed { by } => {
                flight.message.fate = Passage::Late;
                flight.message.due = flight.message.due + by;
            }
            Fate::Corrupted { .. } => {
                flight.message.fate = Passage::Corrupt;
                flight.content = corrupted;
            }
            Fate::Duplicated { by } => {
                flight.message.fate = Passage::Doubled;
                let due = flight.message.due + by;
                let kind = flight.message.kind.clone();
                let copy = Flight { message: Message { due, kind, ..flight.message }, ..*flight };
                self.all.push(copy);
            }
        }
    }

    /// The message that is being sent is cut off.
    pub(super) fn cut_off(&mut self) {
        self.latest().for_each(|flight| flight.message.fate = Passage::CutOff);
    }

    /// The message that is being sent is held up; no fault makes it come later than the heal.
    pub(super) fn held_up(&mut self, by: Duration, base: Time, heal: Time) {
        let arrives = base + by;
        self.latest().for_each(|flight| {
            let later = flight.message.due.since(base).min(heal.since(arrives));
            flight.message.due = arrives + later;
            if matches!(flight.message.fate, Passage::OnTime) {
                flight.message.fate = Passage::Late;
            }
        });
    }

    /// A machine takes a message: when it was sent.
    pub(super) fn take(
        &mut self,
        (from, to): (NodeId, NodeId),
        content: u64,
        now: Time,
    ) -> Option<Message> {
        let is_it = |flight: &Flight| {
            flight.from == from
                && flight.to == to
                && flight.message.due <= now
                && !flight.is_lost()
                && flight.content == Some(content)
        };
        let found = self.all.iter().enumerate().filter(|(_, flight)| is_it(flight));
        let (position, _) = found.min_by_key(|(_, flight)| (flight.message.due, flight.order))?;
        Some(self.all.remove(position).message)
    }

    /// A node crashes: what it has not taken of what was due is lost. The moment of the crash.
    pub(super) fn crashed(&mut self, node: NodeId, now: Time) -> u64 {
        self.order += 1;
        self.miss(node, |flight| flight.message.due <= now);
        self.order
    }

    /// A node starts that was down since the moment of its crash: what came meanwhile is lost.
    pub(super) fn started(&mut self, node: NodeId, crashed: u64, now: Time) {
        // Whatever was put on the agenda before the start, for the same time, came before it.
        self.miss(node, |flight| {
            let due = flight.message.due;
            due < now || due == now && flight.order < crashed
        });
    }

    fn miss(&mut self, node: NodeId, is_missed: impl Fn(&Flight) -> bool) {
        let missed = self.all.iter_mut().filter(|flight| flight.to == node && !flight.is_lost());
        missed.filter(|flight| is_missed(flight)).for_each(|flight| {
            flight.message.fate = Passage::Missed;
        });
    }

    /// Those of whose fate nothing more will be heard.
    pub(super) fn settle(&mut self) -> impl Iterator<Item = Message> {
        // Of the latest one more may be told.
        let order = self.order;
        let lost = self.all.extract_if(.., move |flight| flight.is_lost() && flight.order < order);
        lost.map(|flight| flight.message)
    }

    /// The run is over: whatever is left. Nodes that are down have missed what was due.
    pub(super) fn end(self, end: Time, is_up: impl Fn(NodeId) -> bool) -> Vec<Message> {
        let last = |Flight { mut message, to, .. }: Flight| {
            message.fate = match message.fate {
                lost @ (Passage::Lost | Passage::CutOff | Passage::Missed) => lost,
                Passage::Corrupt if message.due <= end => Passage::Corrupt,
                _ if message.due <= end && !is_up(to) => Passage::Missed,
                _ => Passage::UnderWay,
            };
            message
        };
        self.all.into_iter().map(last).collect()
    }
}

impl Flight {
    fn is_lost(&self) -> bool {
        let lost = matches!(self.message.fate, Passage::Lost | Passage::CutOff | Passage::Missed);
        lost || self.content.is_none()
    }
}
