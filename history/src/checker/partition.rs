//! The calls of one key, prepared for the search.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::call::CallId;
use crate::model::{CallOf, HistoryOf, Model};

/// A call whose result is known.
#[derive(Debug)]
pub(crate) struct Completed {
    pub(crate) call: CallId,
    /// The number of the event of its invocation.
    pub(crate) invoked: u32,
    /// Its place in the order of completions.
    pub(crate) rank: u32,
    /// Two calls that are open at once have different slots.
    pub(crate) slot: u32,
    /// It changes no state.
    pub(crate) reads_only: bool,
    /// See [`Model::guess_instants`].
    pub(crate) guess: u64,
}

/// A call whose result is not known.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) call: CallId,
    /// The number of the event of its invocation.
    pub(crate) invoked: u32,
    /// See [`Model::guess_instants`].
    pub(crate) guess: Option<u64>,
}

/// Equal operations whose outcome is unknown.
///
/// They never end, so they differ in nothing but when they may begin: if any of them is placed,
/// it might as well be the one that was invoked first. So only how many of them are placed
/// matters.
#[derive(Debug)]
pub(crate) struct Class {
    /// In the order of their invocations.
    pub(crate) calls: Vec<Unknown>,
}

/// A call that completed, and its place in the order of invocations.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) index: u32,
    /// The number of the event.
    pub(crate) event: u32,
}

/// The calls of one key.
///
/// Calls that failed are left out, and so are those of unknown outcome that change no state:
/// they can be placed or not, and nobody sees a difference.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    /// In the order of their invocations.
    pub(crate) completed: Vec<Completed>,
    /// In the order of their completions.
    pub(crate) completions: Vec<Completion>,
    /// In the order of their first invocations.
    pub(crate) classes: Vec<Class>,
    /// The most calls of `completed` that are open at once.
    pub(crate) slots: usize,
}

impl Partition {
    /// Prepares the calls, which are of one key and in the order of their invocations, as an
    /// observer knows them who has seen the events before number `end`: what completed later is
    /// of unknown outcome.
    ///
    /// The call `apart` is in no class with others, even if it is equal to them.
    pub(crate) fn new<M: Model>(
        model: &M,
        history: &HistoryOf<M>,
        calls: &[CallId],
        end: u32,
        apart: Option<CallId>,
    ) -> Self {
        let mut partition = Partition::default();
        let mut classes: HashTable<(M::Operation, usize)> = HashTable::new();
        let guesses = guesses(model, history, calls);
        for (&id, guess) in calls.iter().zip(guesses) {
            let call = history.call(id);
            let invoked = call.invoked.event;
            if invoked >= end {
                break;
            }
            let unknown = Unknown { call: id, invoked, guess };
            match call.completion().filter(|(at, _)| at.event < end) {
                Some((at, result)) => {
                    let reads_only = model.reads_only(&call.operation, Some(result));
                    let guess = guess.unwrap_or(at.event.into());
                    let (rank, slot) = (0, 0);
                    let completed = Completed { call: id, invoked, rank, slot, reads_only, guess };
                    partition.add_completed(completed, at.event);
                }
                None if !call.may_have_happened() => {}
                None if Some(id) == apart => {
                    partition.classes.push(Class { calls: vec![unknown] });
                }
                None if model.reads_only(&call.operation, None) => {}
                None => {
                    let class = class_of(&mut classes, &call.operation, &mut partition.classes);
                    class.calls.push(unknown);
                }
            }
        }
        partition.order_completions();
        partition.give_slots();
        partition
    }

    fn add_completed(&mut self, completed: Completed, event: u32) {
        self.completions.push(Completion { index: self.completed.len() as u32, event });
        self.completed.push(completed);
    }

    fn order_completions(&mut self) {
        self.completions.sort_unstable_by_key(|completion| completion.event);
        for (rank, completion) in self.completions.iter().enumerate() {
            self.completed[completion.index as usize].rank = rank as u32;
        }
    }

    fn give_slots(&mut self) {
        let mut free: Vec<u32> = Vec::new();
        let mut over = self.completions.iter().peekable();
        for index in 0..self.completed.len() {
            let invoked = self.completed[index].invoked;
            while let Some(completion) = over.next_if(|completion| completion.event < invoked) {
                free.push(self.completed[completion.index as usize].slot);
            }
            self.completed[index].slot = free.pop().unwrap_or_else(|| {
                self.slots += 1;
                self.slots as u32 - 1
            });
        }
    }

    /// When the first `frontier` completions are behind us and the next call in that order is not
    /// placed yet: the event of its completion. Only calls that were invoked before that event
    /// can be placed next, for the others come after it in real time.
    pub(crate) fn horizon(&self, frontier: usize) -> u32 {
        self.completions.get(frontier).map_or(u32::MAX, |completion| completion.event)
    }
}

/// For each call, where it is guessed to take effect: half way between its invocation and its
/// completion, unless the model knows better; not at all, if its outcome is unknown.
fn guesses<M: Model>(model: &M, history: &HistoryOf<M>, calls: &[CallId]) -> Vec<Option<u64>> {
    let calls: Vec<_> = calls.iter().map(|&id| history.call(id)).collect();
    let half_way = |call: &&CallOf<M>| {
        let completed = call.completion()?.0.event;
        Some(u64::from(call.invoked.event) + u64::from(completed))
    };
    let mut guesses: Vec<_> = calls.iter().map(half_way).collect();
    model.guess_instants(&calls, &mut guesses);
    guesses
}

/// The class of the operation, a new one if there is none.
fn class_of<'a, O: Clone + Eq + std::hash::Hash>(
    known: &mut HashTable<(O, usize)>,
    operation: &O,
    classes: &'a mut Vec<Class>,
) -> &'a mut Class {
    let hash = FixedState::default().hash_one(operation);
    let found = known.find(hash, |(it, _)| it == operation).map(|(_, index)| *index);
    let index = found.unwrap_or_else(|| {
        let rehash = |(it, _): &(O, usize)| FixedState::default().hash_one(it);
        known.insert_unique(hash, (operation.clone(), classes.len()), rehash);
        classes.push(Class { calls: Vec::new() });
        classes.len() - 1
    });
    &mut classes[index]
}

/// The calls of each key, in the order of their invocations.
pub(crate) fn by_key<M: Model>(model: &M, history: &HistoryOf<M>) -> BTreeMap<M::Key, Vec<CallId>> {
    let mut keys: BTreeMap<M::Key, Vec<CallId>> = BTreeMap::new();
    for (id, call) in history.numbered() {
        keys.entry(model.key(&call.operation)).or_default().push(id);
    }
    keys
}
