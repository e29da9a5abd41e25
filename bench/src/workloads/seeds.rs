use std::ops::Range;

use stormglass_machine::Time;
use stormglass_simulator::{Scenario, World};

use super::{Work, Workload};

/// The seeds of a scenario, in one world.
pub struct Seeds<S: Scenario + 'static> {
    world: World<'static, S>,
}

impl<S: Scenario + 'static> Seeds<S> {
    /// A fresh world. The scenario is kept as long as the program runs.
    pub fn of(scenario: S) -> Box<dyn Workload> {
        Box::new(Seeds { world: World::new(Box::leak(Box::new(scenario))) })
    }
}

impl<S: Scenario> Workload for Seeds<S> {
    fn run(&mut self, seeds: Range<u64>) -> Work {
        let mut work = Work::default();
        for seed in seeds {
            let outcome = self.world.search(seed);
            // What ends early costs less than it should.
            if let Some(failure) = outcome.failure {
                let name = self.world.scenario().name();
                panic!("{name} fails with seed {seed}: {}", failure.signature());
            }
            let simulated = outcome.time.since(Time::ZERO);
            work += Work { events: outcome.events, simulated, operations: 0 };
        }
        work
    }
}
