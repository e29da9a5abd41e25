//! The load on the crate `raft` of TiKV, in a bare loop over a heap: five nodes, ten clients that ask
//! without a pause, messages that take ten milliseconds, of which one in a hundred is lost. Nothing
//! is checked, hashed or recorded; logs are in memory.

use std::process::ExitCode;

use peers_harness::{Done, SECONDS_PER_SEED, Way};

mod agenda;
mod load;
mod node;

fn main() -> ExitCode {
    peers_harness::main(&[Way::raft("bare-loop", run)])
}

fn run(seeds: u64) -> Done {
    let mut done = Done::default();
    for seed in 0..seeds {
        done += load::run(seed, SECONDS_PER_SEED * 1_000_000_000);
    }
    done
}
