use alloc::vec::Vec;

use super::{ClusterView, Command, Outcome};

/// What a command came to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ProcessResult {
    /// The state accepts this kind of command. A duplicate is accepted, too.
    Accepted {
        /// What came of it, in order.
        outcomes: Vec<Outcome>,
        /// How things stand now.
        cluster_view: ClusterView,
    },
    /// The state does not accept this kind of command. Nothing has changed.
    Rejected {
        /// How things stand.
        cluster_view: ClusterView,
        /// What the state accepts; peer ids in it are placeholders.
        admissible: Vec<Command>,
    },
    /// The answer to a probe. Nothing has changed.
    Probed {
        /// How things stand.
        cluster_view: ClusterView,
        /// What the state accepts; peer ids in it are placeholders.
        admissible: Vec<Command>,
    },
}

impl ProcessResult {
    /// How things stand after the command.
    pub fn cluster_view(&self) -> &ClusterView {
        match self {
            ProcessResult::Accepted { cluster_view, .. }
            | ProcessResult::Rejected { cluster_view, .. }
            | ProcessResult::Probed { cluster_view, .. } => cluster_view,
        }
    }

    /// What came of the command, in order; nothing if it was rejected or a probe.
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            ProcessResult::Accepted { outcomes, .. } => outcomes,
            ProcessResult::Rejected { .. } | ProcessResult::Probed { .. } => &[],
        }
    }
}
