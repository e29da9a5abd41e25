//! Disks fail as they may: flushes fail and are slow, there is no room, and crashes tear what was
//! being written. Clusters are small, down to a single node that has only its disk to rely on.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::Bug;
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-disks",
    about: "Flushes fail, disks are full and slow, and crashes tear records; nothing is lost.",
    nodes: 1..=3,
    settings,
    ask,
    sometimes,
    bugs: &[Bug::CommitsBeforeFlush],
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        crash: true,
        lose_unflushed: true,
        blackout: true,
        slow_flush: true,
        failing_flush: true,
        torn_record: true,
        full_disk: true,
        slow_disk: true,
        client_link: true,
        ..Faults::NONE
    };
    Settings {
        faults,
        flush: Duration::from_millis(2),
        restart: Duration::from_millis(50),
        ..plan::settings()
    }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(6);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("one node is a cluster", |world, _| {
            world.count() == 1 && world.ghost().tally().commits > 3
        }),
        Property::sometimes("a node starts again and again", |world, node| world.crashes(node) > 5),
    ]
}
