//! At the end of the storm only a core of the nodes heals.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, NodeId};

use super::shape::{Does, Impairment, Links};
use super::{Episodes, Family, Fault, Nonsense};
use crate::Deviation;
use crate::simpler::without_one;

pub(super) const FAMILY: Family = Family {
    name: "core",
    what: "At the end of the storm only a core of the nodes heals, of a size that the scenario \
           declares to be enough; the others stay broken for ever.",
    parameters: "nodes, how (down or cut off)",
    dull: "no nodes",
    only_finds: "a change that waits for all nodes where a majority must do",
    switch: |faults, on| faults.core = on,
};

/// Nodes that do not heal at the end of the storm.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// Which nodes, in ascending order.
    pub nodes: Vec<NodeId>,
    /// What is wrong with them.
    pub how: Breakage,
}

/// What is wrong with nodes that do not heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// They are down, and never start again.
    Down,
    /// They run, and are cut off from all others, each other excepted.
    CutOff,
}

impl Broken {
    /// What it does to links, if the nodes are cut off.
    pub(crate) fn impairment(&self) -> Impairment<'_> {
        let (at, lasts) = (Duration::ZERO, Duration::ZERO);
        Impairment { links: Links::Around(&self.nodes), plane: None, at, lasts, does: Does::Lose }
    }
}

impl Fault for Broken {
    fn last_node(&self) -> Option<NodeId> {
        self.nodes.iter().max().copied()
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.nodes.is_empty() || !self.nodes.is_sorted_by(|one, next| one < next) {
            true => Err(Nonsense(
                "the nodes that stay broken are a non-empty list in ascending order".into(),
            )),
            false => Ok(()),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let fewer = without_one(&self.nodes).map(|nodes| Broken { nodes, ..self.clone() });
        // A node that is down does nothing that one would have to read.
        let down =
            (self.how == Breakage::CutOff).then(|| Broken { how: Breakage::Down, ..self.clone() });
        fewer.chain(down).collect()
    }

    fn begins(&self) -> Option<String> {
        let ids: Vec<_> = self.nodes.iter().map(NodeId::to_string).collect();
        let (nodes, stays) = match ids.len() {
            1 => ("node", "stays"),
            _ => ("nodes", "stay"),
        };
        let how = match self.how {
            Breakage::Down => "down",
            Breakage::CutOff => "cut off",
        };
        Some(format!("but {nodes} {} {stays} {how} for ever", ids.join(", ")))
    }
}

impl<R> Episodes<'_, R> {
    /// In one of eight seeds, as many nodes as the core can do without, or fewer, are broken.
    pub(super) fn broken(&mut self, seed: u64, core: Option<u32>) {
        let Some(core) = core.filter(|core| *core < self.count) else { return };
        let mut dice = Dice::new(seed, "swarm-core", 0);
        if dice.below(8) > 0 {
            return;
        }
        std::mem::swap(&mut self.dice, &mut dice);
        let mut nodes = self.everybody();
        self.dice.shuffle(&mut nodes);
        let without = 1 + self.dice.below(u64::from(self.count - core)) as usize;
        nodes.truncate(without);
        nodes.sort_unstable();
        let how = match self.dice.below(2) {
            0 => Breakage::Down,
            _ => Breakage::CutOff,
        };
        std::mem::swap(&mut self.dice, &mut dice);
        self.plan.push(Deviation::Broken(Broken { nodes, how }));
    }
}
