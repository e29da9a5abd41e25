//! A replicated key-value store: the machine that the simulator tests, unchanged, as real processes
//! over TCP and files.
//!
//! ```text
//! cargo run -p stormglass-raft --example raft-kv -- --help
//! ```
//!
//! `docs/raft-kv.md` walks through it in three terminals: a cluster, the death of its leader, and
//! how the dead one comes back.
//!
//! A client opens a session before its first command and numbers its commands, so that one that is
//! asked for again, since its answer was lost with a leader, is not applied again.

mod arguments;
mod client;
mod cluster;
mod protocol;
mod server;
mod store;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

/// What ends a command: a sentence for whoever has typed it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(serve) => server::serve(serve),
        Command::Put { key, value, write } => client::put(key, value, write),
        Command::Add { key, amount, write } => client::add(key, amount, write),
        Command::Get { key, reach } => client::get(key, reach),
        Command::Session { reach } => client::session(reach),
        Command::Status { reach } => client::status(reach),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}
