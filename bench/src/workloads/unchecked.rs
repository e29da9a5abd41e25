use std::ops::RangeInclusive;

use stormglass_machine::{Dice, Machine, NodeId};
use stormglass_simulator::{Asked, Faults, Property, Scenario, Settings};

/// The same machines in the same world, and nobody looks: no properties, no ghost, no facts.
pub struct Unchecked<S: Scenario> {
    scenario: S,
    settings: Settings,
}

impl<S: Scenario> Unchecked<S> {
    /// With the scenario's own faults.
    pub fn new(scenario: S) -> Self {
        let settings = scenario.settings();
        Unchecked { scenario, settings }
    }

    /// With these instead.
    pub fn faults(self, faults: Faults) -> Self {
        let settings = Settings { faults, ..self.settings };
        Unchecked { settings, ..self }
    }
}

type Request<S> = <<S as Scenario>::Machine as Machine>::Request;

impl<S: Scenario> Scenario for Unchecked<S> {
    type Machine = S::Machine;
    type Ghost = ();

    fn name(&self) -> &str {
        self.scenario.name()
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.scenario.nodes()
    }

    fn machine(&self, node: NodeId, count: u32) -> S::Machine {
        self.scenario.machine(node, count)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request<S>>>) {
        self.scenario.requests(count, dice, asked);
    }
}
