use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{Conclusion, PeerId};

/// What survives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record {
    /// This node has finished its own part and may tell others that it is ready.
    Ready {
        /// The members known to take part at that moment.
        pinging_peers: Vec<PeerId>,
        /// The peers counted as ready at that moment.
        collecting_peers: Vec<PeerId>,
    },
    /// This node has concluded. Replaces whatever was recorded before.
    Concluded {
        /// How.
        conclusion: Conclusion,
        /// Whether it had finished its own part, and so had promised that it is ready.
        is_pinging_completed: bool,
        /// The members known to take part at that moment.
        pinging_peers: Vec<PeerId>,
        /// The peers counted as ready at that moment.
        collecting_peers: Vec<PeerId>,
    },
}
