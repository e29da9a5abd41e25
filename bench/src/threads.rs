//! What a second thread is worth.

use std::num::NonZeroUsize;
use std::path::Path;

use serde::Serialize;
use stormglass_campaign::{Options, Report, campaign};
use stormglass_simulator::Faults;

use crate::choice::Choice;
use crate::workloads::{Game, failover};
use crate::{cpu, rounds};

/// What was measured of a campaign on one thread and on two.
#[derive(Clone, Debug, Serialize)]
pub struct Threads {
    /// The row.
    pub name: &'static str,
    /// How many seeds each campaign had.
    pub seeds: u64,
    /// In a second of real time, on one thread and on two.
    pub seeds_per_s: [f64; 2],
    /// How many times as many in the same round.
    pub speed_up: f64,
    /// CPU time of both threads together, in times of what one thread took: one if they are not in
    /// each other's way, however busy the computer is.
    pub times_the_cpu: f64,
}

struct Row {
    name: &'static str,
    seeds: u64,
    campaign: fn(&Options) -> Report,
}

const ROWS: [Row; 3] = [
    Row {
        name: "two threads, ping-pong",
        seeds: 2_000,
        campaign: |options| campaign(&Game { faults: Faults::NONE, nodes: 5 }, options),
    },
    Row {
        name: "two threads, ping-pong, faults",
        seeds: 4_000,
        campaign: |options| campaign(&Game { faults: Faults::ALL, nodes: 5 }, options),
    },
    Row {
        name: "two threads, replica-failover, faults",
        seeds: 2_000,
        campaign: |options| campaign(&failover(), options),
    },
];

/// The names of all rows.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// Runs campaigns in turn.
pub fn measure(choice: &Choice) -> Result<Vec<Threads>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let wanted: Vec<_> = ROWS.iter().filter(|row| choice.takes(row.name)).collect();
    let mut times = vec![[const { Vec::new() }; 2]; wanted.len()];
    for round in 1..=choice.rounds {
        for (row, times) in wanted.iter().zip(&mut times) {
            choice.progress.say(|| format!("{}: round {round} of {}", row.name, choice.rounds));
            for (jobs, times) in (1..).zip(times) {
                times.push(time(row, jobs, folder.path())?);
            }
        }
    }
    Ok(wanted.iter().zip(&times).map(|(row, times)| row.figures(times)).collect())
}

/// What a campaign took.
#[derive(Clone, Copy)]
struct Time {
    real_s: f64,
    cpu_s: f64,
}

impl Row {
    /// From the times of all rounds, on one thread and on two.
    fn figures(&self, times: &[Vec<Time>; 2]) -> Threads {
        let real = times.each_ref().map(|times| times.iter().map(|time| time.real_s).collect());
        let cpu = times.each_ref().map(|times| times.iter().map(|time| time.cpu_s).collect());
        let ([one, two], [cpu_of_one, cpu_of_two]): ([Vec<_>; 2], [Vec<_>; 2]) = (real, cpu);
        Threads {
            name: self.name,
            seeds: self.seeds,
            seeds_per_s: [&one, &two].map(|real| self.seeds as f64 / rounds::median(real)),
            speed_up: rounds::ratio(&one, &two),
            times_the_cpu: rounds::ratio(&cpu_of_two, &cpu_of_one),
        }
    }
}

/// Runs a campaign.
fn time(row: &Row, jobs: usize, out: &Path) -> Result<Time, String> {
    let jobs = NonZeroUsize::new(jobs).expect("it begins with one");
    let options = Options { jobs, out: out.to_owned(), ..Options::new(0..row.seeds) };
    let (cpu, report) = cpu::time_of_all_threads(|| (row.campaign)(&options));
    match report.failures.first() {
        None => Ok(Time { real_s: report.elapsed_s, cpu_s: cpu.as_secs_f64() }),
        Some(found) => Err(format!("{}: seed {} fails: {}", row.name, found.seed, found.signature)),
    }
}
