//! One step of a node.

use core::ops::{Deref, DerefMut};

use stormglass_machine::Env;

use crate::{Raft, StateMachine};

/// A node, and the world as it finds it in one step. What reads the world or acts on it is a
/// method of the step; what only looks at the node is a method of the node.
pub(crate) struct Step<'a, 'e, S: StateMachine> {
    pub(crate) raft: &'a mut Raft<S>,
    pub(crate) env: &'a mut Env<'e, Raft<S>>,
}

impl<S: StateMachine> Deref for Step<'_, '_, S> {
    type Target = Raft<S>;

    fn deref(&self) -> &Raft<S> {
        self.raft
    }
}

impl<S: StateMachine> DerefMut for Step<'_, '_, S> {
    fn deref_mut(&mut self) -> &mut Raft<S> {
        self.raft
    }
}
