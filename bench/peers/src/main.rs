//! The same small game on several simulators, measured side by side.
//!
//! Builds the program of each system, runs them all in turn, and prints one table. Each run is a
//! process of its own, which measures the CPU time that its work takes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::figures::Figures;
use crate::program::Program;
use crate::systems::{System, WORKLOADS, Workload};

mod figures;
mod instructions;
mod program;
mod systems;
mod table;

/// What the same work costs on several simulators, measured side by side.
///
/// Builds a program for each system and runs them in turn, round after round, so that whatever else
/// the computer does meanwhile falls on all of them. Prints a table with, for each system: messages
/// delivered in a run, as counted by the receivers; CPU time, user and system, of the median run;
/// allocations and instructions per message, each as the difference of a long and a short run, so
/// that the start drops out; and how many times as much that is as Stormglass needs.
///
/// Instructions are counted by valgrind, if there is one.
#[derive(Parser)]
#[command(name = "stormglass-peers", version, after_help = EXAMPLES)]
struct Arguments {
    /// The work
    #[arg(long, default_value = WORKLOADS[0].name, value_parser = systems::names())]
    workload: String,
    /// Only systems with this in their name; can be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Timed runs of each system, of which the median counts
    #[arg(long, default_value_t = 5, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How large each timed run is: messages, a multiple of 20000, or for raft virtual seconds, a
    /// multiple of 20. By default as many as take some tenths of a second
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    size: Option<u64>,
    /// Take time only: count neither allocations nor instructions
    #[arg(long)]
    no_counts: bool,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Write the table to this file, too, as Markdown
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  cargo run --release
  cargo run --release -- --only stormglass --only floor --rounds 15
  cargo run --release -- --workload raft
  cargo run --release -- --json > peers.json
  cargo run --release -- --write ping-pong.md";

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Whether every system could be built and did the work.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let workload = WORKLOADS
        .iter()
        .find(|workload| workload.name == arguments.workload)
        .expect("the arguments allow no other");
    let chosen: Vec<_> = workload.systems.iter().filter(|system| arguments.takes(system)).collect();
    if chosen.is_empty() {
        return Err(format!("no system has one of {:?} in its name", arguments.only));
    }
    let mut programs = Vec::new();
    for system in &chosen {
        match Program::build(system, workload) {
            Ok(program) => programs.push(program),
            Err(message) => eprintln!("{}: {message}", system.name),
        }
    }
    let all = measure(arguments, &programs);
    if all.is_empty() {
        return Err("no system did the work".to_owned());
    }
    let text = table::markdown(workload, &all);
    if let Some(path) = &arguments.write {
        std::fs::write(path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    match arguments.json {
        true => println!("{}", table::json(workload, &all)),
        false => print!("{text}"),
    }
    Ok(all.len() == chosen.len())
}

impl Arguments {
    fn takes(&self, system: &System) -> bool {
        let name = system.name.to_lowercase();
        self.only.is_empty() || self.only.iter().any(|part| name.contains(&part.to_lowercase()))
    }
}

/// The figures of all that did the work.
fn measure<'p>(arguments: &Arguments, programs: &'p [Program]) -> Vec<Figures<'p>> {
    let mut all: Vec<_> = programs.iter().map(Figures::new).collect();
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}", arguments.rounds);
        keep(&mut all, |figures| figures.take_time(arguments.size));
    }
    if !arguments.no_counts {
        eprintln!("counting allocations");
        keep(&mut all, Figures::count_allocations);
        match instructions::can_be_counted() {
            true => {
                eprintln!("counting instructions, which takes a while");
                keep(&mut all, Figures::count_instructions);
            }
            false => eprintln!("there is no valgrind that counts instructions"),
        }
    }
    all
}

/// Measures one after the other, and leaves out who fails.
fn keep<'p>(
    all: &mut Vec<Figures<'p>>,
    mut measure: impl FnMut(&mut Figures<'p>) -> Result<(), String>,
) {
    all.retain_mut(|figures| {
        let measured = measure(figures);
        if let Err(message) = &measured {
            eprintln!("{}: {message}", figures.program.system.name);
        }
        measured.is_ok()
    });
}
