//! Links are cut for long, one way or both, between two nodes. A leader that is heard and does not
//! hear is asked for the same thing at every tick, and never answers.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_replica::{Bug, Config, Request, Role, Storage};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::asks::Asker;
use super::plan::{LATENCY, Plan, Replication};
use super::properties::name;

/// A node keeps 256 unanswered requests: more than 25 s of one request per tick.
const STORM: Duration = Duration::from_secs(80);

/// The plan.
pub const PLAN: Plan = Plan {
    names: ["replica-deaf-leader", "replica-deaf-leader-faithful"],
    about: [
        "two nodes hear each other, or one of them, or none, for long",
        "two nodes are cut off for long; known weaknesses are recognised and counted",
    ],
    nodes: 2..=2,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[(Bug::RegistryUnbounded, name::BOUND)],
};

fn settings() -> Settings {
    Settings {
        latency: LATENCY,
        storm: STORM,
        calm: Duration::from_secs(4),
        faults: Faults { cut: true, clock_offset: Duration::from_secs(1), ..Faults::NONE },
        ..Settings::default()
    }
}

fn configure(config: Config, _: u32) -> Config {
    Config { storage: Storage::Heap, ..config }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
    let mut asker = Asker::new(count, dice, asked, STORM);
    asker.appends(5, 16);
    asker.operator();
}

fn sometimes() -> Vec<Property<Replication>> {
    vec![
        Property::sometimes("more than a hundred requests are unanswered", |world, node| {
            world.machine(node).outstanding().tokens().len() > 100
        }),
        Property::sometimes("both nodes lead", |world, _| {
            world.live().filter(|(_, machine)| machine.role() == Role::Leader).count() == 2
        }),
        Property::sometimes("the second node leads alone", |world, node| {
            let machine = world.machine(node);
            node == NodeId(1)
                && machine.role() == Role::Leader
                && world.ghost().leaderships.count() == 1
        }),
    ]
}
