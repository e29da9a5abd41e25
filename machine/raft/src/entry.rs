//! What stands in the log.

use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ClientId, Configuration, Stamp};

/// Numbers the reigns of leaders. Zero is before the first.
pub type Term = u64;

/// A place in the log. The first entry is at 1; zero means none.
pub type LogIndex = u64;

/// Some entries in the order of the log, shared by the log's record, and by all messages that
/// carry them.
pub type Entries<C> = Arc<[Entry<C>]>;

/// One entry of the log. Its index is its position.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Entry<C> {
    /// The term of the leader that has appended it.
    pub term: Term,
    /// What it says.
    pub payload: Payload<C>,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Payload<C> {
    /// Nothing. Each leader begins its term with one, since it may commit older entries only
    /// together with one of its own.
    Noop,
    /// For the state machine.
    Command {
        /// The command.
        command: Arc<C>,
        /// Which of a client's commands it is, to apply it once only.
        session: Option<Stamp>,
    },
    /// A client opens its session.
    Register(ClientId),
    /// From here on this is the configuration, committed or not.
    Configuration(Arc<Configuration>),
}
