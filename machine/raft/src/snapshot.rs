//! The state at one index, in place of the log up to there.

use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Configuration, LogIndex, Sessions, Term};

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

/// A piece of a snapshot that is on its way to this node. Two leaders may write the same state
/// differently, so the pieces of one term's leader are not mixed with those of another.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// The term of the leader that sends it.
    pub leader_term: Term,
    /// The last index that the snapshot includes.
    pub last_included_index: LogIndex,
    /// The term of the entry there.
    pub last_included_term: Term,
    /// How many bytes of the snapshot come before the piece.
    pub offset: u64,
    /// The piece.
    pub data: Arc<[u8]>,
}

impl Chunk {
    /// Where the next piece begins.
    pub fn end(&self) -> u64 {
        self.offset + self.data.len() as u64
    }

    /// Are they pieces of the same bytes?
    pub(crate) fn fits(&self, other: &Chunk) -> bool {
        let key = |one: &Chunk| (one.leader_term, one.last_included_index, one.last_included_term);
        key(self) == key(other)
    }
}
