//! The load on the raft machine of Stormglass: with everything judged that must hold of each step,
//! and with nobody looking.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use peers_harness::{Done, SECONDS_PER_SEED, live_bytes};
use stormglass_machine::NodeId;
use stormglass_scenarios::raft::Ghost;
use stormglass_scenarios::raft::load::{Load, Party, operations};
use stormglass_simulator::{Cluster, Event, Property, Scenario, Settings, World};

const LASTS: Duration = Duration::from_secs(SECONDS_PER_SEED);

/// Everything that must hold of each step is judged.
pub fn judged(seeds: u64) -> Done {
    run(&Load::new(LASTS), seeds)
}

/// The machines alone: no properties, no ghost.
pub fn alone(seeds: u64) -> Done {
    run(&Alone(Load::new(LASTS)), seeds)
}

fn run<S: Scenario<Machine = Party>>(scenario: &S, seeds: u64) -> Done {
    let mut world = World::new(scenario);
    let mut done = Done::default();
    for seed in 0..seeds {
        let outcome = world.search(seed);
        assert_eq!(outcome.failure, None, "everything holds");
        done += Done { delivered: outcome.events, operations: operations(&world) };
    }
    done
}

struct Alone(Load);

impl Scenario for Alone {
    type Machine = Party;
    type Ghost = ();

    fn name(&self) -> &str {
        self.0.name()
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.0.nodes()
    }

    fn machine(&self, node: NodeId, count: u32) -> Party {
        self.0.machine(node, count)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn settings(&self) -> Settings {
        self.0.settings()
    }
}

/// One world for as long as all seeds would take, which says what it holds in memory after every
/// 100,000 commits.
pub fn memory(seeds: u64) -> Done {
    let load = Load::new(LASTS * u32::try_from(seeds).expect("it is within a year"));
    let told = Told { load, next: AtomicU64::new(STEP) };
    run(&told, 1)
}

const STEP: u64 = 100_000;

/// Says after how many commits how much memory is held.
struct Told {
    load: Load,
    next: AtomicU64,
}

impl Scenario for Told {
    type Machine = Party;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        self.load.name()
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.load.nodes()
    }

    fn machine(&self, node: NodeId, count: u32) -> Party {
        self.load.machine(node, count)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        stormglass_scenarios::raft::load::properties()
    }

    fn settings(&self) -> Settings {
        self.load.settings()
    }

    fn observe(&self, ghost: &mut Ghost, cluster: &Cluster<Party>, event: Event<'_, Party>) {
        self.load.observe(ghost, cluster, event);
        let next = self.next.load(Ordering::Relaxed);
        if ghost.tally().commits >= next {
            eprintln!("{next} commits: {} live bytes", live_bytes());
            self.next.store(next + STEP, Ordering::Relaxed);
        }
    }
}
