//! One input on its way to being committed.

use stormglass_machine::RequestId;

use crate::workflow::{CauseOf, IdOf, ReadsOf, ResultOf};
use crate::{Cause, Input, Outcome, Request, StateMachine, Workflow};

/// What is to be consumed.
pub(crate) enum Job<W: Workflow> {
    /// The input of a client.
    Asked {
        /// The request that is answered.
        id: RequestId,
        /// What was asked for.
        request: Request<W::Input>,
    },
    /// The result of an action.
    Completed {
        /// The action.
        id: IdOf<W>,
        /// Its result.
        result: ResultOf<W>,
    },
}

/// A worker's try to consume something.
pub(crate) struct Attempt<W: Workflow> {
    pub(crate) job: Job<W>,
    /// Names the attempt, for its timer.
    pub(crate) ticket: u64,
    /// By which right it commits.
    pub(crate) epoch: u64,
    pub(crate) reads: ReadsOf<W>,
    /// How often the store has sent it back.
    pub(crate) tries: u32,
    pub(crate) stage: Stage,
    /// What it tried to commit last has come to this.
    pub(crate) outcome: Option<Outcome<W::TransitionError>>,
}

/// What an attempt waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// A read of the store.
    Reading,
    /// To be tried once more from the beginning.
    BackingOff,
    /// To learn whether the commit of this number was made.
    Unsure(u64),
}

impl<W: Workflow> Job<W> {
    /// As the transition is given it.
    pub(crate) fn input(&self) -> Input<W::TrackedAction, <W as StateMachine>::Input> {
        match self {
            Job::Asked { request, .. } => Input::Normal(request.input.clone()),
            Job::Completed { id, result } => {
                Input::TrackedActionCompleted { id: id.clone(), result: result.clone() }
            }
        }
    }

    /// As it stands in a commit.
    pub(crate) fn cause(&self) -> CauseOf<W> {
        match self {
            Job::Asked { request, .. } => Cause::Asked(request.clone()),
            Job::Completed { id, result } => {
                Cause::Completed { id: id.clone(), result: result.clone() }
            }
        }
    }
}

impl<W: Workflow> Clone for Job<W> {
    fn clone(&self) -> Self {
        match self {
            Job::Asked { id, request } => Job::Asked { id: *id, request: request.clone() },
            Job::Completed { id, result } => {
                Job::Completed { id: id.clone(), result: result.clone() }
            }
        }
    }
}
