//! Nodes crash: one by one and together, in the middle of a step, again and again, and lose what
//! they have not flushed.

use std::time::Duration;
use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options, Role};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-crashes",
    about: "Nodes crash in the middle of what they do, and lose what was not flushed.",
    nodes: 3..=5,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        Bug::VoteNotDurable,
        Bug::VoteClearedFirst,
        Bug::AppliedBeforeEffect,
        Bug::CompactsBeforeSnapshot,
        Bug::SnapshotReplacedInPlace,
    ],
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        duplicate: true,
        crash: true,
        lose_unflushed: true,
        blackout: true,
        crash_loop: true,
        slow_flush: true,
        pause: true,
        client_link: true,
        core: true,
        ..Faults::NONE
    };
    Settings { faults, flush: Duration::from_millis(1), ..plan::settings() }
}

fn configure(options: Options, count: u32) -> Options {
    let options = (plan::PLAN.configure)(options, count);
    Options { snapshot_threshold: 6, snapshot_chunk_bytes: 64, ..options }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(6);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("a node that has crashed leads", |world, node| {
            world.crashes(node) > 0 && world.machine(node).role() == Role::Leader
        }),
        Property::sometimes("a node comes back with a snapshot", |world, node| {
            world.crashes(node) > 0 && world.machine(node).snapshot().is_some()
        }),
    ]
}
