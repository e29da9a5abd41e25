//! A crash leaves half a record.

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "torn record",
    what: "A crash leaves half of a record that was not flushed, and nothing of what follows it.",
    parameters: "node, nth record",
    dull: "whole",
    only_finds: "a torn record that is taken for damage",
    switch: |faults, on| faults.torn_record = on,
};

/// If this record is not durable yet when its node crashes, half of it is left, and what was
/// written after it is lost. The restart finds a gap at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TornRecord {
    /// Whose disk.
    pub node: NodeId,
    /// Which of the records that this node has written since the start of the run, from 0.
    pub nth: u32,
}

impl Fault for TornRecord {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        fewer(self.nth).map(|nth| TornRecord { nth, ..*self }).collect()
    }
}
