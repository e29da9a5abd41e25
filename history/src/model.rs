//! What the clients' operations mean when they happen one after another.

use std::fmt::Debug;
use std::hash::Hash;

use crate::call::Call;
use crate::history::History;

/// A history of the operations and results of a model.
pub type HistoryOf<M> = History<<M as Model>::Operation, <M as Model>::Result>;

/// A call of an operation of a model.
pub type CallOf<M> = Call<<M as Model>::Operation, <M as Model>::Result>;

/// A sequential specification: which operation can return what in which state, and what state
/// it leaves.
///
/// Most objects are deterministic; for those, implement [`Object`], which is shorter: every
/// object is a model. Implement this trait for an object whose operations may choose.
///
/// All functions are pure: they depend on their arguments only, and always answer the same.
pub trait Model {
    /// What a client can ask for. Equal operations mean the same.
    type Operation: Clone + Eq + Hash + Debug;
    /// What it can be answered.
    type Result: Clone + Debug;
    /// The state of the part of the object that one key names. Equal states have the same future.
    type State: Clone + Eq + Hash + Debug;
    /// Names a part of the object that lives by itself. `()` if there is one only.
    type Key: Clone + Ord + Debug;

    /// What the object is called.
    fn name(&self) -> &str;

    /// The part of the object that the operation is about.
    ///
    /// Parts must be independent: an operation on one part neither sees nor changes another. Then
    /// the history of each part can be checked by itself (locality, Herlihy and Wing 1990;
    /// P-compositionality, Horn and Kroening 2015), which makes most large histories feasible.
    fn key(&self, operation: &Self::Operation) -> Self::Key;

    /// The state of a part before anything happened to it.
    fn initial(&self, key: &Self::Key) -> Self::State;

    /// The state after the operation, or `None` if it cannot return this result in this state.
    fn step(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        result: &Self::Result,
    ) -> Option<Self::State>;

    /// Adds each state in which the operation can leave the object, whatever it returned, to
    /// `after`; for an operation whose result nobody knows.
    fn step_unknown(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        after: &mut Vec<Self::State>,
    );

    /// Whether the operation leaves *every* state in which it can return this result as it is;
    /// without a result, whether it leaves every state as it is, whatever it returns.
    ///
    /// A hint that saves much work: such an operation is placed as soon as it fits, and nothing
    /// else is tried. `false` is always right.
    fn reads_only(&self, _operation: &Self::Operation, _result: Option<&Self::Result>) -> bool {
        false
    }

    /// Changes the guesses where the calls of one key take effect, to make the search faster.
    ///
    /// There is a guess for each call: twice the number of an event, or `None` for a call of
    /// unknown outcome. At first it is half way between invocation and completion. Of the calls
    /// that could be next, the one with the earliest guess is tried first, and those without one
    /// last. So a guess can be wrong, and the answer is still right.
    ///
    /// Results often tell the order of what changed the object: the values of a list are in the
    /// order in which they were appended.
    fn guess_instants(
        &self,
        _calls: &[&Call<Self::Operation, Self::Result>],
        _guesses: &mut [Option<u64>],
    ) {
    }

    /// The operation for people, and its result if there is one: "read -> 3".
    fn describe(&self, operation: &Self::Operation, result: Option<&Self::Result>) -> String {
        match result {
            Some(result) => format!("{operation:?} -> {result:?}"),
            None => format!("{operation:?}"),
        }
    }

    /// The state for people.
    fn describe_state(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }

    /// The key for people, or `None` if there is one only.
    fn describe_key(&self, key: &Self::Key) -> Option<String> {
        Some(format!("{key:?}")).filter(|key| key != "()")
    }

    /// Why the operation cannot return this result in this state, for people. Asked only when
    /// [`step`](Model::step) said `None`.
    fn describe_refusal(
        &self,
        _state: &Self::State,
        _operation: &Self::Operation,
        _result: &Self::Result,
    ) -> String {
        "cannot return that".to_owned()
    }

    /// The bytes that the state holds outside itself, for the bound on memory.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }
}

