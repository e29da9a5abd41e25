//! What a run costs, measured: prints the tables of docs/performance.md.
//!
//! # Invariants
//!
//! * What is compared was measured in the same run of this program, round by round.
//! * Nothing is measured that is not also asserted to have been done: the same seeds are the same
//!   work in every round, and no run fails.

#![forbid(unsafe_code)]

mod arguments;
mod choice;
mod cpu;
mod document;
mod events;
mod goals;
mod idle;
mod instructions;
mod markdown;
mod progress;
mod report;
mod rounds;
mod shrinking;
mod structures;
mod table;
mod threads;
mod workloads;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::choice::Choice;
use crate::progress::Progress;
use crate::report::Report;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::RunOnce { row, seeds }) = &arguments.command {
        instructions::run_once(row, *seeds);
        return ExitCode::SUCCESS;
    }
    if arguments.list {
        println!("{}", report::names().join("\n"));
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let choice = Choice {
        only: arguments.only.clone(),
        rounds: arguments.rounds(),
        instructions: !arguments.quick,
        progress: Progress::new(),
    };
    let report = Report::measure(&choice)?;
    let text = markdown::markdown(&report);
    if let Some(path) = &arguments.write {
        document::write(path, &text)?;
    }
    if arguments.json {
        let json = serde_json::to_string_pretty(&report);
        println!("{}", json.map_err(|error| format!("the figures make no JSON: {error}"))?);
    } else {
        print!("{text}");
    }
    Ok(())
}
