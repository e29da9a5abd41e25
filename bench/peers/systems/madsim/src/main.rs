//! Ping-pong on MadSim: five nodes, each with an endpoint.
//!
//! Without `--cfg madsim` the crate is a thin layer over the real network and no simulation; then
//! this program does nothing but say so.

use std::process::ExitCode;

#[cfg(madsim)]
mod simulation;

#[cfg(madsim)]
fn main() -> ExitCode {
    use peers_harness::Way;

    peers_harness::main(&[Way::ping_pong("endpoint", simulation::run)])
}

#[cfg(not(madsim))]
fn main() -> ExitCode {
    eprintln!("build it with RUSTFLAGS='--cfg madsim': it is no simulation otherwise");
    ExitCode::from(2)
}
