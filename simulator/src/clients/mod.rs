//! Clients that wait for answers: how they ask, and what they make of what they are answered.
//!
//! A client has one operation at a time. It asks a node, waits, is sent to another one, asks again
//! or gives up. What it asked for and what came of it is one call of a
//! [history](crate::Cluster::history). An operation is a [request](crate::Deviation::Request) of
//! the plan, so that it stands in a log and can be left out like any other; the rest of what a
//! client does follows from what it is answered, and from dice of its own for each operation.

use std::time::Duration;

use stormglass_machine::{Machine, NodeId, RequestId};

use crate::faults::{Fate, Way};
use crate::span::LONGEST;

mod driver;

pub(crate) use driver::{Driver, Step};

/// How the clients of a scenario behave.
///
/// ```
/// # use std::time::Duration;
/// # use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
/// # use stormglass_simulator::{Clients, Reply};
/// # struct Store;
/// # #[derive(Clone, Hash, Debug)]
/// # enum Request { Get, Put(u64) }
/// # impl Kind for Request { fn kind(&self) -> &'static str { "Request" } }
/// #[derive(Clone, Hash, Debug)]
/// enum Response {
///     Value(u64),
///     Written,
///     NotLeader(Option<NodeId>),
/// }
/// # impl Machine for Store {
/// #     type Message = ();
/// #     type Request = Request;
/// #     type Response = Response;
/// #     type Timer = ();
/// #     type Record = ();
/// #     fn restore(&mut self, _: ()) {}
/// #     fn step(&mut self, _: Input<Self>, _: &mut Env<Self>) {}
/// #     fn state(&self) -> &'static str { "Store" }
/// # }
///
/// let clients = Clients::<Store>::new(|_, response| match response {
///     Response::Value(_) | Response::Written => Reply::Done,
///     Response::NotLeader(leader) => Reply::Elsewhere(*leader),
/// })
/// .repeat(|request| matches!(request, Request::Get))
/// .timeout(Duration::from_millis(500));
/// ```
pub struct Clients<M: Machine> {
    reply: Replies<M>,
    repeat: fn(&M::Request) -> bool,
    stamp: fn(Attempt, &M::Request) -> M::Request,
    latency: Duration,
    pub(crate) timeout: Duration,
    pause: Duration,
    attempts: u32,
}

/// What an answer means.
type Replies<M> = fn(&<M as Machine>::Request, &<M as Machine>::Response) -> Reply;

impl<M: Machine> Clone for Clients<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for Clients<M> {}

/// An operation is asked for at most so often.
pub(crate) const MOST_ATTEMPTS: u32 = 64;

/// There are at most so many clients: their numbers are below.
pub(crate) const MOST_CLIENTS: u32 = 1 << 24;

impl<M: Machine> Clients<M> {
    /// Clients for which an answer means what `reply` says.
    ///
    /// They are 1 ms away from every node, wait a second for an answer, ask at most 16 times, and
    /// never ask again for what may have taken effect.
    pub fn new(reply: fn(&M::Request, &M::Response) -> Reply) -> Self {
        Clients {
            reply,
            repeat: |_| false,
            stamp: |_, request| request.clone(),
            latency: Duration::from_millis(1),
            timeout: Duration::from_secs(1),
            pause: Duration::from_millis(100),
            attempts: 16,
        }
    }

    /// Which requests may take effect twice without harm: those that read only, or that the system
    /// recognises by their stamp. The others are not repeated once one may have taken effect: then
    /// the outcome is unknown.
    #[must_use]
    pub fn repeat(self, repeat: fn(&M::Request) -> bool) -> Self {
        Clients { repeat, ..self }
    }

    /// What is really asked in an attempt for an operation: say, with the client and a sequence
    /// number, by which a system knows what it has done already. The operation itself is what
    /// stands in the log and in the history.
    #[must_use]
    pub fn stamp(self, stamp: fn(Attempt, &M::Request) -> M::Request) -> Self {
        Clients { stamp, ..self }
    }

