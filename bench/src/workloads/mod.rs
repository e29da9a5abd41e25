//! What is timed, a file for each machine or game. A new one adds its rows to the list.

mod crowd;
mod faction;
pub mod floor;
mod ping_pong;
mod raft;
mod replica;
mod seeds;
mod unchecked;

use std::ops::{AddAssign, Range};
use std::time::Duration;

pub use self::ping_pong::Game;
pub use self::replica::failover;

/// A piece of work that is done seed by seed.
pub trait Workload {
    /// Does it for these seeds.
    fn run(&mut self, seeds: Range<u64>) -> Work;
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Events.
    pub events: u64,
    /// Virtual time.
    pub simulated: Duration,
    /// Operations that clients have had answered, where there are clients.
    pub operations: u64,
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Work) {
        self.events += more.events;
        self.simulated += more.simulated;
        self.operations += more.operations;
    }
}

/// A line of the table of events.
pub struct Row {
    /// What it is called in the table and on the command line.
    pub name: &'static str,
    /// How many seeds are run in each timed round: some tenths of a second.
    pub seeds: u64,
    /// Instructions are counted from so many seeds to so many, so that the start drops out.
    pub counted: [u64; 2],
    /// Makes ready to do it.
    pub make: fn() -> Box<dyn Workload>,
}

/// Every row, in the order of the table. The floor comes first.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let of_machines = [faction::ROWS, replica::ROWS, raft::ROWS];
    [floor::ROWS, ping_pong::ROWS, crowd::ROWS].into_iter().chain(of_machines).flatten()
}

/// The row of this name.
///
/// # Panics
///
/// If there is none.
pub fn row(name: &str) -> &'static Row {
    rows().find(|row| row.name == name).unwrap_or_else(|| panic!("there is no row {name:?}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_the_floor_comes_first() {
        let names: BTreeSet<_> = rows().map(|row| row.name).collect();
        assert_eq!(names.len(), rows().count());
        assert_eq!(rows().next().map(|row| row.name), Some(floor::NAME));
    }

    /// Otherwise two runs could not be compared.
    #[test]
    fn the_same_seeds_are_the_same_work_in_a_world_that_is_warm() {
        for row in rows().filter(|row| !row.name.ends_with("000 nodes")) {
            let mut workload = (row.make)();
            let work = workload.run(0..2);
            assert!(work.events > 0 && work.simulated > Duration::ZERO, "{}", row.name);
            let mut again = workload.run(0..1);
            again += workload.run(1..2);
            assert_eq!(again, work, "{}", row.name);
        }
    }
}
