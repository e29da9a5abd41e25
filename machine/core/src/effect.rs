use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use crate::{Machine, NodeId, RequestId};

/// What a machine can ask for. See the law of effects in the crate's documentation.
pub enum Effect<M: Machine> {
    /// Send a message. It may be lost, delayed, duplicated and overtaken.
    Send {
        /// The receiver.
        to: NodeId,
        /// What to say.
        message: M::Message,
    },
    /// Set a timer, or move it if it is set.
    SetTimer {
        /// Which timer.
        timer: M::Timer,
        /// How long from now, on the node's own monotonic clock.
        after: Duration,
    },
    /// Cancel a timer. Nothing happens if it is not set.
    CancelTimer {
        /// Which timer.
        timer: M::Timer,
    },
    /// Hand a record to the disk without waiting for it.
    Write(M::Record),
    /// Hand a record to the disk that, from the moment it is durable, atomically replaces every
    /// record before it. Does not wait.
    Checkpoint(M::Record),
    /// Wait until everything handed to the disk is durable.
    Flush,
    /// Answer a request.
    Respond {
        /// The id that came with the request.
        id: RequestId,
        /// The answer.
        response: M::Response,
    },
}

impl<M: Machine> Clone for Effect<M> {
    fn clone(&self) -> Self {
        match self {
            Effect::Send { to, message } => Effect::Send { to: *to, message: message.clone() },
            Effect::SetTimer { timer, after } => Effect::SetTimer { timer: *timer, after: *after },
            Effect::CancelTimer { timer } => Effect::CancelTimer { timer: *timer },
            Effect::Write(record) => Effect::Write(record.clone()),
            Effect::Checkpoint(record) => Effect::Checkpoint(record.clone()),
            Effect::Flush => Effect::Flush,
            Effect::Respond { id, response } => {
                Effect::Respond { id: *id, response: response.clone() }
            }
        }
    }
}

impl<M: Machine> Hash for Effect<M> {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        // One number for the sort of thing and the node it is about.
        match self {
            Effect::Send { to, message } => {
                hasher.write_u64(u64::from(to.0) << 32);
                message.hash(hasher);
            }
            Effect::SetTimer { timer, after } => {
                hasher.write_u64(1);
                timer.hash(hasher);
                after.hash(hasher);
            }
            Effect::CancelTimer { timer } => {
                hasher.write_u64(2);
                timer.hash(hasher);
            }
            Effect::Write(record) => {
                hasher.write_u64(3);
                record.hash(hasher);
            }
            Effect::Checkpoint(record) => {
                hasher.write_u64(4);
                record.hash(hasher);
            }
            Effect::Flush => hasher.write_u64(5),
            Effect::Respond { id, response } => {
                hasher.write_u64(6);
                id.hash(hasher);
                response.hash(hasher);
            }
        }
    }
}

impl<M: Machine> fmt::Debug for Effect<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Send { to, message } => write!(formatter, "Send to {to}: {message:?}"),
            Effect::SetTimer { timer, after } => {
                write!(formatter, "SetTimer {timer:?} after {after:?}")
            }
            Effect::CancelTimer { timer } => write!(formatter, "CancelTimer {timer:?}"),
            Effect::Write(record) => write!(formatter, "Write {record:?}"),
            Effect::Checkpoint(record) => write!(formatter, "Checkpoint {record:?}"),
            Effect::Flush => formatter.write_str("Flush"),
            Effect::Respond { id, response } => {
                write!(formatter, "Respond {}: {response:?}", id.0)
            }
        }
    }
}
