//! Links are cut, in every shape, and heal; messages are late, lost and doubled. Nobody crashes.
//! In a cluster of four, the last node is a stranger: it lists the others, and they do not list
//! it.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_replica::{Bug, Config, Request, Role, Storage};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::asks::Asker;
use super::plan::{LATENCY, Plan, Replication};
use super::properties::name;

const STORM: Duration = Duration::from_secs(5);

/// The plan.
pub const PLAN: Plan = Plan {
    names: ["replica-partition", "replica-partition-faithful"],
    about: [
        "links are cut and heal, and a hardened cluster ends with one history",
        "links are cut and heal; known weaknesses are recognised and counted",
    ],
    nodes: 3..=5,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        (Bug::SplicesHistories, name::AGREE),
        (Bug::NoConcession, name::MAKES_WAY),
        (Bug::BelievesLatestLeader, name::MOVES),
        (Bug::BelievesLowestId, name::MOVES),
        (Bug::BothConcedeTie, name::STANDS_FIRM),
        (Bug::IgnoresNotLeader, name::NOT_LEADER),
        (Bug::AcceptsUnaskedAnswers, name::ASKED),
        (Bug::ReusesRequests, name::ASKED),
        (Bug::TrustsFormerLeader, name::BELIEVED),
        (Bug::AnswersInAnyRole, name::ONLY_LEADERS_ANSWER),
        (Bug::RenumbersChunks, name::PROVENANCE),
        (Bug::TalksToItself, name::ITSELF),
        (Bug::DuplicateHeartbeats, name::ONCE),
        (Bug::AcceptsStrangers, name::STRANGERS),
    ],
};

fn settings() -> Settings {
    // Nobody goes down, be it by itself: a flush that fails stops a node.
    let faults = Faults {
        crash: false,
        blackout: false,
        lose_unflushed: false,
        failing_flush: false,
        full_disk: false,
        ..Faults::ALL
    };
    Settings {
        latency: LATENCY,
        storm: STORM,
        calm: Duration::from_secs(4),
        faults,
        ..Settings::default()
    }
}

fn configure(mut config: Config, count: u32) -> Config {
    if count == 4 && config.node != NodeId(3) {
        config.replica_set.pop();
    }
    Config { storage: Storage::Heap, ..config }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
    let mut asker = Asker::new(count, dice, asked, STORM);
    asker.appends(6, 16);
    asker.operated = if count == 4 { 3 } else { count };
    asker.operator();
}

fn sometimes() -> Vec<Property<Replication>> {
    vec![
        Property::sometimes("two nodes lead at once", |world, _| {
            world.ghost().leaderships.count() > 1
        }),
        Property::sometimes("a number is given out twice", |world, _| {
            world.ghost().history.is_forked()
        }),
        Property::sometimes("a leader makes way", |world, node| {
            let machine = world.machine(node);
            machine.role() == Role::Replica && machine.metrics().leader_changes > 0
        }),
    ]
}
