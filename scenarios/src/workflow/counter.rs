//! A counter that says whenever it goes up, in a store whose reads are awaited.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, Kind};
use stormglass_workflow::{
    Action, Actions, ActionsContainer, Bug, CommitOf, Execute, External, Input, KeyValue, LedgerOf,
    NoRoom, Outcome, SnapshotOf, StateMachine, TrackedActionTypes, Workflow,
};

use super::example::{Example, Judgement, Meets, NoBug};
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

/// The only key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Count;

impl StateMachine for Counter {
    type State = KeyValue<Count, u64>;
    type RestoreState = BTreeMap<Count, u64>;
    type Input = Increment;
    type TrackedAction = Nothing;
    type UntrackedAction = Incremented;
    type Actions = Actions<Incremented, Nothing>;
    type TransitionError = Refused;
    type RestoreError = NoRoom;

    async fn stf<'s, 'a>(
        state: &'s mut KeyValue<Count, u64>,
        _input: Input<Nothing, Increment>,
        actions: &'a mut Self::Actions,
    ) -> Result<(), Refused> {
        let from = state.get(&Count).await.unwrap_or(0);
        let to = from.checked_add(1).ok_or(Refused::Overflowed)?;
        let said = Action::new_untracked(Incremented { from, to });
        actions.add(said).map_err(Refused::Actions)?;
        state.set(Count, to);
        Ok(())
    }

    async fn restore<'s, 'a>(
        _state: &'s BTreeMap<Count, u64>,
        _actions: &'a mut Self::Actions,
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

    fn view(committed: &BTreeMap<Count, u64>) -> &BTreeMap<Count, u64> {
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

    type Bug = NoBug;
    /// How many were done.
    type Tally = u64;

    const PLANTED: &'static [(Plant<NoBug>, &'static str)] = &[
        (Plant::Runtime(Bug::Interleaves), name::ALONE),
        (Plant::Runtime(Bug::StaleWorkerCommits), name::SERIAL),
        (Plant::Runtime(Bug::CursorApart), name::CONSUMED),
        (Plant::Runtime(Bug::ReplaysUnknownCommit), name::CONSUMED),
        (Plant::Runtime(Bug::ConflictIsFinal), name::CONSUMED),
        (Plant::Runtime(Bug::AnswersBeforeCommit), name::ANSWERED),
        (Plant::Runtime(Bug::RetriesRefusedInput), name::DONE_WITH),
        (Plant::Runtime(Bug::RestoreCommits), name::PURE),
    ];

    fn initial(_bug: Option<NoBug>) -> SnapshotOf<Self> {
        BTreeMap::from([(Count, START)])
    }

    fn external(_bug: Option<NoBug>) -> Listener {
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
        let (from, to) = (before[&Count], commit.state[&Count]);
        match untracked == [Incremented { from, to }] && to - from == 1 {
            true => Ok(()),
            false => Err(format!("it went from {from} to {to}, and {untracked:?} was said")),
        }
    }

    fn sound(done: &u64, state: &SnapshotOf<Self>) -> Judgement {
        match state[&Count] == START + done {
            true => Ok(()),
            false => Err(format!("{done} inputs were done, and it is at {state:?}")),
        }
    }

    fn agrees(done: &u64, state: &SnapshotOf<Self>, _ledger: &LedgerOf<Self>) -> Judgement {
        Self::sound(done, state)
    }

    fn status(state: &SnapshotOf<Self>, _input: Meets<'_, Self>) -> &'static str {
        if state[&Count] == u64::MAX { "Full" } else { "Counting" }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        vec![("Counting", "Increment"), ("Full", "Increment")]
    }
}
