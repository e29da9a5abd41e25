use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::Dice;
use stormglass_workflow::{
    ActionOf, CommitOf, EntryOf, IdOf, LedgerOf, ResultOf, SnapshotOf, Workflow,
};

use super::scenario::Plant;

/// What an oracle has to say, if something is wrong.
pub type Judgement = Result<(), String>;

/// A workflow that the oracles can judge: what they cannot know of it by themselves.
pub trait Example:
    Workflow<Input: Serialize + DeserializeOwned + Eq, State: Debug, Actions: Debug>
    + Sized
    + Sync
    + 'static
{
    /// The name of its scenario.
    const NAME: &'static str;
    /// What it is about, in a sentence.
    const ABOUT: &'static str;
    /// The property that says that its state makes sense.
    const SOUND: &'static str;
    /// The property that says that in the end its state and the ledger outside agree.
    const AGREES: &'static str;

    /// It has tracked actions.
    const IS_TRACKED: bool = true;
    /// Its transitions await their store.
    const AWAITS_STORE: bool = false;

    /// The bugs that can be planted in its transitions or in the system outside.
    type Bug: OwnBug;
    /// The bugs that are planted in its scenario, each with the property that must find it.
    const PLANTED: &'static [(Plant<Self::Bug>, &'static str)];
    /// What is counted over all commits, to be held against the state.
    type Tally: Clone + Default;

    /// What it begins with.
    fn initial(bug: Option<Self::Bug>) -> SnapshotOf<Self>;

    /// The system outside.
    fn external(bug: Option<Self::Bug>) -> Self::External;

    /// What a client asks for.
    fn input(dice: &mut Dice) -> Self::Input;

    /// Simpler inputs to try in place of one.
    fn simpler(_input: &Self::Input) -> Vec<Self::Input> {
        Vec::new()
    }

    /// Everything in a state that has an id.
    fn items(_state: &SnapshotOf<Self>) -> Vec<Item<IdOf<Self>>> {
        Vec::new()
    }

    /// An id that is never given out.
    fn unknown_id() -> IdOf<Self>;

    /// True if a result means anything to an item in this status.
    fn awaits(_status: &'static str, _result: &ResultOf<Self>) -> bool {
        false
    }

    /// True if the result says that there is none yet.
    fn is_pending(_result: &ResultOf<Self>) -> bool {
        false
    }

    /// True if an input that was just done changes nothing when it is done again.
    fn is_repeatable(_input: &Self::Input) -> bool {
        false
    }

    /// True if the action, asked for by a client's input, begins something new, under a new id.
    fn begins(_action: &ActionOf<Self>) -> bool {
        false
    }

    /// True if the action must be sent once at most.
    fn is_single(_action: &ActionOf<Self>) -> bool {
        false
    }

    /// How often something took effect outside.
    fn effects(_entry: &EntryOf<Self>) -> u32 {
        0
    }

    /// Counts a commit, and holds it against what was before.
    ///
    /// # Errors
    ///
    /// With what is wrong.
    fn commit(
        _tally: &mut Self::Tally,
        _before: &SnapshotOf<Self>,
        _commit: &CommitOf<Self>,
        _untracked: &[Self::UntrackedAction],
    ) -> Judgement {
        Ok(())
    }

    /// Says whether a state makes sense, for all that was committed.
    ///
    /// # Errors
    ///
    /// With what is wrong.
    fn sound(tally: &Self::Tally, state: &SnapshotOf<Self>) -> Judgement;

    /// How much finished business the state still holds, and how much it may.
    fn finished(_state: &SnapshotOf<Self>) -> (usize, usize) {
        (0, 0)
    }

    /// Says whether a state and the ledger outside agree, when nothing is under way.
    ///
    /// # Errors
    ///
    /// With what is wrong.
    fn agrees(tally: &Self::Tally, state: &SnapshotOf<Self>, ledger: &LedgerOf<Self>) -> Judgement;

    /// The status that an input meets, for coverage.
    fn status(state: &SnapshotOf<Self>, input: Meets<'_, Self>) -> &'static str;

    /// The pairs of a status and a kind of input that can be met.
    fn pairs() -> Vec<(&'static str, &'static str)>;
}

/// An input on its way to a state.
pub enum Meets<'a, E: Example> {
    /// A client's.
    Asked(&'a E::Input),
    /// A result, of the action of this id.
    Completed(&'a IdOf<E>),
}

/// Something in a state that has an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item<N> {
    /// The id.
    pub id: N,
    /// Its status.
    pub status: &'static str,
    /// The status is the last that it has.
    pub is_final: bool,
    /// Everything else that is known of it.
    pub content: String,
}

/// A bug of an example.
pub trait OwnBug: Copy + Debug + Eq + Sync + 'static {
    /// Every one.
    const ALL: &'static [Self];
    /// Its name.
    fn name(self) -> &'static str;
    /// What it does, in a sentence.
    fn description(self) -> &'static str;
}

/// The bugs of an example, each with its description and its name.
macro_rules! bugs {
    ($(#[doc = $about:literal] $bug:ident $name:literal)*) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Bug {
            $(#[doc = $about] $bug,)*
        }

        impl crate::workflow::example::OwnBug for Bug {
            const ALL: &'static [Bug] = &[$(Bug::$bug),*];

            fn name(self) -> &'static str {
                match self { $(Bug::$bug => $name),* }
            }

            fn description(self) -> &'static str {
                match self { $(Bug::$bug => $about.trim_ascii()),* }
            }
        }
    };
}

pub(super) use bugs;
