//! What a user writes: a transition function that may fail, and its counterpart for restarts.

use core::fmt::Debug;
use core::future::Future;
use core::hash::Hash;

use crate::{ActionsContainer, TrackedActionTypes};

/// What a transition is about.
pub enum Input<T: TrackedActionTypes, N> {
    /// Somebody asks for something.
    Normal(N),
    /// A tracked action has had a result. It may be told more than once, and late.
    TrackedActionCompleted {
        /// Which action.
        id: T::Id,
        /// What has come of it.
        result: T::Result,
    },
}

impl<T: TrackedActionTypes, N: Clone> Clone for Input<T, N> {
    fn clone(&self) -> Self {
        match self {
            Input::Normal(input) => Input::Normal(input.clone()),
            Input::TrackedActionCompleted { id, result } => {
                Input::TrackedActionCompleted { id: id.clone(), result: result.clone() }
            }
        }
    }
}

impl<T: TrackedActionTypes, N: Debug> Debug for Input<T, N> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Input::Normal(input) => input.fmt(formatter),
            Input::TrackedActionCompleted { id, result } => {
                write!(formatter, "{result:?} of {id:?}")
            }
        }
    }
}

/// A deterministic, recoverable workflow, as a pair of functions over a state.
///
/// # What a transition must keep to
///
/// * One call is one transaction. After an error the state is as it was.
/// * It depends on the state and the input alone: no clock, no chance, nothing global, no order of a
///   hash map. What it needs to know of the world is in the input.
/// * Whatever it awaits is its store. The runtime drops a transition that has to wait, and runs it
///   again from the beginning when there is what it waited for.
/// * An id comes from a counter in the state, and the state says of each tracked action enough to ask
///   for it again.
/// * Each completion is recorded in the state. Told once more, it changes nothing.
pub trait StateMachine {
    /// What a transition works on: a struct, or a transaction of a store.
    type State;
    /// What a restart may look at: the committed state, which it cannot change.
    type RestoreState;
    /// What can be asked for.
    type Input: Clone + Hash + Debug;
    /// The types of its tracked actions.
    type TrackedAction: TrackedActionTypes;
    /// What is done at most once, and not heard of again.
    type UntrackedAction: Clone + Eq + Hash + Debug;
    /// Where actions are put.
    type Actions: ActionsContainer<Self::UntrackedAction, Self::TrackedAction>;
    /// Why an input is refused.
    type TransitionError: Clone + Eq + Hash + Debug;
    /// Why a restart fails.
    type RestoreError: Debug;

    /// One transition. Usually written as an `async fn`.
    ///
    /// # Errors
    ///
    /// If the input is refused. The state is as it was; actions that were added are discarded.
    fn stf<'state, 'actions>(
        state: &'state mut Self::State,
        input: Input<Self::TrackedAction, Self::Input>,
        actions: &'actions mut Self::Actions,
    ) -> impl Future<Output = Result<(), Self::TransitionError>> + use<'state, 'actions, Self>;

    /// Asks again for whatever the state says is unfinished, and for nothing else: for the action
    /// itself where the other side knows ids, else for its status. Under the id that it had.
    ///
    /// # Errors
    ///
    /// If there is no room for the actions.
    fn restore<'state, 'actions>(
        state: &'state Self::RestoreState,
        actions: &'actions mut Self::Actions,
    ) -> impl Future<Output = Result<(), Self::RestoreError>> + use<'state, 'actions, Self>;
}
