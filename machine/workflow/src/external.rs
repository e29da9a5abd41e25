//! The other side: a system that does what tracked actions say, and keeps a ledger of it.

use alloc::collections::BTreeMap;
use core::fmt::Debug;
use core::hash::Hash;
use core::time::Duration;

use stormglass_machine::{Env, Input, NodeId};

use crate::workflow::{EntryOf, ExecuteOf, IdOf, LedgerOf, ResultOf};
use crate::{
    Execute, Message, Node, Record, Response, Timer, TrackedActionTypes, Transmission, Workflow,
};

/// The rules of a system outside: what it does about tracked actions of these types, and about
/// untracked actions `U`.
pub trait External<T: TrackedActionTypes, U>: Clone + Debug {
    /// What its ledger says of an id.
    type Entry: Clone + PartialEq + Hash + Debug;

    /// A command arrives. Returns what the ledger says of its id from now on, which is made durable
    /// before anything is answered, and the answer, if there is one.
    ///
    /// `sometimes` is [`Env::sometimes_here`]: by it a system decides to refuse, or to be slow.
    fn handle(
        &self,
        entry: Option<&Self::Entry>,
        command: &Execute<T::Id, T::Action>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Self::Entry>, Option<T::Result>);

    /// An untracked action arrives. Returns what the ledger says of an id from now on, if it says
    /// something else.
    fn hear(
        &self,
        _untracked: &U,
        _ledger: &BTreeMap<T::Id, Self::Entry>,
    ) -> Option<(T::Id, Self::Entry)> {
        None
    }
}

/// A system outside, as a node.
pub struct System<W: Workflow> {
    external: W::External,
    lateness: Duration,
    ledger: LedgerOf<W>,
    late: BTreeMap<u64, (NodeId, IdOf<W>, ResultOf<W>)>,
    answers: u64,
}

impl<W: Workflow> System<W> {
    pub(crate) fn new(external: W::External, lateness: Duration) -> Self {
        let (ledger, late) = (BTreeMap::new(), BTreeMap::new());
        System { external, lateness, ledger, late, answers: 0 }
    }

    /// What it knows.
    pub fn ledger(&self) -> &LedgerOf<W> {
        &self.ledger
    }

    pub(crate) fn restore(&mut self, id: IdOf<W>, entry: EntryOf<W>) {
        self.ledger.insert(id, entry);
    }

    pub(crate) fn step(&mut self, input: Input<Node<W>>, env: &mut Env<'_, Node<W>>) {
        match input {
            Input::Message { from, message: Message::Execute(command) } => {
                self.execute(from, &command, env);
            }
            Input::Message { message: Message::Untracked(untracked), .. } => {
                if let Some((id, entry)) = self.external.hear(&untracked, &self.ledger) {
                    self.enter(id, entry, env);
                }
            }
            Input::Timer(Timer::Answer(nth)) => {
                if let Some((to, id, result)) = self.late.remove(&nth) {
                    env.send(to, Message::Completed { id, result });
                }
            }
            Input::Request { id, .. } => env.respond(id, Response::Elsewhere(NodeId(0))),
            Input::Start | Input::Timer(_) | Input::Message { .. } => {}
        }
    }

    fn enter(&mut self, id: IdOf<W>, entry: EntryOf<W>, env: &mut Env<'_, Node<W>>) {
        self.ledger.insert(id.clone(), entry.clone());
        env.persist(Record::Entry(id, entry));
    }

    fn execute(&mut self, from: NodeId, command: &ExecuteOf<W>, env: &mut Env<'_, Node<W>>) {
        let id = &command.id;
        let known = self.ledger.get(id);
        let mut sometimes = |site| env.sometimes_here(site);
        let (entry, result) = self.external.handle(known, command, &mut sometimes);
        if let Some(entry) = entry
            && known != Some(&entry)
        {
            self.enter(id.clone(), entry, env);
        }
        let Some(result) = result else { return };
        let is_late = env.sometimes_here("a system answers late");
        if !is_late {
            env.send(from, Message::Completed { id: id.clone(), result: result.clone() });
        }
        if is_late || env.sometimes_here("a system answers once more, later") {
            self.answers += 1;
            self.late.insert(self.answers, (from, id.clone(), result));
            env.set_timer(Timer::Answer(self.answers), self.lateness);
        }
    }
}

/// The transmissions of one command that a system has taken, for its ledger: what arrives twice and
/// was sent once is done once, by any system that is reached through a stream.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Taken(alloc::vec::Vec<Transmission>);

impl Taken {
    /// Takes note of a transmission. False if it was taken before.
    pub fn take(&mut self, transmission: Transmission) -> bool {
        let is_new = !self.0.contains(&transmission);
        if is_new {
            self.0.push(transmission);
        }
        is_new
    }
}
