//! What clients and operators ask of a node, what it answers, its timers, and what it keeps.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Kind, NodeId};

use crate::coordinator::CoordinatorError;
use crate::log::AppendError;
use crate::message::{Entry, Stamp};
use crate::role::{Role, Signal};

/// What a client or an operator asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Append this to the local log.
    Append(Vec<u8>),
    /// Change the role.
    Transition {
        /// The role to have.
        target: Role,
        /// Why.
        signal: Signal,
    },
    /// Close the channel on this node.
    Shutdown,
    /// Throw away what the retention limits no longer allow.
    SweepRetention,
    /// Make the next calls to the tag sink fail. For tests.
    FailNextTagCalls(u32),
}

impl Request {
    /// Placement chooses the node.
    pub const fn select() -> Request {
        Request::Transition { target: Role::Replica, signal: Signal::CapabilitySelected }
    }

    /// The operator asks the leader to let go.
    pub const fn relinquish() -> Request {
        Request::Transition { target: Role::Idle, signal: Signal::GracefulRelinquish }
    }
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        match self {
            Request::Append(_) => "Append",
            Request::Transition { .. } => "Transition",
            Request::Shutdown => "Shutdown",
            Request::SweepRetention => "SweepRetention",
            Request::FailNextTagCalls(_) => "FailNextTagCalls",
        }
    }
}

/// What a node answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Response {
    /// Appended under this sequence number. Says nothing about disks or other nodes.
    Appended {
        /// The sequence number.
        seq: u64,
    },
    /// Not appended.
    AppendFailed(AppendError),
    /// Not appended, since only a leader appends.
    NotLeader {
        /// The leader this node believes in.
        hint: Option<NodeId>,
    },
    /// The role has changed, or nothing was to do.
    Done,
    /// The role has not changed, or the tag sink has failed.
    TransitionFailed(CoordinatorError),
    /// So many entries were thrown away.
    Swept {
        /// How many.
        entries: u64,
    },
    /// The channel is closed on this node.
    Closed,
}

/// The timers of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// The heartbeat interval is over.
    Tick,
    /// Something waits in the inbox.
    Work,
    /// Placement chooses the idle node again.
    Select,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Timer::Tick => "Tick",
            Timer::Work => "Work",
            Timer::Select => "Select",
        }
    }
}

/// One durable fact. A log on the heap keeps none but the epoch and the bootstrap.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record {
    /// An entry.
    Append(Entry),
    /// Everything below has been thrown away.
    Evict {
        /// The first sequence number that stays.
        before: u64,
    },
    /// Everything there was has been given up for what the leader still has.
    Skip {
        /// The next sequence number.
        to: u64,
        /// The stamp of the entry before it.
        base: Stamp,
    },
    /// Everything from here on has been taken back.
    Truncate {
        /// The next sequence number.
        to: u64,
    },
    /// This node leads in this epoch.
    Epoch(u64),
    /// This node has made itself the first leader, and never does so again.
    Bootstrapped,
}
