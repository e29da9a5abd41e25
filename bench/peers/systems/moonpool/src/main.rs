//! Ping-pong on Moonpool: five nodes, and a TCP connection for each game. On the simulated world
//! alone, and as workloads of its `SimulationBuilder`.

use std::process::ExitCode;

use peers_harness::Way;

mod builder;
mod node;
mod raw;

fn main() -> ExitCode {
    peers_harness::main(&[Way::ping_pong("raw", raw::run), Way::ping_pong("builder", builder::run)])
}
