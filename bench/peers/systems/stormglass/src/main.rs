//! Ping-pong on Stormglass: without faults, with delays that are drawn, and under all faults.

use std::process::ExitCode;

use peers_harness::{PING_PONG, Way};

mod complete;
mod faulty;

fn main() -> ExitCode {
    peers_harness::main(&[
        Way { workload: PING_PONG, name: "no-faults", run: complete::without_faults },
        Way { workload: PING_PONG, name: "delays", run: complete::with_delays },
        Way { workload: PING_PONG, name: "all-faults", run: faulty::run },
    ])
}
