//! What an event costs.

use std::time::Duration;

use serde::Serialize;

use crate::choice::Choice;
use crate::workloads::{Row, Work, Workload, floor, rows};
use crate::{cpu, instructions, rounds};

/// What was measured of a row.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// The row.
    pub name: &'static str,
    /// How many seeds were run in each round.
    pub seeds: u64,
    /// Events, on average.
    pub events_per_seed: f64,
    /// Virtual time, on average.
    pub simulated_s_per_seed: f64,
    /// CPU time.
    pub ns_per_event: f64,
    /// The same, as a rate.
    pub million_events_per_cpu_s: f64,
    /// Seeds in a second of CPU time.
    pub seeds_per_cpu_s: f64,
    /// Virtual time in a second of CPU time.
    pub simulated_s_per_cpu_s: f64,
    /// Operations in a second of CPU time, where clients have any.
    pub operations_per_cpu_s: Option<f64>,
    /// In a world that has run these seeds before.
    pub allocations_per_event: f64,
    /// If valgrind is there.
    pub instructions_per_event: Option<f64>,
    /// CPU time, in times of what the floor took in the same round.
    pub times_the_floor: f64,
    /// What the median is of. For ratios.
    #[serde(skip)]
    pub ns_in_rounds: Vec<f64>,
}

/// A row on the way to its figures.
struct Running {
    row: &'static Row,
    workload: Box<dyn Workload>,
    work: Work,
    allocations: u64,
    ns_in_rounds: Vec<f64>,
}

impl Running {
    /// Warms up, and counts what a second time allocates.
    fn start(row: &'static Row) -> Self {
        let mut workload = (row.make)();
        let work = workload.run(0..row.seeds);
        let mut again = Work::default();
        let info = allocation_counter::measure(|| again = workload.run(0..row.seeds));
        assert_eq!(again, work, "{}: the same seeds are other work the second time", row.name);
        let (allocations, ns_in_rounds) = (info.count_total, Vec::new());
        Running { row, workload, work, allocations, ns_in_rounds }
    }

    fn take_time(&mut self) {
        let (time, work) = cpu::time(|| self.workload.run(0..self.row.seeds));
        self.ns_in_rounds.push(time.as_nanos() as f64 / work.events as f64);
    }

    fn end(self, floor: &[f64], instructions: Option<f64>) -> Event {
        let Running { row, work, allocations, ns_in_rounds, .. } = self;
        let (seeds, events) = (row.seeds as f64, work.events as f64);
        let ns_per_event = rounds::median(&ns_in_rounds);
        let cpu_s = Duration::from_nanos((ns_per_event * events) as u64).as_secs_f64();
        Event {
            name: row.name,
            seeds: row.seeds,
            events_per_seed: events / seeds,
            simulated_s_per_seed: work.simulated.as_secs_f64() / seeds,
            ns_per_event,
            million_events_per_cpu_s: 1e3 / ns_per_event,
            seeds_per_cpu_s: seeds / cpu_s,
            simulated_s_per_cpu_s: work.simulated.as_secs_f64() / cpu_s,
            operations_per_cpu_s: (work.operations > 0).then(|| work.operations as f64 / cpu_s),
            allocations_per_event: allocations as f64 / events,
            instructions_per_event: instructions,
            times_the_floor: rounds::ratio(&ns_in_rounds, floor),
            ns_in_rounds,
        }
    }
}

/// Measures the rows that are wanted, and the floor with them.
pub fn measure(choice: &Choice) -> Result<Vec<Event>, String> {
    let mut wanted: Vec<_> = rows().filter(|row| choice.takes(row.name)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    if wanted[0].name != floor::NAME {
        wanted.insert(0, crate::workloads::row(floor::NAME));
    }
    let mut running = Vec::new();
    for row in wanted {
        choice.progress.say(|| format!("events: {}: warms up", row.name));
        running.push(Running::start(row));
    }
    for round in 1..=choice.rounds {
        choice.progress.say(|| format!("events: round {round} of {}", choice.rounds));
        running.iter_mut().for_each(Running::take_time);
    }
    let floor = running[0].ns_in_rounds.clone();
    let counts = choice.instructions && instructions::can_be_counted();
    let mut events = Vec::new();
    for one in running {
        let mut instructions = None;
        if counts {
            choice.progress.say(|| format!("events: {}: counts instructions", one.row.name));
            instructions = Some(instructions::per_event(one.row)?);
        }
        events.push(one.end(&floor, instructions));
    }
    Ok(events)
}
