//! A disk is slow for a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault, LONGEST_DELAY};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "slow disk",
    what: "Each flush of a node takes longer for a while; the node waits for it.",
    parameters: "node, at, lasts, how much longer",
    dull: "lasts 0 s, or 0 s longer",
    only_finds: "a disk that is given up for good after a few slow flushes in a row",
    switch: |faults, on| faults.slow_disk = on,
};

/// A disk is slow: each flush that is asked for meanwhile takes longer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowDisk {
    /// Whose disk.
    pub node: NodeId,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
    /// How much longer each flush takes.
    #[serde(with = "span")]
    pub slow: Duration,
}

impl Fault for SlowDisk {
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
        let less = |span| shorter(span).filter(|less| !less.is_zero());
        let mut selves: Vec<_> =
            less(self.lasts).map(|lasts| SlowDisk { lasts, ..*self }).collect();
        selves.extend(less(self.slow).map(|slow| SlowDisk { slow, ..*self }));
        selves.extend(shorter(self.at).map(|at| SlowDisk { at, ..*self }));
        selves
    }

    fn begins(&self) -> Option<String> {
        let SlowDisk { node, lasts, slow, .. } = self;
        Some(format!("the disk of node {node} takes {slow:?} longer, for {lasts:?}"))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("the disk of node {} is as fast as before", self.node))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn slow_disk(&mut self) {
        let at = self.at();
        let (node, lasts) = (self.node(), self.span(at));
        let longest = self.settings.latency * (LONGEST_DELAY >> self.dice.below(8));
        let micros = (longest.as_micros() as u64).max(1);
        let slow = Duration::from_micros(1 + self.dice.below(micros));
        self.plan.push(Deviation::SlowDisk(SlowDisk { node, at, lasts, slow }));
    }
}
