//! A timer fires late.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::{fewer, shorter};
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "late timer",
    what: "A timer fires late.",
    parameters: "node, kind, nth; how late",
    dull: "0 s",
    only_finds: "two timers that are taken to fire in the order of their spans",
    switch: |faults, on| faults.late_timer = on,
};

/// A timer fires late.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateTimer {
    /// Whose timer.
    pub node: NodeId,
    /// The kind of timer.
    pub kind: String,
    /// Which setting of a timer of this kind on this node, from 0.
    pub nth: u32,
    /// How late.
    #[serde(with = "span")]
    pub late: Duration,
}

impl Fault for LateTimer {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        let less = shorter(self.late).filter(|late| !late.is_zero());
        let less = less.map(|late| LateTimer { late, ..self.clone() });
        less.chain(fewer(self.nth).map(|nth| LateTimer { nth, ..self.clone() })).collect()
    }
}
