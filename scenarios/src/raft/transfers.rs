//! Leadership is handed over, to anybody and again and again, under load and while the network
//! fails.

use stormglass_machine::Dice;
use stormglass_raft::Bug;
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-transfers",
    about: "Leadership is handed over all the time; it succeeds or is given up, and work goes on.",
    nodes: 3..=5,
    settings,
    ask,
    sometimes,
    bugs: &[Bug::VotesInsideLease, Bug::TransferToLagging, Bug::TransferNeverEnds],
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        duplicate: true,
        cut: true,
        crash: true,
        pause: true,
        late_timer: true,
        client_link: true,
        core: true,
        ..Faults::NONE
    };
    Settings { faults, ..plan::settings() }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    let mut workload = Workload::new(count, dice, asked, plan::ASKED);
    workload.operations(6);
    workload.to = plan::STORM;
    workload.transfers(16);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("a leader asks another to stand", |world, _| {
            world.ghost().tally().transfers > 0
        }),
        Property::sometimes("a leader waits for another to take over", |world, node| {
            world.machine(node).leadership().transfer_target().is_some()
        }),
    ]
}
