//! What nodes say to each other, what clients ask, and what stands on disks.

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Kind, NodeId};

/// What a worker and the systems outside say to each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message<N, A, R, U> {
    /// Do this.
    Execute(Execute<N, A>),
    /// This has come of it.
    Completed {
        /// The id of the action.
        id: N,
        /// Its result.
        result: R,
    },
    /// An untracked action.
    Untracked(U),
}

/// A command to a system outside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Execute<N, A> {
    /// The id of the action.
    pub id: N,
    /// What is to be done.
    pub action: A,
    /// Which transmission this is. A network may deliver one twice, and the other side can tell
    /// that from a command that was sent twice, as it can with a stream.
    pub transmission: Transmission,
}

/// Names one transmission of a worker: which start of it, and which since then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Transmission {
    /// A number that each start of a worker draws.
    pub start: u64,
    /// Counts the transmissions since then.
    pub nth: u64,
}

impl<N, A: Kind, R: Kind, U> Kind for Message<N, A, R, U> {
    fn kind(&self) -> &'static str {
        match self {
            Message::Execute(execute) => execute.action.kind(),
            Message::Completed { result, .. } => result.kind(),
            Message::Untracked(_) => "Untracked",
        }
    }
}

/// A client's input.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request<I> {
    /// Under which number of which client, so that what is asked again is not done again. Without,
    /// whatever arrives is done.
    pub session: Option<Session>,
    /// What is asked for.
    pub input: I,
}

/// Names an input of a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The client.
    pub client: u64,
    /// Which of its inputs. Grows from one to the next, and may skip numbers.
    pub sequence: u64,
}

impl<I> Request<I> {
    /// An input without a session.
    pub fn new(input: I) -> Self {
        Request { session: None, input }
    }

    /// The same input in a session.
    #[must_use]
    pub fn in_session(self, client: u64, sequence: u64) -> Self {
        Request { session: Some(Session { client, sequence }), ..self }
    }
}

impl<I: Kind> Kind for Request<I> {
    fn kind(&self) -> &'static str {
        self.input.kind()
    }
}

/// What a client is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response<E> {
    /// It is durable what has come of the input.
    Consumed {
        /// The number of the commit.
        number: u64,
        /// What has come of it.
        outcome: Outcome<E>,
    },
    /// There is no room in the queue. Nothing was done, and nothing will be.
    Busy,
    /// The client has gone on to later inputs since.
    Stale,
    /// Another node does this.
    Elsewhere(NodeId),
}

/// What has come of an input.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Outcome<E> {
    /// It was applied.
    Done,
    /// It was refused, and the state is as it was.
    Refused(E),
}

/// The timers of all nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// An action is due, or its answer overdue.
    Actions,
    /// The attempt of this ticket can go on.
    Attempt(u64),
    /// The attempt under way has taken too long.
    Patience,
    /// A late answer of a system outside is sent.
    Answer(u64),
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Timer::Actions => "Actions",
            Timer::Attempt(_) => "Attempt",
            Timer::Patience => "Patience",
            Timer::Answer(_) => "Answer",
        }
    }
}

/// One durable fact.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record<C, N, L> {
    /// Of a worker: everything that a commit makes durable, at once. Replaces the one before.
    Commit(C),
    /// Of a system outside: what it knows of an id.
    Entry(N, L),
}

/// All that a worker must not forget, as one record: so a state is never durable without the inputs
/// that led to it being known as done.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Commit<C, E, S> {
    /// Counts commits from 1.
    pub number: u64,
    /// By which right it was made; never goes back.
    pub epoch: u64,
    /// The input that was consumed.
    pub cause: C,
    /// What has come of it.
    pub outcome: Outcome<E>,
    /// The last input of each client.
    pub sessions: BTreeMap<u64, Last<E>>,
    /// The state.
    pub state: S,
}

/// The input that a commit has consumed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Cause<I, N, R> {
    /// A client's.
    Asked(Request<I>),
    /// The result of an action.
    Completed {
        /// The id of the action.
        id: N,
        /// Its result.
        result: R,
    },
}

/// What is known of a client.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Last<E> {
    /// Its last input.
    pub sequence: u64,
    /// The commit that consumed it.
    pub number: u64,
    /// What has come of it.
    pub outcome: Outcome<E>,
}
