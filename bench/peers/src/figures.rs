//! What a system costs.

use crate::instructions;
use crate::program::{Program, Run};

/// What was measured of a system.
pub struct Figures<'p> {
    /// Whose figures these are.
    pub program: &'p Program,
    runs: Vec<Run>,
    /// Allocations per message.
    pub allocations: Option<f64>,
    /// Instructions per message.
    pub instructions: Option<f64>,
}

/// The run in the middle, by what a message costs.
pub struct Median {
    /// Messages delivered, or whatever else is counted.
    pub delivered: u64,
    /// Operations that clients have had answered.
    pub operations: u64,
    /// CPU time in seconds.
    pub cpu_s: f64,
}

impl Median {
    /// Operations in a second of CPU time, if there were any.
    pub fn operations_per_s(&self) -> Option<f64> {
        (self.operations > 0).then(|| self.operations as f64 / self.cpu_s)
    }

    /// CPU time of a message, in nanoseconds.
    pub fn ns_per_message(&self) -> f64 {
        self.cpu_s * 1e9 / self.delivered as f64
    }

    /// Messages in a second of CPU time.
    pub fn messages_per_s(&self) -> f64 {
        self.delivered as f64 / self.cpu_s
    }
}

impl<'p> Figures<'p> {
    /// Nothing measured yet.
    pub fn new(program: &'p Program) -> Self {
        Figures { program, runs: Vec::new(), allocations: None, instructions: None }
    }

    /// One timed run, of this size or of the system's own.
    pub fn take_time(&mut self, size: Option<u64>) -> Result<(), String> {
        let size = size.unwrap_or(self.program.system.size);
        self.runs.push(self.program.run(size, &[])?);
        Ok(())
    }

    /// The run in the middle. With an even number, the cheaper one of the two there.
    ///
    /// # Panics
    ///
    /// If there was none.
    pub fn median(&self) -> Median {
        median(&self.runs)
    }

    /// Counts allocations, between a short and a long run.
    pub fn count_allocations(&mut self) -> Result<(), String> {
        let [short, long] = self.program.system.counted;
        let count = |size| self.program.run(size, &["--allocations"]);
        let (short, long) = (count(short)?, count(long)?);
        self.allocations = per_message([&short, &long], [short.allocations, long.allocations]);
        Ok(())
    }

    /// Counts instructions, between a short and a long run.
    pub fn count_instructions(&mut self) -> Result<(), String> {
        let [short, long] = self.program.system.counted;
        let count = |size| instructions::of_a_run(self.program, size);
        let (short, long) = (count(short)?, count(long)?);
        self.instructions = per_message([&short.0, &long.0], [short.1, long.1]);
        Ok(())
    }
}

fn median(runs: &[Run]) -> Median {
    let mut runs: Vec<_> = runs.iter().collect();
    // By cross products, which are exact.
    let product = |run: &Run, other: &Run| u128::from(run.cpu_ns) * u128::from(other.delivered);
    runs.sort_by(|one, other| product(one, other).cmp(&product(other, one)));
    let middle = runs[(runs.len() - 1) / 2];
    let Run { delivered, operations, cpu_ns, .. } = *middle;
    Median { delivered, operations, cpu_s: cpu_ns as f64 / 1e9 }
}

/// What each message more costs. Nothing if the long run was not longer.
fn per_message(runs: [&Run; 2], counts: [u64; 2]) -> Option<f64> {
    let [short, long] = runs.map(|run| run.delivered);
    let messages = long.checked_sub(short).filter(|messages| *messages > 0)?;
    // A system may well allocate less in the longer run: only at its start, by chance.
    Some((counts[1] as f64 - counts[0] as f64) / messages as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(delivered: u64, cpu_ns: u64) -> Run {
        Run { delivered, operations: 0, cpu_ns, allocations: 0 }
    }

    #[test]
    fn the_median_is_by_what_a_message_costs() {
        let dear = run(10, 3_000);
        let runs = [dear, run(100, 5_000), run(1_000, 7_000)];
        assert_eq!(median(&runs).delivered, 100);
        assert_eq!(median(&runs[..2]).delivered, 100);
        assert_eq!(median(&runs[..1]).ns_per_message(), 300.0);
    }

    #[test]
    fn the_start_drops_out() {
        assert_eq!(per_message([&run(100, 0), &run(300, 0)], [1_050, 1_450]), Some(2.0));
        assert_eq!(per_message([&run(100, 0), &run(100, 0)], [1_050, 1_450]), None);
    }
}
