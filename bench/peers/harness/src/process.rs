//! A process that does the work once and says what it cost.

use std::process::ExitCode;

use cpu_time::ProcessTime;

use crate::allocations;
use crate::ping_pong::{NODES, Rules};

/// The name of the work in `ping_pong.rs`, of which there are so many messages.
const PING_PONG: &str = "ping-pong";

/// The name of the other work: five raft nodes and ten clients, for so many virtual seconds.
const RAFT: &str = "raft";

/// The most messages of one seed. What is asked for beyond is more seeds, as in a campaign, so
/// that nothing a system keeps of a run grows without bound.
const MESSAGES_PER_SEED: u64 = 20_000;

/// The virtual seconds of one seed of the other work.
pub const SECONDS_PER_SEED: u64 = 20;

/// One way to do a piece of work on a system.
pub struct Way {
    /// What sets it apart from the other ways of the same program.
    name: &'static str,
    run: Run,
}

enum Run {
    PingPong(fn(&Work) -> u64),
    Raft(fn(u64) -> Done),
}

impl Way {
    /// A way to play ping-pong. Returns how many messages were received, as counted by the
    /// receivers.
    pub const fn ping_pong(name: &'static str, run: fn(&Work) -> u64) -> Way {
        Way { name, run: Run::PingPong(run) }
    }

    /// A way to carry the load of clients with raft, with so many seeds.
    pub const fn raft(name: &'static str, run: fn(u64) -> Done) -> Way {
        Way { name, run: Run::Raft(run) }
    }

    fn workload(&self) -> &'static str {
        match self.run {
            Run::PingPong(_) => PING_PONG,
            Run::Raft(_) => RAFT,
        }
    }

    /// The work of this size, ready to be done.
    fn prepare(&self, size: u64) -> Result<Box<dyn Fn() -> Done>, String> {
        match self.run {
            Run::PingPong(run) => {
                let work = Work::of(size)?;
                Ok(Box::new(move || {
                    let delivered = run(&work);
                    assert!(delivered >= size, "{delivered} messages were delivered of {size}");
                    Done { delivered, operations: 0 }
                }))
            }
            Run::Raft(run) => {
                if size == 0 || !size.is_multiple_of(SECONDS_PER_SEED) {
                    return Err(format!("{size} is no multiple of {SECONDS_PER_SEED} seconds"));
                }
                Ok(Box::new(move || run(size / SECONDS_PER_SEED)))
            }
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Messages that were received; of raft, everything that happened to a node or a client.
    pub delivered: u64,
    /// Operations that clients have had answered.
    pub operations: u64,
}

impl std::ops::AddAssign for Done {
    fn add_assign(&mut self, more: Done) {
        self.delivered += more.delivered;
        self.operations += more.operations;
    }
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
        [workload, way, size] => ([workload, way, size], false),
        [workload, way, size, "--allocations"] => ([workload, way, size], true),
        _ => return Err("arguments: WORKLOAD WAY SIZE [--allocations]".to_owned()),
    };
    let [workload, name, size] = given;
    let way = ways
        .iter()
        .find(|way| way.workload() == workload && way.name == name)
        .ok_or_else(|| format!("there is no way {name:?} to do {workload:?}"))?;
    let work = way.prepare(size.parse().map_err(|error| format!("{size:?}: {error}"))?)?;
    let run = || {
        let start = ProcessTime::now();
        let done = work();
        (done, start.elapsed().as_nanos())
    };
    let ((Done { delivered, operations }, cpu_ns), allocations) = match count {
        true => allocations::counted(run),
        false => (run(), 0),
    };
    Ok(format!(
        "{{\"delivered\":{delivered},\"operations\":{operations},\"cpu_ns\":{cpu_ns},\
         \"allocations\":{allocations}}}"
    ))
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
