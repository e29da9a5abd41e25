//! What a transition asks of the world: actions, described and not done.

use core::fmt;
use core::hash::{Hash, Hasher};

/// The types that belong to tracked actions.
pub trait TrackedActionTypes {
    /// Tells one action from every other, for ever; also the idempotency key outside. Made from a
    /// counter in the state.
    type Id: Clone + Ord + Hash + fmt::Debug;
    /// What is to be done.
    type Action: Clone + Eq + Hash + fmt::Debug;
    /// What has come of it.
    type Result: Clone + Eq + Hash + fmt::Debug;
}

/// An action whose result comes back as an input, and which a restart asks for again until it has.
pub struct TrackedAction<T: TrackedActionTypes> {
    id: T::Id,
    action: T::Action,
}

impl<T: TrackedActionTypes> TrackedAction<T> {
    /// An action under its id.
    pub fn new(id: T::Id, action: T::Action) -> Self {
        TrackedAction { id, action }
    }

    /// Its id.
    pub fn id(&self) -> &T::Id {
        &self.id
    }

    /// What is to be done.
    pub fn action(&self) -> &T::Action {
        &self.action
    }

    /// Both.
    pub fn into_parts(self) -> (T::Id, T::Action) {
        (self.id, self.action)
    }
}

/// One thing that a transition asks for.
pub enum Action<U, T: TrackedActionTypes> {
    /// Done at least once; its result comes back.
    Tracked(TrackedAction<T>),
    /// Done at most once; nobody hears of it again.
    Untracked(U),
}

impl<U, T: TrackedActionTypes> Action<U, T> {
    /// A tracked action under its id.
    pub fn new_tracked(id: T::Id, action: T::Action) -> Self {
        Action::Tracked(TrackedAction::new(id, action))
    }

    /// An untracked action.
    pub fn new_untracked(action: U) -> Self {
        Action::Untracked(action)
    }
}

// Derived impls would ask for the same of `T` itself; only its associated types matter.

impl<T: TrackedActionTypes> Clone for TrackedAction<T> {
    fn clone(&self) -> Self {
        TrackedAction { id: self.id.clone(), action: self.action.clone() }
    }
}

impl<T: TrackedActionTypes> PartialEq for TrackedAction<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.action == other.action
    }
}

impl<T: TrackedActionTypes> Eq for TrackedAction<T> {}

impl<T: TrackedActionTypes> Hash for TrackedAction<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.id.hash(hasher);
        self.action.hash(hasher);
    }
}

impl<T: TrackedActionTypes> fmt::Debug for TrackedAction<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} as {:?}", self.action, self.id)
    }
}

impl<U: Clone, T: TrackedActionTypes> Clone for Action<U, T> {
    fn clone(&self) -> Self {
        match self {
            Action::Tracked(tracked) => Action::Tracked(tracked.clone()),
            Action::Untracked(untracked) => Action::Untracked(untracked.clone()),
        }
    }
}

impl<U: PartialEq, T: TrackedActionTypes> PartialEq for Action<U, T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Action::Tracked(one), Action::Tracked(other)) => one == other,
            (Action::Untracked(one), Action::Untracked(other)) => one == other,
            _ => false,
        }
    }
}

impl<U: Eq, T: TrackedActionTypes> Eq for Action<U, T> {}

impl<U: fmt::Debug, T: TrackedActionTypes> fmt::Debug for Action<U, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Tracked(tracked) => tracked.fmt(formatter),
            Action::Untracked(untracked) => untracked.fmt(formatter),
        }
    }
}
