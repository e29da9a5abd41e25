//! Clients ask all the time, and the network is a little unreliable.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options, Role};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated, STORM};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-steady",
    about: "Clients ask all the time; messages are lost, late and doubled.",
    nodes: 5..=5,
    settings,
    configure,
    ask,
    sometimes,
    clocks_are_sound: true,
    losable: |_| 0,
    bugs: &[Bug::DuplicateGrants],
};

fn settings() -> Settings {
    let faults = Faults { delay: true, drop: true, duplicate: true, late_timer: true, ..Faults::NONE };
    Settings { faults, ..plan::settings() }
}

/// Every other cluster gathers proposals before it appends them.
fn configure(options: Options, _: u32) -> Options {
    Options { batch_delay: Duration::from_millis(3), ..options }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    let mut workload = Workload::new(count, dice, asked, STORM + Duration::from_secs(3));
    workload.sessions();
    workload.operations(6);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("another node than the first leads", |world, node| {
            node.0 > 0 && world.machine(node).role() == Role::Leader
        }),
        Property::sometimes("a log is cut", |world, _| {
            world.ghost().groups.iter().any(|group| group.tally.truncations > 0)
        }),
    ]
}
