//! How the state of a machine comes out of what is committed, and goes back into it.

use alloc::sync::Arc;
use core::fmt::Debug;
use core::hash::{Hash, Hasher};
use core::sync::atomic::AtomicU64;

use stormglass_machine::Time;

/// What a transition works on, and how it is kept.
pub trait Transaction: Sized {
    /// All that is committed. The runtime writes it into a record with everything else that a commit
    /// makes durable.
    type Snapshot: Clone + PartialEq + Hash + Debug;
    /// What the store has already been asked for, while a transition waits for more.
    type Reads: Clone + Default + Debug;

    /// A new transaction on what is committed, which knows what was read for it.
    fn begin(committed: &Self::Snapshot, reads: &Self::Reads) -> Self;

    /// Reads what the transaction waits for. False if it waits for nothing.
    fn fetch(&self, _committed: &Self::Snapshot, _reads: &mut Self::Reads) -> bool {
        false
    }

    /// Puts what was changed into what is committed.
    fn commit(self, committed: &mut Self::Snapshot);

    /// The committed state is now that of this process.
    fn enter(_committed: &mut Self::Snapshot, _process: &Process) {}
}

/// A state that lives in memory. Each transition works on a copy, which replaces the original when it
/// is committed.
pub trait InMemory: Clone + PartialEq + Hash + Debug {
    /// The state is now that of this process.
    fn enter(&mut self, _process: &Process) {}
}

impl<S: InMemory> Transaction for S {
    type Snapshot = S;
    type Reads = ();

    fn begin(committed: &S, _reads: &()) -> S {
        committed.clone()
    }

    fn commit(self, committed: &mut S) {
        *committed = self;
    }

    fn enter(committed: &mut S, process: &Process) {
        committed.enter(process);
    }
}

/// What is around a state and is not in it: all that a transition must *not* depend on.
///
/// In a program it is everywhere: the clock, the seed of a hash map, a static variable. Here a
/// runtime says what it is, so that a checker can run the same transition in another process and
/// compare.
///
/// Two states are the same whatever process they are in.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// The seed of the hash maps of this process, new with every start.
    pub hash_seed: u64,
    /// The wall clock.
    pub wall: Time,
    /// A variable that all transitions of this process share.
    pub global: Arc<AtomicU64>,
}

impl PartialEq for Process {
    fn eq(&self, _other: &Process) -> bool {
        true
    }
}

impl Eq for Process {}

impl Hash for Process {
    fn hash<H: Hasher>(&self, _hasher: &mut H) {}
}
