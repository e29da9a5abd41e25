//! Who decides in a scripted run: the list of what was done so far, and what is being held.

use std::time::Duration;

use stormglass_machine::{Firing, NodeId, Sites, Time};

use crate::decisions::{Decisions, FlushFate, Passage, Replay};
use crate::deviation::Deviation;
use crate::disk::RecordFate;
use crate::faults::{Fate, MessageFault};

/// Decides as a list says, and holds messages of some kinds on some links until they are released.
pub(super) struct Scripted {
    pub(super) list: Replay,
    holds: Vec<Hold>,
    held: Vec<Held>,
    /// When the thing that is happening happens.
    pub(super) now: Time,
    latency: Duration,
    heal: Time,
}

/// All messages of a kind on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) kind: String,
    pub(super) from: NodeId,
    pub(super) to: NodeId,
}

/// A message that was sent, and does not arrive yet.
struct Held {
    hold: Hold,
    nth: u32,
    /// When it would arrive, and by how much later than that it does, as far as is known.
    arrives: Time,
    by: Duration,
}

impl Held {
    fn fault(&self, by: Duration) -> MessageFault {
        let Hold { kind, from, to } = self.hold.clone();
        MessageFault { from, to, kind, nth: self.nth, fate: Fate::Delayed { by } }
    }
}

impl Scripted {
    pub(super) fn new(latency: Duration, heal: Time) -> Self {
        let list = Replay::new::<()>(&[]);
        Scripted { list, holds: Vec::new(), held: Vec::new(), now: Time::ZERO, latency, heal }
    }

    /// From now on the list is this, and nothing of it has happened yet.
    pub(super) fn follow<R>(&mut self, list: &[Deviation<R>]) {
        self.list = Replay::new(list);
    }

    /// What is held, as if it were never released.
    pub(super) fn held<R>(&self) -> impl Iterator<Item = Deviation<R>> {
        self.held.iter().map(|held| Deviation::Message(held.fault(held.by)))
    }

    /// Lets go of nothing and holds nothing new, for as long as the holds are away.
    pub(super) fn take_holds(&mut self) -> Vec<Hold> {
        std::mem::take(&mut self.holds)
    }

    pub(super) fn put_holds(&mut self, holds: Vec<Hold>) {
        self.holds = holds;
    }

    #[track_caller]
    pub(super) fn hold(&mut self, hold: Hold) {
        assert!(!self.holds.contains(&hold), "{} are held already", hold.words());
        self.holds.push(hold);
    }

    /// Ends a hold. What it has held arrives at this time, and what would arrive later anyway is
    /// as if it had never been held. Returns what has become of the former; nothing if nothing
    /// was held at all.
    #[track_caller]
    pub(super) fn release(&mut self, hold: &Hold, at: Time) -> Option<Vec<MessageFault>> {
        let holds = self.holds.len();
        self.holds.retain(|other| other != hold);
        assert!(self.holds.len() < holds, "{} are not held", hold.words());
        let (released, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|held| held.hold == *hold);
        self.held = held;
        let late = |held: &Held| (held.fault(at.since(held.arrives)), held.arrives < at);
        let faults = released.iter().map(late).filter(|(_, late)| *late).map(|(fault, _)| fault);
        if released.is_empty() { None } else { Some(faults.collect()) }
    }
}

impl Hold {
    pub(super) fn words(&self) -> String {
        format!("messages of the kind {:?} from node {} to node {}", self.kind, self.from, self.to)
    }
}

impl Decisions for Scripted {
    fn message(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> Fate {
        let (nth, fate) = self.list.numbered(from, to, kind);
        let holds = |hold: &&Hold| hold.from == from && hold.to == to && hold.kind == kind;
        let Some(hold) = self.holds.iter().find(holds).filter(|_| fate == Fate::Dull) else {
            return fate;
        };
        let arrives = self.now + self.latency;
        let by = self.heal.since(arrives);
        if by.is_zero() {
            return Fate::Dull;
        }
        self.held.push(Held { hold: hold.clone(), nth, arrives, by });
        Fate::Delayed { by }
    }

    fn timer(&mut self, node: NodeId, kind: &'static str) -> Duration {
        self.list.timer(node, kind)
    }

    fn flush(&mut self, node: NodeId, losable: bool) -> FlushFate {
        self.list.flush(node, losable)
    }

    fn record(&mut self, node: NodeId, nth: u32) -> RecordFate {
        self.list.record(node, nth)
    }

    fn torn(&mut self, node: NodeId, first: u32, last: u32) -> Option<u32> {
        self.list.torn(node, first, last)
    }

    fn client_link(&mut self, passage: Passage) -> Fate {
        self.list.client_link(passage)
    }

    fn sites(&mut self) -> Option<&mut Sites> {
        self.list.sites()
    }

    fn fired(&mut self, node: NodeId, firing: Firing) {
        self.list.fired(node, firing);
    }
}
