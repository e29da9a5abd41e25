use core::fmt;
use core::hash::{Hash, Hasher};

use crate::{Kind, Machine, NodeId, RequestId};

/// What can happen to a machine.
pub enum Input<M: Machine> {
    /// The process has started, or started again; all durable records have been restored.
    Start,
    /// A message has arrived.
    Message {
        /// The node that sent it.
        from: NodeId,
        /// What it said.
        message: M::Message,
    },
    /// A timer has fired. It is no longer set.
    Timer(M::Timer),
    /// A client or an operator asks something.
    Request {
        /// To be repeated in the response.
        id: RequestId,
        /// What is asked.
        request: M::Request,
    },
}

impl<M: Machine> Kind for Input<M> {
    /// `"Start"`, or the kind of the message, timer or request.
    fn kind(&self) -> &'static str {
        match self {
            Input::Start => "Start",
            Input::Message { message, .. } => message.kind(),
            Input::Timer(timer) => timer.kind(),
            Input::Request { request, .. } => request.kind(),
        }
    }
}

// Derived impls would ask for `M: Clone` and `M: Hash`; only the associated types matter.

impl<M: Machine> Clone for Input<M> {
    fn clone(&self) -> Self {
        match self {
            Input::Start => Input::Start,
            Input::Message { from, message } => {
                Input::Message { from: *from, message: message.clone() }
            }
            Input::Timer(timer) => Input::Timer(*timer),
            Input::Request { id, request } => Input::Request { id: *id, request: request.clone() },
        }
    }
}

impl<M: Machine> Hash for Input<M> {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        // One number for the sort of thing and the node it is about.
        match self {
            Input::Start => hasher.write_u64(0),
            Input::Message { from, message } => {
                hasher.write_u64(1 | u64::from(from.0) << 32);
                message.hash(hasher);
            }
            Input::Timer(timer) => {
                hasher.write_u64(2);
                timer.hash(hasher);
            }
            Input::Request { id, request } => {
                hasher.write_u64(3);
                id.hash(hasher);
                request.hash(hasher);
            }
        }
    }
}

impl<M: Machine> fmt::Debug for Input<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Start => formatter.write_str("Start"),
            Input::Message { from, message } => {
                write!(formatter, "Message from {from}: {message:?}")
            }
            Input::Timer(timer) => write!(formatter, "Timer {timer:?}"),
            Input::Request { id, request } => {
                write!(formatter, "Request {}: {request:?}", id.0)
            }
        }
    }
}