/// A deterministic object: in one state, an operation does one thing and returns one result.
///
/// Every object is a [`Model`].
///
/// ```
/// use stormglass_history::Object;
///
/// /// Hands out tickets: 0, 1, 2 and so on.
/// struct Tickets;
///
/// impl Object for Tickets {
///     type Operation = ();
///     type Result = u64;
///     type State = u64;
///     type Key = ();
///
///     fn name(&self) -> &str {
///         "tickets"
///     }
///
///     fn key(&self, _: &()) {}
///
///     fn initial(&self, _: &()) -> u64 {
///         0
///     }
///
///     fn apply(&self, next: &u64, _: &()) -> (u64, u64) {
///         (next + 1, *next)
///     }
/// }
/// ```
pub trait Object {
    /// See [`Model::Operation`].
    type Operation: Clone + Eq + Hash + Debug;
    /// See [`Model::Result`].
    type Result: Clone + PartialEq + Debug;
    /// See [`Model::State`].
    type State: Clone + Eq + Hash + Debug;
    /// See [`Model::Key`].
    type Key: Clone + Ord + Debug;

    /// What the object is called.
    fn name(&self) -> &str;

    /// The part of the object that the operation is about, see [`Model::key`].
    fn key(&self, operation: &Self::Operation) -> Self::Key;

    /// The state of a part before anything happened to it.
    fn initial(&self, key: &Self::Key) -> Self::State;

    /// The state after the operation, and what the operation returns.
    fn apply(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
    ) -> (Self::State, Self::Result);

    /// Whether the operation leaves every state as it is, see [`Model::reads_only`].
    fn reads_only(&self, _operation: &Self::Operation, _result: Option<&Self::Result>) -> bool {
        false
    }

    /// Changes the guesses where calls take effect, see [`Model::guess_instants`].
    fn guess_instants(
        &self,
        _calls: &[&Call<Self::Operation, Self::Result>],
        _guesses: &mut [Option<u64>],
    ) {
    }

    /// The operation for people: "write 3".
    fn describe_operation(&self, operation: &Self::Operation) -> String {
        format!("{operation:?}")
    }

    /// The result for people, or nothing if it says no more than that the operation is done.
    fn describe_result(&self, result: &Self::Result) -> Option<String> {
        Some(format!("{result:?}"))
    }

    /// The state for people.
    fn describe_state(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }

    /// The bytes that the state holds outside itself, for the bound on memory.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }
}

impl<T: Object> Model for T {
    type Operation = T::Operation;
    type Result = T::Result;
    type State = T::State;
    type Key = T::Key;

    fn name(&self) -> &str {
        Object::name(self)
    }

    fn key(&self, operation: &T::Operation) -> T::Key {
        Object::key(self, operation)
    }

    fn initial(&self, key: &T::Key) -> T::State {
        Object::initial(self, key)
    }

    fn step(
        &self,
        state: &T::State,
        operation: &T::Operation,
        result: &T::Result,
    ) -> Option<T::State> {
        let (after, returned) = self.apply(state, operation);
        (returned == *result).then_some(after)
    }

    fn step_unknown(&self, state: &T::State, operation: &T::Operation, after: &mut Vec<T::State>) {
        after.push(self.apply(state, operation).0);
    }

    fn reads_only(&self, operation: &T::Operation, result: Option<&T::Result>) -> bool {
        Object::reads_only(self, operation, result)
    }

    fn guess_instants(
        &self,
        calls: &[&Call<T::Operation, T::Result>],
        guesses: &mut [Option<u64>],
    ) {
        Object::guess_instants(self, calls, guesses);
    }

    fn describe(&self, operation: &T::Operation, result: Option<&T::Result>) -> String {
        let operation = self.describe_operation(operation);
        match result.and_then(|result| self.describe_result(result)) {
            Some(result) => format!("{operation} -> {result}"),
            None => operation,
        }
    }

    fn describe_state(&self, state: &T::State) -> String {
        Object::describe_state(self, state)
    }

    fn describe_refusal(
        &self,
        state: &T::State,
        operation: &T::Operation,
        _: &T::Result,
    ) -> String {
        let returned = self.apply(state, operation).1;
        match self.describe_result(&returned) {
            Some(returned) => format!("would return {returned}"),
            None => "would return no more than that it is done".to_owned(),
        }
    }

    fn heap_bytes(&self, state: &T::State) -> usize {
        Object::heap_bytes(self, state)
    }
}
