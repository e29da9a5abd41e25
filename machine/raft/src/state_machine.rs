//! What is replicated: the application's state machine.

use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;

use crate::Observer;

/// The application's deterministic state machine. Every node applies the same commands in the
/// same order, so equal histories must lead to equal states and equal responses.
pub trait StateMachine: Sized {
    /// What changes the state. Shared by reference count wherever it goes.
    type Command: Clone + Hash + Debug;
    /// What is asked of the state without changing it.
    type Query: Clone + Hash + Debug;
    /// What commands and queries are answered with.
    type Response: Clone + Hash + Debug;
    /// Who is told what happens inside; `()` costs nothing.
    type Observer: Observer<Self::Command> + Default + Clone + Debug;

    /// How many bytes a command counts for where the options bound bytes: by default as many as
    /// the type has without what it points to.
    fn command_bytes(command: &Self::Command) -> usize {
        size_of_val(command)
    }

    /// Applies one committed command.
    fn apply(&mut self, command: &Self::Command) -> Self::Response;

    /// Answers a query.
    fn query(&self, query: &Self::Query) -> Self::Response;

    /// The whole state as bytes.
    fn snapshot(&self) -> Vec<u8>;

    /// Replaces the whole state by one that [`snapshot`](StateMachine::snapshot) has written.
    ///
    /// # Errors
    ///
    /// [`CorruptSnapshot`] if the bytes are not such a state; then nothing has changed.
    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot>;
}

/// The bytes are not a state that the state machine has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CorruptSnapshot;
