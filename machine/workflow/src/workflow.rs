//! What a runtime needs to know of a state machine to run it on a node.

use alloc::collections::BTreeMap;

use stormglass_machine::{Kind, NodeId};

use crate::{
    ActionList, Cause, Commit, Execute, External, StateMachine, TrackedActionTypes, Transaction,
};

/// A state machine with a store and with systems outside that do what it asks for.
pub trait Workflow:
    StateMachine<
        State: Transaction,
        Input: Kind,
        TrackedAction: TrackedActionTypes<Action: Kind, Result: Kind>,
        Actions: ActionList<
            <Self as StateMachine>::UntrackedAction,
            <Self as StateMachine>::TrackedAction,
        >,
    >
{
    /// The systems outside.
    type External: External<Self::TrackedAction, Self::UntrackedAction>;

    /// The committed state, as a restart may look at it.
    fn view(committed: &SnapshotOf<Self>) -> &Self::RestoreState;

    /// Which node does an action.
    fn system(_action: &ActionOf<Self>) -> NodeId {
        NodeId(1)
    }

    /// Which node hears of untracked actions.
    fn listener() -> NodeId {
        NodeId(1)
    }
}

/// The id of a tracked action.
pub type IdOf<W> = <<W as StateMachine>::TrackedAction as TrackedActionTypes>::Id;
/// A tracked action.
pub type ActionOf<W> = <<W as StateMachine>::TrackedAction as TrackedActionTypes>::Action;
/// The result of a tracked action.
pub type ResultOf<W> = <<W as StateMachine>::TrackedAction as TrackedActionTypes>::Result;
/// All that is committed of a state.
pub type SnapshotOf<W> = <<W as StateMachine>::State as Transaction>::Snapshot;
/// What a waiting transition has read.
pub(crate) type ReadsOf<W> = <<W as StateMachine>::State as Transaction>::Reads;
/// What a system outside knows of an id.
pub type EntryOf<W> = <<W as Workflow>::External as External<
    <W as StateMachine>::TrackedAction,
    <W as StateMachine>::UntrackedAction,
>>::Entry;
/// The ledger of a system outside.
pub type LedgerOf<W> = BTreeMap<IdOf<W>, EntryOf<W>>;
/// Why something was committed.
pub type CauseOf<W> = Cause<<W as StateMachine>::Input, IdOf<W>, ResultOf<W>>;
/// A commit.
pub type CommitOf<W> = Commit<CauseOf<W>, <W as StateMachine>::TransitionError, SnapshotOf<W>>;
/// A command to a system outside.
pub type ExecuteOf<W> = Execute<IdOf<W>, ActionOf<W>>;
