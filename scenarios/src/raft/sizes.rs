//! Clusters of three to nine nodes under every fault.

use stormglass_machine::Dice;
use stormglass_raft::Role;
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-sizes",
    about: "Three to nine nodes under every fault, some of which never heal.",
    nodes: 3..=9,
    settings,
    ask,
    sometimes,
    ..plan::PLAN
};

fn settings() -> Settings {
    Settings { faults: Faults::ALL, ..plan::settings() }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(6);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![Property::sometimes("one of nine leads", |world, node| {
        world.count() == 9 && world.machine(node).role() == Role::Leader
    })]
}
