use std::ops::Range;
use std::time::Duration;

use stormglass_machine::Time;
use stormglass_scenarios::raft::load::{Load, Party, operations};
use stormglass_simulator::{Scenario, World};

use super::unchecked::Unchecked;
use super::{Row, Work, Workload};

const LASTS: Duration = Duration::from_secs(20);

/// The seeds of a load, in one world, of which operations are counted, too.
struct Operations<S: Scenario + 'static> {
    world: World<'static, S>,
}

impl<S: Scenario<Machine = Party> + 'static> Operations<S> {
    fn of(load: S) -> Box<dyn Workload> {
        Box::new(Operations { world: World::new(Box::leak(Box::new(load))) })
    }
}

impl<S: Scenario<Machine = Party>> Workload for Operations<S> {
    fn run(&mut self, seeds: Range<u64>) -> Work {
        let mut work = Work::default();
        for seed in seeds {
            let outcome = self.world.search(seed);
            assert_eq!(outcome.failure, None, "the load fails with seed {seed}");
            let simulated = outcome.time.since(Time::ZERO);
            let operations = operations(&self.world);
            work += Work { events: outcome.events, simulated, operations };
        }
        work
    }
}

pub const ROWS: &[Row] = &[
    Row { name: "raft-load", seeds: 5, counted: [1, 3], make: || Operations::of(Load::new(LASTS)) },
    Row {
        name: "raft-load, no properties",
        seeds: 5,
        counted: [1, 3],
        make: || Operations::of(Unchecked::new(Load::new(LASTS))),
    },
];
