//! Ping-pong on Moonpool: five nodes, and a TCP connection for each game. On the simulated world
//! alone, and as workloads of its `SimulationBuilder`.

use std::process::ExitCode;

use peers_harness::{PING_PONG, Way};

mod builder;
mod node;
mod raw;

fn main() -> ExitCode {
    peers_harness::main(&[
        Way { workload: PING_PONG, name: "raw", run: raw::run },
        Way { workload: PING_PONG, name: "builder", run: builder::run },
    ])
}
