//! Replicas fall behind, by crashes, cuts and losses, while leaders sweep what is old: they find
//! gaps, skip ahead, and are slowed down by a small budget. Clients write again after the faults.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_replica::{BandwidthClass, Bug, Config, Request, Retention, Storage};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::asks::Asker;
use super::plan::{LATENCY, LATEST, Plan, Replication, SETTLED};
use super::properties::name;

const STORM: Duration = Duration::from_secs(5);

/// The plan.
pub const PLAN: Plan = Plan {
    names: ["replica-catch-up", "replica-catch-up-faithful"],
    about: [
        "replicas lag, leaders sweep, and everybody catches up",
        "replicas lag and leaders sweep; known weaknesses are recognised and counted",
    ],
    nodes: 3..=4,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        (Bug::PersistentNeverSkips, name::SKIP),
        (Bug::EmptyLogBeginsAtZero, name::REFUSAL),
        (Bug::ForgetsTailOfEmptyLog, name::RECOVERED),
        (Bug::SkipsOneByOne, name::SKIP),
        (Bug::ChargesRefusedRequests, name::BUDGET),
        (Bug::BackgroundUsesWholeBudget, name::RESERVE),
    ],
};

fn settings() -> Settings {
    Settings {
        latency: LATENCY,
        storm: STORM,
        calm: Duration::from_secs(8),
        faults: Faults { blackout: false, ..Faults::ALL },
        ..Settings::default()
    }
}

/// Every third log is on the heap, every other node asks in class Background, every other log
/// keeps nothing that is older than a while, and the others a few entries.
fn configure(config: Config, _: u32) -> Config {
    let node = config.node.0;
    let retention = match node % 2 {
        0 => Retention { age: Some(Duration::from_millis(200)), ..Retention::default() },
        _ => Retention { entries: Some(3), ..Retention::default() },
    };
    Config {
        storage: if node % 3 == 2 { Storage::Heap } else { Storage::Persistent },
        bandwidth_class: match node % 2 {
            0 => BandwidthClass::Foreground,
            _ => BandwidthClass::Background,
        },
        chunk_bytes_max: 240,
        network_bytes_per_second: 2_000,
        retention,
        ..config
    }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
    let mut asker = Asker::new(count, dice, asked, STORM);
    asker.appends(5, 24);
    asker.sweeps(8);
    asker.operator();
    asker.from = STORM + LATEST + SETTLED;
    asker.to = asker.from + Duration::from_millis(500);
    asker.appends(3, 24);
}

fn sometimes() -> Vec<Property<Replication>> {
    vec![
        Property::sometimes("a replica skips a gap", |world, node| {
            world.ghost().of(node).gates.gaps > 0
        }),
        Property::sometimes("a replica is refused a range", |world, node| {
            world.ghost().of(node).gates.bad_ranges > 0
        }),
        Property::sometimes("a request is refused for lack of budget", |world, node| {
            world.ghost().of(node).answers.refused_for_budget > 0
        }),
        Property::sometimes("a log is swept empty", |world, node| {
            let log = world.machine(node).log();
            log.is_empty() && log.next_seq() > 0
        }),
    ]
}
