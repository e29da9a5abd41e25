//! What clients and operators ask of a node, and what they are answered.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Kind, NodeId};

use crate::{ClientId, LogIndex, Stamp};

/// What is asked of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request<C, Q> {
    /// Apply a command.
    ClientCommand {
        /// The command.
        command: C,
        /// With one, the command is applied once however often it is asked for.
        session: Option<Stamp>,
    },
    /// Open a session. Asking again is harmless, but an id must not be used for a second session
    /// after its first has expired.
    Register {
        /// The client, by an id that no other client has.
        client: ClientId,
    },
    /// Answer from a state that includes everything that was answered before this was asked.
    Read(Q),
    /// Change the membership.
    ConfigChange(ConfigurationChange),
    /// Hand the leadership over.
    TransferLeadership {
        /// To whom; `None` for the voter that is nearest.
        to: Option<NodeId>,
    },
}

/// A change of the membership.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ConfigurationChange {
    /// Add a node: as a learner first, as a voter as soon as it has caught up.
    AddServer(NodeId),
    /// Add a node that gets the log, but has no vote; or take a voter's vote away.
    AddLearner(NodeId),
    /// Remove a node, voter or learner.
    RemoveServer(NodeId),
    /// Replace all voters at once, by joint consensus. New ones should be learners before, or the
    /// group waits until they have caught up.
    ReplaceVoters(Vec<NodeId>),
}

/// What a node answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Response<R> {
    /// The command has been applied.
    Applied {
        /// Where it stands in the log; for a repeated command, where it stood when it was applied.
        index: LogIndex,
        /// What the state machine answered then.
        response: R,
    },
    /// The query has been answered.
    Read {
        /// The last index that the answer takes into account.
        index: LogIndex,
        /// What the state machine answered.
        response: R,
    },
    /// The session is open.
    Registered {
        /// Where that stands in the log.
        index: LogIndex,
    },
    /// The change is complete.
    ConfigChanged {
        /// Where the configuration stands in the log.
        index: LogIndex,
    },
    /// The node has given up its leadership in favour of another term.
    LeadershipTransferred,
    /// A command or a registration was not applied.
    CommandRefused(ClientError),
    /// A read was not answered.
    ReadRefused(ReadError),
    /// A membership change was not made.
    ConfigRefused(ConfigError),
    /// A transfer did not happen.
    TransferRefused(TransferError),
}

/// Why a command was not applied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ClientError {
    /// This node does not lead, and has appended nothing.
    NotLeader {
        /// Who does, as far as it knows.
        leader_hint: Option<NodeId>,
    },
    /// The node has lost its leadership with the command in its log: it may be applied yet, or
    /// never. With a session it is safe to ask again.
    OutcomeUnknown {
        /// Who leads now, as far as the node knows.
        leader_hint: Option<NodeId>,
    },
    /// Too much waits to be committed. Nothing was appended.
    Overloaded,
    /// The leadership is being handed over. Nothing was appended.
    TransferInProgress,
    /// There is no such session, or no longer. Nothing was applied.
    SessionExpired,
    /// The client has said that it has the answer to this one. Nothing was applied.
    SequenceStale,
    /// The client has too many commands without an acknowledged answer. Nothing was applied.
    SequenceTooFarAhead,
}

/// Why a read was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ReadError {
    /// This node does not lead, or could not make sure that it still does.
    NotLeader {
        /// Who does, as far as it knows.
        leader_hint: Option<NodeId>,
    },
}

/// Why a membership change was not made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ConfigError {
    /// This node does not lead, and has appended nothing.
    NotLeader {
        /// Who does, as far as it knows.
        leader_hint: Option<NodeId>,
    },
    /// The node has lost its leadership on the way: the change may come yet, or never.
    OutcomeUnknown {
        /// Who leads now, as far as the node knows.
        leader_hint: Option<NodeId>,
    },
    /// One change at a time: another is not yet committed, or the leadership is being handed over.
    ConfigChangeInProgress,
    /// The leader has committed nothing in its term yet.
    LeaderNotReady,
    /// The node is what it should become.
    NodeAlreadyExists,
    /// The node is not a member.
    NodeNotFound,
    /// Nobody would be left to vote.
    CannotRemoveLastNode,
    /// A later change has taken its place.
    Superseded,
}

/// Why the leadership was not handed over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TransferError {
    /// This node does not lead.
    NotLeader {
        /// Who does, as far as it knows.
        leader_hint: Option<NodeId>,
    },
    /// It is being handed over already.
    TransferInProgress,
    /// There is no such voter besides this node.
    NoSuchVoter,
    /// The target did not take over in time; this node goes on.
    TimedOut,
}

impl<C, Q> Kind for Request<C, Q> {
    fn kind(&self) -> &'static str {
        name_of!(self, Request: ClientCommand Register Read ConfigChange TransferLeadership)
    }
}
