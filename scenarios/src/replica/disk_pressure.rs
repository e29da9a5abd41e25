//! Logs have little room, and not all the same: replicas withdraw and are selected again, or evict
//! what is old. The tag sink fails, lanes are short, and channels are closed.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_replica::{Bug, Config, OnUnderCapacity, Request, Retention, Role, Storage};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::asks::Asker;
use super::plan::{LATENCY, Plan, Replication};
use super::properties::name;

const STORM: Duration = Duration::from_secs(5);

/// The plan.
pub const PLAN: Plan = Plan {
    names: ["replica-disk-pressure", "replica-disk-pressure-faithful"],
    about: [
        "logs have little room, and nodes withdraw, evict, close and come back",
        "logs have little room; known weaknesses are recognised and counted",
    ],
    nodes: 3..=4,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        (Bug::WithdrawsAsLeader, name::OWN_WISH),
        (Bug::ShutdownLeavesTag, name::TAG_CLOSED),
        (Bug::SingleLaneInbox, name::LANES),
    ],
};

fn settings() -> Settings {
    Settings {
        latency: LATENCY,
        storm: STORM,
        calm: Duration::from_secs(4),
        faults: Faults { blackout: false, ..Faults::ALL },
        ..Settings::default()
    }
}

/// The first node has the most room. Odd nodes evict, even ones withdraw.
fn configure(config: Config, _: u32) -> Config {
    let node = config.node.0;
    let retention = Retention { entries: Some(4), ..Retention::default() };
    Config {
        storage: Storage::Persistent,
        segment_bytes: if node == 0 { 200 } else { 40 },
        on_under_capacity: match node % 2 {
            0 => OnUnderCapacity::Withdraw,
            _ => OnUnderCapacity::EvictOldest,
        },
        retention,
        high_lane_capacity: 1,
        low_lane_capacity: 8,
        ..config
    }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
    let mut asker = Asker::new(count, dice, asked, STORM);
    asker.appends(6, 24);
    asker.sweeps(4);
    asker.operator();
    asker.sink_failures();
    asker.shutdowns();
}

fn sometimes() -> Vec<Property<Replication>> {
    vec![
        Property::sometimes("a replica withdraws for lack of room", |world, node| {
            let machine = world.machine(node);
            machine.metrics().under_capacity > 0 && machine.role() == Role::Idle
        }),
        Property::sometimes("a node that had no room catches up", |world, node| {
            let machine = world.machine(node);
            machine.metrics().under_capacity > 0 && machine.tail() == world.ghost().everything
        }),
        Property::sometimes("a node is closed", |world, node| world.machine(node).is_closed()),
    ]
}
