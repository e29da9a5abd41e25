//! What happened inside the most recent step, for those who check it. Cleared when a step begins;
//! the buffers stay.

use alloc::vec::Vec;

use stormglass_machine::NodeId;

use crate::catch_up::ApplyError;
use crate::coordinator::{CoordinatorError, Outcome};
use crate::message::NackCode;
use crate::role::{Role, Signal};
use crate::tag::TagCall;

/// One attempt to change the role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransitionAttempt {
    /// The role before.
    pub from: Role,
    /// The role asked for.
    pub to: Role,
    /// Why.
    pub signal: Signal,
    /// How it went. After a failure of the tag sink the role has changed nevertheless.
    pub result: Result<Outcome, CoordinatorError>,
}

/// What observers are told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObserverEvent {
    /// The node holds the channel now.
    BecameHolder,
    /// It no longer does.
    Idled,
    /// It no longer does, and it was the leader.
    LeaderLostAndIdled,
    /// It leads now.
    LeaderChanged,
    /// It has made way for another leader.
    LeaderLost,
}

/// Why a replica gave up entries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SkipCause {
    /// The chunk began above the tail.
    Gap,
    /// The leader had nothing in the range, and said from where on it has.
    BadRange,
    /// The leader had nothing in the range, nor anywhere.
    BadRangeWithoutFloor,
}

/// One step of catch-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncAction {
    /// Asked a leader for entries.
    Requested {
        /// The leader.
        to: NodeId,
        /// The number of the request.
        request_id: u64,
        /// From where on.
        since_seq: u64,
    },
    /// Answered a request.
    Answered {
        /// Who had asked.
        to: NodeId,
        /// The number of the request.
        request_id: u64,
        /// The first sequence number given.
        first_seq: u64,
        /// How many entries.
        entries: usize,
    },
    /// Refused a request.
    Refused {
        /// Who had asked.
        to: NodeId,
        /// The number of the request.
        request_id: u64,
        /// Why.
        code: NackCode,
    },
    /// Applied a response.
    Applied {
        /// Who had sent it.
        from: NodeId,
        /// The number of the request.
        request_id: u64,
        /// The first sequence number.
        first_seq: u64,
        /// How many entries; zero if it was empty.
        entries: u64,
    },
    /// Did not apply a response.
    Rejected {
        /// Who had sent it.
        from: NodeId,
        /// The number of the request.
        request_id: u64,
        /// Why.
        error: ApplyError,
    },
    /// Gave up what it held, to go on further ahead.
    Skipped {
        /// The leader it went by.
        from: NodeId,
        /// The number of the request.
        request_id: u64,
        /// The tail before.
        tail_before: u64,
        /// The tail after; the same if the storage cannot skip.
        tail_after: u64,
        /// Why.
        cause: SkipCause,
    },
    /// Took back what the leader does not have.
    Truncated {
        /// The leader it went by.
        from: NodeId,
        /// The number of the request.
        request_id: u64,
        /// The tail before.
        tail_before: u64,
        /// The tail after.
        tail_after: u64,
    },
}

/// What happened inside one step.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Every attempt to change the role, in order.
    pub transitions: Vec<TransitionAttempt>,
    /// What observers were told, in order.
    pub events: Vec<ObserverEvent>,
    /// Every call to the tag sink, and whether it succeeded.
    pub tag_calls: Vec<(TagCall, bool)>,
    /// The steps of catch-up, in order.
    pub sync: Vec<SyncAction>,
}

impl Trace {
    pub(crate) fn clear(&mut self) {
        self.transitions.clear();
        self.events.clear();
        self.tag_calls.clear();
        self.sync.clear();
    }
}
