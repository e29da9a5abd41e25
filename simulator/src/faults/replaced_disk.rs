//! A node gets an empty disk.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "replaced disk",
    what: "A node crashes and starts again with an empty disk.",
    parameters: "node, at, down",
    dull: "not replaced",
    only_finds: "an empty disk that is taken for a first start",
    switch: |faults, on| faults.replaced_disk = on,
};

/// A node crashes and starts again with an empty disk; one that has refused its disk starts again
/// with this one. Strikes only what the scenario tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplacedDisk {
    /// Which node.
    pub node: NodeId,
    /// When, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// How long until it starts again. One that is down already starts as it would have.
    #[serde(with = "span")]
    pub down: Duration,
}

impl Fault for ReplacedDisk {
    fn at(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn at_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.at)
    }

    fn lasts_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.down)
    }

    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn destroys(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        let mut selves: Vec<_> =
            shorter(self.down).map(|down| ReplacedDisk { down, ..*self }).collect();
        selves.extend(shorter(self.at).map(|at| ReplacedDisk { at, ..*self }));
        selves
    }

    fn begins(&self) -> Option<String> {
        Some(format!("the disk of node {} is replaced by an empty one", self.node))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn replaced_disk(&mut self) {
        let Some(node) = self.victim() else { return };
        let at = self.at();
        let down = if self.dice.below(4) == 0 { Duration::ZERO } else { self.span(at) };
        self.plan.push(Deviation::ReplacedDisk(ReplacedDisk { node, at, down }));
    }
}
