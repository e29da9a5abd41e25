//! What a node writes to its disk.

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use crate::{Chunk, Entries, LogIndex, Snapshot, Term};

/// One durable fact.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record<C, R> {
    /// The term, and the vote in it. One record, so that no crash comes between the two.
    Ballot {
        /// The term.
        term: Term,
        /// Who has this node's vote in the term.
        voted_for: Option<NodeId>,
    },
    /// From `first` on the log continues with these entries; whatever stood there is gone.
    Append {
        /// Where they stand.
        first: LogIndex,
        /// The entries.
        entries: Entries<C>,
    },
    /// Everything up to here is committed. Written with each configuration, so that a node that
    /// was removed remembers, after a restart, that this is settled, and stays quiet.
    Commit(LogIndex),
    /// A piece of a snapshot that is on its way, so that a restart does not lose it. One at offset
    /// zero replaces all before it.
    Chunk(Chunk),
    /// Everything there is; replaces all records before it.
    Image(Image<C, R>),
}

/// The whole durable state of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Image<C, R> {
    /// The term.
    pub term: Term,
    /// The vote in the term.
    pub voted_for: Option<NodeId>,
    /// The snapshot, if one has been taken.
    pub snapshot: Option<Arc<Snapshot<R>>>,
    /// The index before the first entry.
    pub base: LogIndex,
    /// The term at `base`.
    pub base_term: Term,
    /// The log behind `base`.
    pub entries: Entries<C>,
    /// What has arrived of a snapshot that is on its way.
    pub incoming: Vec<Chunk>,
}
