use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::arguments::Corpus;
use crate::exit::Exit;
use crate::log::{Opened, has_form};
use crate::problem::Problem;
use crate::session::Session;

#[derive(Serialize)]
struct Table {
    passed: bool,
    logs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    log: PathBuf,
    /// That of the replay, or `unreadable`.
    verdict: &'static str,
    scenario: Option<String>,
    planted: Option<String>,
    deviations: Option<usize>,
    /// Why it cannot be read.
    trouble: Option<String>,
}

pub(crate) fn corpus(session: &mut Session, arguments: &Corpus) -> Result<Exit, Problem> {
    let logs = logs(&arguments.folder)?;
    let logs: Vec<_> = logs.into_iter().map(|log| row(session, log)).collect();
    let passed = logs.iter().all(|row| row.verdict == "exact");
    let table = Table { passed, logs };
    session.tell(&table, || in_words(&table));
    Ok(Exit::of(passed))
}

/// The logs of a folder and of the folders in it, by name.
fn logs(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let (mut folders, mut logs) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        collect(&folder, &mut folders, &mut logs)
            .map_err(|error| Problem::file(&folder, &error, "name the folder of the logs"))?;
    }
    logs.sort();
    match logs.is_empty() {
        true => Err(Problem::new(format!(
            "{}: no .json and no .bin in it; name the folder of the logs",
            folder.display()
        ))),
        false => Ok(logs),
    }
}

/// Links to folders are not followed: they may lead in circles. What is neither a file nor
/// missing, such as a pipe, is no log, and reading it might never end.
fn collect(
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    logs: &mut Vec<PathBuf>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            folders.push(path);
        } else if has_form(&path) && path.metadata().map_or(true, |found| found.is_file()) {
            logs.push(path);
        }
    }
    Ok(())
}

fn row(session: &Session, path: PathBuf) -> Row {
    let replayed = || -> Result<_, Problem> {
        let log = Opened::open(session, &path, false)?;
        let replay = log.scenario.replay(&log.raw)?;
        Ok((log.raw.head().clone(), replay))
    };
    match replayed() {
        Ok((head, replay)) => Row {
            log: path,
            verdict: replay.verdict,
            scenario: Some(head.scenario),
            planted: head.planted,
            deviations: Some(replay.deviations),
            trouble: None,
        },
        Err(problem) => Row {
            log: path,
            verdict: "unreadable",
            scenario: None,
            planted: None,
            deviations: None,
            trouble: Some(problem.to_string()),
        },
    }
}

fn in_words(table: &Table) -> String {
    let mut words = String::new();
    for row in &table.logs {
        let verdict = row.verdict;
        let _ = match (&row.scenario, &row.trouble) {
            (Some(scenario), _) => writeln!(
                words,
                "{verdict:10}  {scenario}  {}  {} deviations  {}",
                row.planted.as_deref().unwrap_or("-"),
                row.deviations.unwrap_or_default(),
                row.log.display(),
            ),
            (None, trouble) => {
                writeln!(words, "{verdict:10}  {}", trouble.as_deref().unwrap_or_default())
            }
        };
    }
    let exact = table.logs.iter().filter(|row| row.verdict == "exact").count();
    let _ = writeln!(words, "{exact} of {} exact", table.logs.len());
    words
}
