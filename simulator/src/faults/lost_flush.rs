//! A flush is acknowledged, and nothing is durable.

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "lost flush",
    what: "A flush is acknowledged, and nothing is durable before a later one; a crash loses it.",
    parameters: "node, nth",
    dull: "not lost",
    only_finds: "a leader that never believes that a follower has less than it said",
    switch: |faults, on| faults.lost_flush = on,
};

/// A disk says that it has flushed, and has not. Its records are durable once a later flush is
/// done; a crash before that loses them. Strikes only what the scenario tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostFlush {
    /// Whose disk.
    pub node: NodeId,
    /// Which flush of this node, from 0.
    pub nth: u32,
}

impl Fault for LostFlush {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn destroys(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        fewer(self.nth).map(|nth| LostFlush { nth, ..*self }).collect()
    }
}
