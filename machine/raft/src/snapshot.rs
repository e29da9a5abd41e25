//! The state at one index, in place of the log up to there.

use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;
use crate::entry::{LogIndex, Term};
use crate::sessions::Sessions;

/// Which prefix of the log a snapshot stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SnapshotMetadata {
    /// The last index it includes.
    pub last_included_index: LogIndex,
    /// The term of the entry there.
    pub last_included_term: Term,
    /// The configuration in force there.
    pub configuration: Arc<Configuration>,
    /// The index of the entry that brought this configuration.
    pub configuration_index: LogIndex,
}

/// The state at one index.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Snapshot<R> {
    /// Where it was taken.
    pub metadata: SnapshotMetadata,
    /// The sessions of the clients: without them a command could be applied twice.
    pub sessions: Arc<Sessions<R>>,
    /// What the state machine has written.
    pub data: Arc<[u8]>,
}
