//! A node stands still.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "pause",
    what: "A node stands still, then goes on with what it knew.",
    parameters: "node, at, lasts",
    dull: "lasts 0 s",
    only_finds: "a lease that is not looked at again after waking",
    switch: |faults, on| faults.pause = on,
};

/// A node stands still without crashing: a long garbage collection, a moved virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Which node.
    pub node: NodeId,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
}

impl Fault for Pause {
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
        let mut selves: Vec<_> = less.map(|lasts| Pause { lasts, ..*self }).collect();
        selves.extend(shorter(self.at).map(|at| Pause { at, ..*self }));
        selves
    }

    fn begins(&self) -> Option<String> {
        Some(format!("node {} stands still for {:?}", self.node, self.lasts))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("node {} goes on", self.node))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn pause(&mut self) {
        let at = self.at();
        let (node, lasts) = (self.node(), self.span(at));
        self.plan.push(Deviation::Pause(Pause { node, at, lasts }));
    }
}
