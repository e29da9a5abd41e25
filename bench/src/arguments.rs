//! What the command can be told.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures what a run costs, and prints the tables of docs/performance.md.
///
/// Everything is measured in turn, round after round, and the median counts. Times are CPU times of
/// the thread that does the work, but for campaigns on two threads, where real time is what counts.
/// Instructions are counted by valgrind, if there is one.
#[derive(Debug, Parser)]
#[command(
    name = "stormglass-bench",
    version,
    after_help = EXAMPLES,
    override_usage = "stormglass-bench [OPTIONS]",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Only rows with this in their name; can be given several times
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// How often each row is timed [default: 15, or 3 if --quick is given]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Few rounds, and no instructions: figures that are good for a first look only
    #[arg(long)]
    pub quick: bool,
    /// List the names of all rows, and measure nothing
    #[arg(long)]
    pub list: bool,
    /// Print one JSON object instead of the tables
    #[arg(long)]
    pub json: bool,
    /// Write the tables into this file, too, between the two lines that mark their place
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    pub write: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Does the work of a row once; for valgrind.
    #[command(hide = true)]
    RunOnce { row: String, seeds: u64 },
}

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p stormglass-bench
  cargo run --release -p stormglass-bench -- --quick --only ping-pong
  cargo run --release -p stormglass-bench -- --only gossip --rounds 31
  cargo run --release -p stormglass-bench -- --json > figures.json
  cargo run --release -p stormglass-bench -- --write docs/performance.md";

impl Arguments {
    /// How often each row is timed.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 15 })
    }
}
