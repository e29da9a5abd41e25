//! A counter that says whenever it goes up, in a store whose reads are awaited.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, Kind};
use stormglass_workflow::{
    Action, Actions, ActionsContainer, Bug as Runtime, CommitOf, Execute, External, Input,
    KeyValue, LedgerOf, NoRoom, Outcome, SnapshotOf, StateMachine, TrackedActionTypes, Workflow,
};

use super::example::{Example, Judgement, Meets, bugs};
use super::properties::name;
use super::scenario::Plant;

/// The state machine.
pub struct Counter;

/// One more.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Increment;

impl Kind for Increment {
    fn kind(&self) -> &'static str {
        "Increment"
    }
}

/// It has gone up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Incremented {
    from: u64,
    to: u64,
}

/// Why it does not go up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refused {
    /// There is no larger number.
    Overflowed,
    /// Nobody could be told.
    Actions(NoRoom),
}

/// Nothing is tracked.
pub struct Nothing;

impl TrackedActionTypes for Nothing {
    type Id = ();
    type Action = ();
    type Result = ();
}

/// What is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// How far it has counted.
    Count,
    /// By how much it goes up.
    Step,
}

bugs! {
    /// It goes up by two.
    WrongStep "wrong-step"
}

impl StateMachine for Counter {
    type State = KeyValue<Key, u64>;
    type RestoreState = BTreeMap<Key, u64>;
    type Input = Increment;
    type TrackedAction = Nothing;
    type UntrackedAction = Incremented;
    type Actions = Actions<Incremented, Nothing>;
    type TransitionError = Refused;
    type RestoreError = NoRoom;

    async fn stf(
        state: &mut KeyValue<Key, u64>,
        _input: Input<Nothing, Increment>,
        actions: &mut Self::Actions,
    ) -> Result<(), Refused> {
        let from = state.get(&Key::Count).await.unwrap_or(0);
        let step = state.get(&Key::Step).await.unwrap_or(1);
        let to = from.checked_add(step).ok_or(Refused::Overflowed)?;
        let said = Action::new_untracked(Incremented { from, to });
        actions.add(said).map_err(Refused::Actions)?;
        state.set(Key::Count, to);
        Ok(())
    }

    async fn restore(
        _state: &BTreeMap<Key, u64>,
        _actions: &mut Self::Actions,
    ) -> Result<(), NoRoom> {
        Ok(())
    }
}

/// Whoever hears of it does nothing.
#[derive(Clone, Debug)]
pub struct Listener;

impl External<Nothing, Incremented> for Listener {
    type Entry = ();

    fn handle(
        &self,
        _entry: Option<&()>,
        _command: &Execute<(), ()>,
        _sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<()>, Option<()>) {
        (None, None)
    }
}

impl Workflow for Counter {
    type External = Listener;

    fn view(committed: &BTreeMap<Key, u64>) -> &BTreeMap<Key, u64> {
        committed
    }
}

/// Where it begins: a few steps from the end.
const START: u64 = u64::MAX - 30;

impl Example for Counter {
    const NAME: &'static str = "workflow-counter";
    const ABOUT: &'static str = "A counter in a slow store counts each input once, and says so.";
    const SOUND: &'static str = "the counter has counted every input that was done";
    const AGREES: &'static str = "the counter is right in the end";

    const IS_TRACKED: bool = false;
    const AWAITS_STORE: bool = true;

    type Bug = Bug;
    /// How many were done.
    type Tally = u64;

    const PLANTED: &'static [(Plant<Bug>, &'static str)] = &[
        (Plant::Own(Bug::WrongStep), Self::SOUND),
        (Plant::Runtime(Runtime::UnboundedQueue), name::QUEUES),
        (Plant::Runtime(Runtime::Interleaves), name::ALONE),
        (Plant::Runtime(Runtime::StaleWorkerCommits), name::SERIAL),
        (Plant::Runtime(Runtime::CursorApart), name::CONSUMED),
        (Plant::Runtime(Runtime::ReplaysUnknownCommit), name::CONSUMED),
        (Plant::Runtime(Runtime::ConflictIsFinal), name::CONSUMED),
        (Plant::Runtime(Runtime::AnswersBeforeCommit), name::ANSWERED),
        (Plant::Runtime(Runtime::RestoreCommits), name::PURE),
    ];

    fn initial(bug: Option<Bug>) -> SnapshotOf<Self> {
        let step = if bug == Some(Bug::WrongStep) { 2 } else { 1 };
        BTreeMap::from([(Key::Count, START), (Key::Step, step)])
    }

    fn external(_bug: Option<Bug>) -> Listener {
        Listener
    }

    fn input(_dice: &mut Dice) -> Increment {
        Increment
    }

    fn unknown_id() {}

    fn commit(
        done: &mut u64,
        before: &SnapshotOf<Self>,
        commit: &CommitOf<Self>,
        untracked: &[Incremented],
    ) -> Judgement {
        *done += u64::from(commit.outcome == Outcome::Done);
        let (from, to) = (before[&Key::Count], commit.state[&Key::Count]);
        match untracked == [Incremented { from, to }] && to - from == 1 {
            true => Ok(()),
            false => Err(format!("it went from {from} to {to}, and {untracked:?} was said")),
        }
    }

    fn sound(done: &u64, state: &SnapshotOf<Self>) -> Judgement {
        match state[&Key::Count] == START + done {
            true => Ok(()),
            false => Err(format!("{done} inputs were done, and it is at {state:?}")),
        }
    }

    fn agrees(done: &u64, state: &SnapshotOf<Self>, _ledger: &LedgerOf<Self>) -> Judgement {
        Self::sound(done, state)
    }

    fn status(state: &SnapshotOf<Self>, _input: Meets<'_, Self>) -> &'static str {
        if state[&Key::Count] == u64::MAX { "Full" } else { "Counting" }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        vec![("Counting", "Increment"), ("Full", "Increment")]
    }
}
