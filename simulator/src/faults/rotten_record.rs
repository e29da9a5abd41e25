//! A record goes bad on the disk.

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "rotten record",
    what: "A record goes bad on the disk; whoever restores it finds a gap.",
    parameters: "node, nth record",
    dull: "sound",
    only_finds: "a gap that is passed over",
    switch: |faults, on| faults.rotten_record = on,
};

/// A record cannot be read any more when its node starts again. Strikes only what the scenario
/// tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RottenRecord {
    /// Whose disk.
    pub node: NodeId,
    /// Which of the records that this node has written since the start of the run, from 0.
    pub nth: u32,
}

impl Fault for RottenRecord {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn destroys(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        fewer(self.nth).map(|nth| RottenRecord { nth, ..*self }).collect()
    }
}
