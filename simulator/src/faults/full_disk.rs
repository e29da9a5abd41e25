//! A disk is full for a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "full disk",
    what: "A disk has no room for a while; a flush fails, and a crash loses what was not flushed.",
    parameters: "node, at, lasts",
    dull: "lasts 0 s",
    only_finds: "a node that takes no writes for lack of room, and none when there is room again",
    switch: |faults, on| faults.full_disk = on,
};

/// A disk is full: each flush of something new fails until there is room again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullDisk {
    /// Whose disk.
    pub node: NodeId,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
}

impl Fault for FullDisk {
    fn at(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn at_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.at)
    }

    fn lasts_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.lasts)
    }

    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        let less = shorter(self.lasts).filter(|less| !less.is_zero());
        let mut selves: Vec<_> = less.map(|lasts| FullDisk { lasts, ..*self }).collect();
        selves.extend(shorter(self.at).map(|at| FullDisk { at, ..*self }));
        selves
    }

    fn begins(&self) -> Option<String> {
        Some(format!("the disk of node {} is full for {:?}", self.node, self.lasts))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("the disk of node {} has room again", self.node))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn full_disk(&mut self) {
        let at = self.at();
        let (node, lasts) = (self.node(), self.span(at));
        self.plan.push(Deviation::FullDisk(FullDisk { node, at, lasts }));
    }
}
