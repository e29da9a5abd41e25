//! Nodes crash, and start again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault, Nonsense};
use crate::Deviation;
use crate::simpler::{fewer, shorter, without_one};
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "crash",
    what: "Nodes crash at a time, or between two effects of a step, and start again.",
    parameters: "nodes, at, after how many effects, down",
    dull: "no nodes",
    only_finds: "a promise that is made before it is durable",
    switch: |faults, on| faults.crash = on,
};

pub(super) const LOSE_UNFLUSHED: Family = Family {
    name: "lose unflushed",
    what: "A crash loses the latest records that were not flushed.",
    parameters: "how many records",
    dull: "0",
    only_finds: "a record that is announced before it is flushed",
    switch: |faults, on| faults.lose_unflushed = on,
};

pub(super) const BLACKOUT: Family = Family {
    name: "blackout",
    what: "All nodes crash at once.",
    parameters: "as of a crash",
    dull: "no nodes",
    only_finds: "a fact that only lives in the memory of all",
    switch: |faults, on| faults.blackout = on,
};

/// Nodes crash, and start again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// Which nodes, in ascending order.
    pub nodes: Vec<NodeId>,
    /// When, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// If given: not at that moment, but in the first step from then on that has more effects
    /// than this, after so many of them have happened.
    #[serde(default)]
    pub after_effects: Option<u32>,
    /// How long until they start again.
    #[serde(with = "span")]
    pub down: Duration,
    /// How many of its latest records each loses, of those not flushed yet.
    pub lose: u32,
}

impl Fault for Crash {
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
        self.nodes.iter().max().copied()
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.nodes.is_empty() || !self.nodes.is_sorted_by(|one, next| one < next) {
            true => {
                Err(Nonsense("the nodes of a crash are a non-empty list in ascending order".into()))
            }
            false => Ok(()),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut selves: Vec<_> =
            without_one(&self.nodes).map(|nodes| Crash { nodes, ..self.clone() }).collect();
        if let Some(after) = self.after_effects {
            let simpler = std::iter::once(None).chain(fewer(after).map(Some));
            selves.extend(simpler.map(|after_effects| Crash { after_effects, ..self.clone() }));
        }
        selves.extend(fewer(self.lose).map(|lose| Crash { lose, ..self.clone() }));
        selves.extend(shorter(self.down).map(|down| Crash { down, ..self.clone() }));
        selves.extend(shorter(self.at).map(|at| Crash { at, ..self.clone() }));
        selves
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn crash(&mut self) {
        let nodes = if self.dice.below(4) == 0 { self.side() } else { self.alone() };
        let after_effects = match self.dice.below(2) {
            0 => None,
            _ => Some(self.dice.below(8) as u32),
        };
        self.crash_of(nodes, after_effects);
    }

    pub(super) fn blackout(&mut self) {
        let nodes = self.everybody();
        self.crash_of(nodes, None);
    }

    pub(super) fn crash_of(&mut self, nodes: Vec<NodeId>, after_effects: Option<u32>) {
        let at = self.at();
        // One in four starts again at once.
        let down = if self.dice.below(4) == 0 { Duration::ZERO } else { self.span(at) };
        self.crash_at(nodes, at, after_effects, down);
    }

    pub(super) fn crash_at(
        &mut self,
        nodes: Vec<NodeId>,
        at: Duration,
        after_effects: Option<u32>,
        down: Duration,
    ) {
        let lose = match self.settings.faults.lose_unflushed {
            true => [0, 1, 2, 1_000][self.dice.below(4) as usize],
            false => 0,
        };
        self.plan.push(Deviation::Crash(Crash { nodes, at, after_effects, down, lose }));
    }
}
