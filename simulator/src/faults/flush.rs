//! A flush is slow.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::{fewer, shorter};
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "slow flush",
    what: "A flush takes longer; the node waits for it.",
    parameters: "node, nth; how much longer",
    dull: "0 s",
    only_finds: "a watchdog that takes a slow disk for a process that is stuck",
    switch: |faults, on| faults.slow_flush = on,
};

/// A flush takes longer than the base latency of the disk; the node waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowFlush {
    /// Whose disk.
    pub node: NodeId,
    /// Which flush of this node, from 0.
    pub nth: u32,
    /// How much longer.
    #[serde(with = "span")]
    pub slow: Duration,
}

impl Fault for SlowFlush {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        let less = shorter(self.slow).filter(|slow| !slow.is_zero());
        let less = less.map(|slow| SlowFlush { slow, ..*self });
        less.chain(fewer(self.nth).map(|nth| SlowFlush { nth, ..*self })).collect()
    }
}