    /// How long a request takes to a node, and an answer back.
    #[must_use]
    pub fn latency(self, latency: Duration) -> Self {
        Clients { latency, ..self }
    }

    /// How long a client waits for the answer to one attempt.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Clients { timeout, ..self }
    }

    /// How long a client waits at least before it asks again, if it was not told whom; at most
    /// twice as long.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        Clients { pause, ..self }
    }

    /// How often a client asks for one operation.
    ///
    /// # Panics
    ///
    /// Unless it is from 1 to 64.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        assert!(
            (1..=MOST_ATTEMPTS).contains(&attempts),
            "an operation is asked for once at least and {MOST_ATTEMPTS} times at most"
        );
        Clients { attempts, ..self }
    }
}

#[cfg(feature = "mirror")]
impl<M: Machine> Clients<M> {
    /// The same clients, of a machine that is asked and answers the same.
    pub fn of<A>(self) -> Clients<A>
    where
        A: Machine<Request = M::Request, Response = M::Response>,
    {
        let Clients { reply, repeat, stamp, latency, timeout, pause, attempts } = self;
        Clients { reply, repeat, stamp, latency, timeout, pause, attempts }
    }
}

impl<M: Machine> Clients<M> {
    pub(crate) fn assert_bounds(&self) {
        let Clients { latency, timeout, pause, .. } = *self;
        assert!(
            [latency, timeout, pause].into_iter().all(|span| span <= LONGEST),
            "a client's latency, its patience and its pause are each at most a year"
        );
    }
}

/// What an answer means to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The operation has taken effect; the answer is its result.
    Done,
    /// This attempt has not taken effect and never will, and the client does not ask again.
    Failed,
    /// This attempt has not taken effect and never will. The client asks another node: this one if
    /// one is named, or else any, after a pause.
    Elsewhere(Option<NodeId>),
    /// This attempt may have taken effect, or may yet. The client asks again if that does no harm,
    /// this node if one is named; else the outcome is unknown.
    Unclear(Option<NodeId>),
}

/// One of the times that a client asks for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Which client.
    pub client: u32,
    /// Which of its operations, from 0. Some may be missing.
    pub nth: u32,
    /// Which attempt, from 0.
    pub attempt: u32,
}

impl Attempt {
    /// The id under which a machine is asked. The first attempt has the id that the request would
    /// have without a client that waits.
    pub(crate) fn id(self) -> RequestId {
        let Attempt { client, nth, attempt } = self;
        RequestId(u64::from(attempt) << 56 | u64::from(client) << 32 | u64::from(nth))
    }

    /// The attempt under whose id a machine is asked, in a world whose clients wait for answers.
    pub fn of(RequestId(id): RequestId) -> Attempt {
        let client = (id >> 32) as u32 & (MOST_CLIENTS - 1);
        Attempt { client, nth: id as u32, attempt: (id >> 56) as u32 }
    }
}

/// What a client does, or learns.
pub enum ClientEvent<'a, M: Machine> {
    /// It begins an operation.
    Invoked {
        /// What it wants.
        request: &'a M::Request,
    },
    /// It asks once more.
    AskedAgain {
        /// Which node.
        node: NodeId,
    },
    /// What it asks, or is answered, is late or lost.
    Fated {
        /// Which of the two.
        way: Way,
        /// What happens to it.
        fate: Fate,
    },
    /// An answer arrives that it still wants to know, be it to an earlier attempt. What it makes of
    /// it follows at once, unless it waits for another one.
    Answered {
        /// To which of its attempts.
        attempt: u32,
        /// What it is answered.
        response: &'a M::Response,
    },
    /// The operation is done.
    Completed {
        /// What it was answered.
        response: &'a M::Response,
    },
    /// The operation has not taken effect and never will.
    Failed,
    /// It gives up: the operation has taken effect, or will yet, or never.
    GaveUp,
}

impl<M: Machine> Clone for ClientEvent<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for ClientEvent<'_, M> {}
