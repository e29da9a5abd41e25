use std::ops::Range;

use stormglass_bench::Floor;
use stormglass_machine::Time;

use super::{Row, Work, Workload};

/// The row that the others are compared with.
pub const NAME: &str = "floor";

pub const ROWS: &[Row] =
    &[Row { name: NAME, seeds: 200, counted: [10, 60], make: || Box::new(Floor::default()) }];

/// As many events in a seed as there are in one of ping-pong without faults.
const BALLS: u64 = 10_000;

impl Workload for Floor {
    fn run(&mut self, seeds: Range<u64>) -> Work {
        let mut work = Work::default();
        for seed in seeds {
            let simulated = Floor::run(self, seed, BALLS).since(Time::ZERO);
            work += Work { events: BALLS, simulated, operations: 0 };
        }
        work
    }
}
