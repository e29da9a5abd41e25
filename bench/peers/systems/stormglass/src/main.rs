//! Ping-pong on Stormglass: without faults, with delays that are drawn, and under all faults. And a
//! load for its raft machine.

use std::process::ExitCode;

use peers_harness::Way;

mod complete;
mod faulty;
mod load;

fn main() -> ExitCode {
    peers_harness::main(&[
        Way::ping_pong("no-faults", complete::without_faults),
        Way::ping_pong("delays", complete::with_delays),
        Way::ping_pong("all-faults", faulty::run),
        Way::raft("judged", load::judged),
        Way::raft("alone", load::alone),
        Way::raft("memory", load::memory),
    ])
}
