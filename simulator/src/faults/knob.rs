//! A tunable of the machines is not at its usual value.

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, NodeId};

use super::{Episodes, Family, Fault};
use crate::{Deviation, Knobs};

pub(super) const FAMILY: Family = Family {
    name: "knob",
    what: "A tunable that the scenario declares is not at its usual value, for the whole run.",
    parameters: "name, value",
    dull: "the usual value",
    only_finds: "an outbox that never fills up with its usual size",
    switch: |faults, on| faults.knobs = on,
};

/// A tunable of the machines is not at its usual value. If the scenario does not know the knob, or
/// does not let it have this value, nothing happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuned {
    /// The name of the knob.
    pub name: String,
    /// Its value.
    pub value: u64,
}

impl Fault for Tuned {
    fn last_node(&self) -> Option<NodeId> {
        None
    }

    /// The scenario knows what is simpler, see [`Knob::simpler`](crate::Knob::simpler).
    fn simpler(&self) -> Vec<Self> {
        Vec::new()
    }

    fn begins(&self) -> Option<String> {
        Some(format!("knob {:?} is at {}", self.name, self.value))
    }
}

impl<R> Episodes<'_, R> {
    /// Half of the seeds leave every knob alone, and most others turn few.
    pub(super) fn knobs(&mut self, knobs: &Knobs, seed: u64) {
        if !self.settings.faults.knobs || knobs.declared().len() == 0 {
            return;
        }
        let mut dice = Dice::new(seed, "swarm-knobs", 0);
        if dice.per_million(500_000) {
            return;
        }
        let odds = 500_000 >> dice.below(4);
        for knob in knobs.declared() {
            let (turns, value) = (dice.per_million(odds), knob.draw(&mut dice));
            if turns && value != knob.dull() {
                let name = self.planner.name(knob.name());
                self.plan.push(Deviation::Knob(Tuned { name, value }));
            }
        }
    }
}
