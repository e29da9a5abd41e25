//! Everything that was measured.

use serde::Serialize;

use crate::choice::Choice;
use crate::events::{self, Event};
use crate::goals::{self, Goal};
use crate::idle::{self, Idle};
use crate::shrinking::{self, Shrinking};
use crate::structures::{self, Agenda};
use crate::threads::{self, Threads};
use crate::workloads::rows;

/// The figures, and what they say of the goals.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// On which computer.
    pub computer: String,
    /// How often each row was timed.
    pub rounds: u32,
    /// What an event costs.
    pub events: Vec<Event>,
    /// What an idle node takes.
    pub idle: Option<Idle>,
    /// What a second thread is worth.
    pub threads: Vec<Threads>,
    /// How fast failures are shrunk.
    pub shrinking: Vec<Shrinking>,
    /// What the structures cost that could be an agenda.
    pub agendas: Vec<Agenda>,
    /// What was to be reached.
    pub goals: Vec<Goal>,
}

/// The names of all rows of all tables.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> = rows().map(|row| row.name.to_owned()).collect();
    names.push(idle::NAME.to_owned());
    names.extend(threads::names().map(str::to_owned));
    names.extend(shrinking::names());
    names.extend(structures::names());
    names
}

impl Report {
    /// Measures everything that is wanted.
    pub fn measure(choice: &Choice) -> Result<Report, String> {
        if !names().iter().any(|name| choice.takes(name)) {
            return Err(format!(
                "no row has one of {:?} in its name; --list shows all",
                choice.only
            ));
        }
        let mut report = Report {
            computer: computer(),
            rounds: choice.rounds,
            events: events::measure(choice)?,
            idle: idle::measure(choice),
            threads: threads::measure(choice)?,
            shrinking: shrinking::measure(choice)?,
            agendas: structures::measure(choice),
            goals: Vec::new(),
        };
        report.goals = goals::judge(&report);
        Ok(report)
    }

    /// The row of the table of events with this name, if it was measured.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }
}

/// The processor, if the operating system tells, and how many threads it runs.
fn computer() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| {
        let (key, model) = line.split_once(':')?;
        (key.trim() == "model name").then(|| model.trim().to_owned())
    });
    let model = model.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{model}, {cores} cores")
}
