//! Clocks run fast and slow, are set, and processes stand still: within the bound that leases rest
//! on, and far beyond it. Beyond, reads by lease may be stale, and nothing else may break.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options, Role};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::findings::Judge;
use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// Within the bound.
pub const PLAN: Plan = Plan {
    name: "raft-clocks",
    about: "Clocks drift as far as leases allow, and wall clocks jump.",
    nodes: 3..=5,
    settings,
    ask,
    sometimes,
    bugs: &[Bug::LeaseFromReceipt, Bug::LeaseByWallClock],
    ..plan::PLAN
};

/// Beyond it.
pub const BEYOND: Plan = Plan {
    name: "raft-clocks-beyond",
    about: "Clocks drift far more than leases allow: reads may be stale, and nothing else breaks.",
    nodes: 3..=3,
    settings: settings_beyond,
    configure: configure_beyond,
    ask: ask_beyond,
    sometimes: sometimes_beyond,
    clocks_are_sound: false,
    bugs: &[],
    ..PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        cut: true,
        pause: true,
        late_timer: true,
        client_link: true,
        clock_offset: Duration::from_secs(1),
        clock_drift_ppm: 10_000,
        clock_step: Duration::from_secs(2),
        ..Faults::NONE
    };
    Settings { faults, ..plan::settings() }
}

fn settings_beyond() -> Settings {
    let settings = settings();
    let faults = Faults { clock_drift_ppm: 500_000, ..settings.faults };
    let (latency, storm) = (Duration::from_millis(3), plan::STORM * 2);
    Settings { faults, latency, storm, ..settings }
}

/// Everybody uses leases, and a leader that is not heard is soon replaced.
fn configure_beyond(options: Options, _: u32) -> Options {
    let shortest = options.election_timeout_min();
    let election_timeout = shortest..=shortest + Duration::from_millis(30);
    Options { election_timeout, ..options }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(7);
}

fn ask_beyond(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    let mut workload = Workload::new(count, dice, asked, plan::STORM * 2);
    workload.operations(9);
    // Fast clocks win elections; it takes an operator to make one with a slow clock lead.
    workload.transfers(32);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![Property::sometimes("a leader holds a lease", |world, node| {
        world.machine(node).role() == Role::Leader
            && world.machine(node).lease_is_valid(world.clock(node))
    })]
}

fn sometimes_beyond() -> Vec<Property<Replicated>> {
    let mut all = sometimes();
    all.push(Property::sometimes("two nodes hold leases at once", |world, _| {
        world.ghost().findings().count(Judge::LeaseExclusive) > 0
    }));
    all
}
