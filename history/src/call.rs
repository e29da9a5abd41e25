//! One call of one client: what was asked, when, and what came of it.

use std::fmt;

/// Who calls. A client has at most one call open at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}", self.0)
    }
}

/// The place of a call in its history: calls are numbered in the order of their invocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

impl CallId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// When an event happened.
///
/// The order of events is what counts: of two events, the one with the smaller number happened
/// first, also when both have the same time. Times are for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The number of the event in its history, from zero, without gaps.
    pub event: u32,
    /// Nanoseconds since the history began.
    pub nanoseconds: u64,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It took effect once between its invocation and this moment, and gave this result.
    Completed {
        /// When the client had the result.
        at: Moment,
        /// The result.
        result: R,
    },
    /// It did not take effect, and never will.
    Failed {
        /// When the client knew.
        at: Moment,
    },
    /// Nobody knows: it took effect at some time after its invocation (perhaps long after the
    /// client gave up, perhaps after the end of the history), or never.
    Unknown {
        /// When the client gave up, or `None` if it still waited when the history ended.
        at: Option<Moment>,
    },
}

/// A call: an operation that a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<O, R> {
    /// Who asked.
    pub client: ClientId,
    /// For what.
    pub operation: O,
    /// When.
    pub invoked: Moment,
    /// What came of it.
    pub outcome: Outcome<R>,
}

impl<O, R> Call<O, R> {
    /// The moment and the result, if the call completed.
    pub fn completion(&self) -> Option<(Moment, &R)> {
        match &self.outcome {
            Outcome::Completed { at, result } => Some((*at, result)),
            Outcome::Failed { .. } | Outcome::Unknown { .. } => None,
        }
    }

    /// The result, if the call completed.
    pub fn result(&self) -> Option<&R> {
        self.completion().map(|(_, result)| result)
    }

    /// Whether the call can have taken effect: unless it failed.
    pub fn may_have_happened(&self) -> bool {
        !matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Whether this call was over before the other began. A call whose outcome is unknown is
    /// never over.
    pub fn precedes(&self, other: &Call<O, R>) -> bool {
        self.completion().is_some_and(|(at, _)| at.event < other.invoked.event)
    }
}
