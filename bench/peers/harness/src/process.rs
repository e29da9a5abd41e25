//! A process that does the work once and says what it cost.

use std::process::ExitCode;

use cpu_time::ProcessTime;

use crate::allocations;
use crate::ping_pong::{NODES, Rules};

/// The name of the work in `ping_pong.rs`.
pub const PING_PONG: &str = "ping-pong";

/// The most messages of one seed. What is asked for beyond is more seeds, as in a campaign, so
/// that nothing a system keeps of a run grows without bound.
const MESSAGES_PER_SEED: u64 = 20_000;

/// One way to do a piece of work on a system.
pub struct Way {
    /// The piece of work: [`PING_PONG`].
    pub workload: &'static str,
    /// What sets it apart from the other ways of the same program.
    pub name: &'static str,
    /// Does the work. Returns how many messages were received, as counted by the receivers.
    pub run: fn(&Work) -> u64,
}

/// How much work there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// How many messages are delivered at each seed.
    pub messages: u64,
    /// How many seeds there are: 0 to this, without this.
    pub seeds: u64,
}

impl Work {
    fn of(messages: u64) -> Result<Work, String> {
        let seeds = messages.div_ceil(MESSAGES_PER_SEED).max(1);
        if messages == 0 || !messages.is_multiple_of(seeds * NODES as u64) {
            return Err(format!(
                "{messages} messages are not five games of one length at each seed; any multiple \
                 of {MESSAGES_PER_SEED} is"
            ));
        }
        Ok(Work { messages: messages / seeds, seeds })
    }

    /// All messages of all seeds.
    pub fn total(&self) -> u64 {
        self.messages * self.seeds
    }

    /// How long the games are at each seed.
    pub fn rules(&self) -> Rules {
        Rules { share: self.messages / NODES as u64 }
    }

    /// Runs each seed, and adds up what was received.
    pub fn each_seed(&self, run: impl FnMut(u64) -> u64) -> u64 {
        (0..self.seeds).map(run).sum()
    }
}

/// Does the work that the arguments name, and prints what it cost.
pub fn main(ways: &[Way]) -> ExitCode {
    match measure(ways) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn measure(ways: &[Way]) -> Result<String, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (given, count) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [workload, way, messages] => ([workload, way, messages], false),
        [workload, way, messages, "--allocations"] => ([workload, way, messages], true),
        _ => return Err("arguments: WORKLOAD WAY MESSAGES [--allocations]".to_owned()),
    };
    let [workload, name, messages] = given;
    let way = ways
        .iter()
        .find(|way| way.workload == workload && way.name == name)
        .ok_or_else(|| format!("there is no way {name:?} to do {workload:?}"))?;
    let messages = messages.parse().map_err(|error| format!("{messages:?}: {error}"))?;
    let work = Work::of(messages)?;
    let run = || {
        let start = ProcessTime::now();
        let delivered = (way.run)(&work);
        (delivered, start.elapsed().as_nanos())
    };
    let ((delivered, cpu_ns), allocations) = match count {
        true => allocations::counted(run),
        false => (run(), 0),
    };
    assert!(delivered >= messages, "{delivered} messages were delivered of {messages}");
    Ok(format!("{{\"delivered\":{delivered},\"cpu_ns\":{cpu_ns},\"allocations\":{allocations}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_messages_are_more_seeds() {
        assert_eq!(Work::of(5), Ok(Work { messages: 5, seeds: 1 }));
        assert_eq!(Work::of(20_000), Ok(Work { messages: 20_000, seeds: 1 }));
        assert_eq!(Work::of(60_000), Ok(Work { messages: 20_000, seeds: 3 }));
        assert!([0, 7, 30_001].map(Work::of).iter().all(Result::is_err));
    }
}
