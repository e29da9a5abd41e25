//! Leaders are lost: nodes crash, one by one and all at once, stand still, and are let go by an
//! operator. Nothing is cut. In a cluster of four, the last node is missing from its own list of
//! members and has no room for entries: it can follow, and can never lead.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_replica::{Bug, Config, OnUnderCapacity, Request, Role, Storage};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::asks::Asker;
use super::plan::{LATENCY, Plan, Replication};
use super::properties::name;

const STORM: Duration = Duration::from_secs(5);

/// The plan.
pub const PLAN: Plan = Plan {
    names: ["replica-failover", "replica-failover-faithful"],
    about: [
        "leaders crash, pause and let go, and a hardened cluster goes on with one",
        "leaders crash, pause and let go; known weaknesses are recognised and counted",
    ],
    nodes: 3..=5,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        (Bug::WaitsForBeliefForever, name::SILENCE),
        (Bug::BelievesDemotedLeader, name::DEMOTED),
        (Bug::WinsInSilence, name::ANNOUNCES),
        (Bug::RanksByLiveTail, name::EPOCHS),
        (Bug::ElectsByDistance, name::WINNER),
        (Bug::AppendsInAnyRole, name::GATE),
        (Bug::StaysCandidate, name::WINNER),
        (Bug::TagNeverRefreshed, name::TAG_MENDED),
        (Bug::AdvertisesBeforeFsync, name::DURABLE),
        (Bug::KeepsBeliefOnTagFailure, name::ELECTION),
        (Bug::TagKeptOnRelinquish, name::TAG),
        (Bug::StepDownWithoutEvent, name::EVENTS),
        (Bug::IdleHeartbeats, name::SILENT),
        (Bug::SilenceByWallClock, name::SILENCE),
        (Bug::NoDistanceNoVote, name::WINNER),
    ],
};

fn settings() -> Settings {
    Settings {
        latency: LATENCY,
        storm: STORM,
        calm: Duration::from_secs(4),
        faults: Faults { cut: false, ..Faults::ALL },
        ..Settings::default()
    }
}

fn configure(config: Config, count: u32) -> Config {
    let config = Config { storage: Storage::Persistent, ..config };
    if count != 4 || config.node != NodeId(3) {
        return config;
    }
    let others = config.replica_set.iter().copied().filter(|member| *member != config.node);
    Config {
        replica_set: others.collect(),
        segment_bytes: 0,
        on_under_capacity: OnUnderCapacity::EvictOldest,
        ..config
    }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
    let mut asker = Asker::new(count, dice, asked, STORM);
    asker.appends(5, 16);
    asker.operated = if count == 4 { 3 } else { count };
    asker.operator();
    asker.sink_failures();
}

fn sometimes() -> Vec<Property<Replication>> {
    vec![
        Property::sometimes("another node than the first leads", |world, node| {
            node != NodeId(0) && world.machine(node).role() == Role::Leader
        }),
        Property::sometimes("a node that has crashed leads", |world, node| {
            world.crashes(node) > 0 && world.machine(node).role() == Role::Leader
        }),
        Property::sometimes("two nodes lead at once", |world, _| {
            world.ghost().leaderships.count() > 1
        }),
    ]
}
