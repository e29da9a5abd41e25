//! How fast failures are shrunk.

mod failing;

use serde::Serialize;

use self::failing::{BUGS, Failing};
use crate::choice::Choice;
use crate::{cpu, rounds};

/// What was measured of the shrinking of a planted bug.
#[derive(Clone, Debug, Serialize)]
pub struct Shrinking {
    /// The row.
    pub name: String,
    /// Runs that were tried.
    pub attempts: u64,
    /// Deviations before and after.
    pub deviations: [usize; 2],
    /// Events up to the violation, before and after.
    pub events: [u64; 2],
    /// CPU time of it all.
    pub cpu_s: f64,
    /// Runs that were tried in a second of CPU time.
    pub attempts_per_cpu_s: f64,
}

/// The names of all rows.
pub fn names() -> impl Iterator<Item = String> {
    BUGS.iter().map(|(scenario, bug)| name(scenario, bug))
}

fn name(scenario: &str, bug: &str) -> String {
    format!("shrinking, {scenario}, {bug}")
}

/// Shrinks the first failure of each bug in turn.
pub fn measure(choice: &Choice) -> Result<Vec<Shrinking>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let mut failing = Vec::new();
    for (scenario, bug) in BUGS.iter().filter(|(scenario, bug)| choice.takes(&name(scenario, bug)))
    {
        choice.progress.say(|| format!("{}: looks for a seed", name(scenario, bug)));
        failing.push((name(scenario, bug), Failing::find(scenario, bug, folder.path())?));
    }
    let mut times = vec![Vec::new(); failing.len()];
    let mut sizes = Vec::new();
    for round in 1..=choice.rounds {
        choice.progress.say(|| format!("shrinking: round {round} of {}", choice.rounds));
        sizes.clear();
        for ((_, failing), times) in failing.iter().zip(&mut times) {
            let (time, size) = cpu::time(|| failing.shrink());
            times.push(time.as_secs_f64());
            sizes.push(size?);
        }
    }
    let rows = failing.into_iter().zip(sizes).zip(&times).map(|(((name, _), size), times)| {
        let cpu_s = rounds::median(times);
        Shrinking {
            name,
            attempts: size.attempts,
            deviations: [size.before.deviations, size.after.deviations],
            events: [size.before.events, size.after.events],
            cpu_s,
            attempts_per_cpu_s: size.attempts as f64 / cpu_s,
        }
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::failing::{BUGS, caught_by};

    #[test]
    fn every_bug_can_be_planted() {
        let registry = stormglass_scenarios::registry();
        for (scenario, bug) in BUGS {
            let entry = registry.find(scenario).unwrap_or_else(|error| panic!("{error}"));
            caught_by(entry, bug).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
