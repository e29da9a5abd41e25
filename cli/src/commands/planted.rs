use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stormglass_campaign::{Entry, Found, Options, Planted as Bug, Report, Size, quoted};

use crate::NAME;
use crate::arguments::Planted;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::session::{Session, folder};

/// Every planted bug, and what became of it.
#[derive(Serialize)]
struct Table {
    passed: bool,
    bugs: Vec<Row>,
    /// How many bugs were not tried, or not to the end, because of Ctrl-C.
    untried: usize,
    median_deviations_after: Option<usize>,
}

/// What became of a planted bug.
#[derive(Serialize)]
struct Row {
    scenario: &'static str,
    #[serde(flatten)]
    bug: Bug,
    /// Found, and by the property that must find it.
    passed: bool,
    /// The property that found it, in the lowest seed or as it must.
    found_by: Option<String>,
    /// How many seeds were run up to the one that found it.
    seeds_to_first: Option<u64>,
    /// How many seeds show it, of how many.
    seeds_failing: u64,
    seeds_run: u64,
    before: Option<Size>,
    after: Option<Size>,
    attempts: Option<u64>,
    elapsed_s: Option<f64>,
    log: Option<PathBuf>,
}

pub(crate) fn planted(session: &mut Session, arguments: &Planted) -> Result<Exit, Problem> {
    let entries = session.scenarios(&arguments.scenario)?;
    if entries.iter().all(|entry| entry.bugs.is_empty()) {
        return Err(Problem::new("no bugs can be planted there; add some to the registry"));
    }
    Session::probe(&arguments.out, "no log can be written there, name another folder by --out")?;
    if let Some(path) = &arguments.write {
        let advice = "the table cannot be written there, name another file by --write";
        Session::probe(folder(path), advice)?;
    }
    if let Some(folder) = &arguments.keep {
        Session::probe(folder, "no log can be kept there, name another folder by --keep")?;
    }
    let options = Options {
        out: arguments.out.clone(),
        progress: session.progress,
        stop: session.interrupt.heed(),
        ..Options::new(arguments.seeds.clone())
    };
    let (mut rows, mut untried) = (Vec::new(), 0);
    for entry in entries {
        for bug in &entry.bugs {
            if session.interrupt.is_raised() {
                untried += 1;
                continue;
            }
            let scenario = entry.build(Some(bug.name)).map_err(|no| session.unknown(no))?;
            let report = scenario.campaign(&options);
            // What was not found in some of the seeds may be in the others.
            if session.interrupt.is_raised() {
                untried += 1;
                continue;
            }
            let row = row(entry, *bug, &report, arguments.seeds.start);
            if let (Some(folder), Some(log)) = (&arguments.keep, &row.log) {
                keep(log, &folder.join(entry.name), bug.name)?;
            }
            rows.push(row);
        }
    }
    let table = Table {
        passed: untried == 0 && rows.iter().all(|row| row.passed),
        median_deviations_after: median(&rows),
        bugs: rows,
        untried,
    };
    let text = in_markdown(&table, arguments);
    let written = match &arguments.write {
        // A whole table is not replaced by a part of one.
        Some(path) if untried == 0 => write(path, &text),
        _ => Ok(()),
    };
    // With --json there is nothing on standard output if there is an error; people get the table,
    // which may have taken hours.
    if written.is_ok() || !session.json {
        session.tell(&table, || text);
    }
    written.map(|()| session.exit(table.passed, false))
}

/// Writes the table, so that what was there before is lost only if all of it can be written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let new = path.with_extension("new");
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&new);
        Problem::file(path, &error, "name another file by --write")
    })
}

/// Copies a log to where it is kept.
fn keep(log: &Path, folder: &Path, bug: &str) -> Result<(), Problem> {
    let kept = folder.join(bug).with_extension("json");
    let copied = std::fs::create_dir_all(folder).and_then(|()| std::fs::copy(log, &kept));
    copied.map_err(|error| Problem::file(&kept, &error, "name another folder by --keep"))?;
    Ok(())
}

/// The failure of the property that must find the bug; without one, that of the lowest seed.
fn row(entry: &Entry, bug: Bug, report: &Report, first_seed: u64) -> Row {
    let as_it_must = |found: &&Found| found.property == bug.caught_by;
    let by_seed = |found: &&Found| found.seed;
    let expected = report.failures.iter().filter(as_it_must).min_by_key(by_seed);
    let found = expected.or_else(|| report.failures.iter().min_by_key(by_seed));
    let shrunk = found.and_then(|found| found.shrunk);
    Row {
        scenario: entry.name,
        bug,
        passed: expected.is_some_and(|found| found.log.is_some()),
        found_by: found.map(|found| found.property.clone()),
        seeds_to_first: found.map(|found| found.seed - first_seed + 1),
        seeds_failing: report.failures.iter().map(|found| found.count).sum(),
        seeds_run: report.seeds_run,
        before: shrunk.map(|shrunk| shrunk.before),
        after: shrunk.map(|shrunk| shrunk.after),
        attempts: shrunk.map(|shrunk| shrunk.attempts),
        elapsed_s: shrunk.map(|shrunk| shrunk.elapsed_s),
        log: found.and_then(|found| found.log.clone()),
    }
}

/// The middle one of the lists' lengths; of two in the middle the larger.
fn median(rows: &[Row]) -> Option<usize> {
    let mut lengths: Vec<_> = rows.iter().filter_map(|row| Some(row.after?.deviations)).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

fn in_markdown(table: &Table, arguments: &Planted) -> String {
    let Planted { scenario, seeds, write, .. } = arguments;
    let write = write.as_ref().map(|path| format!(" --write {}", quoted(path)));
    let write = write.as_deref();
    let mut text = format!(
        "# Planted bugs\n\n\
         Written by `{NAME} planted {scenario} --seeds {}..{}{}`. Each bug is \
         planted in its scenario in turn, and the property named must find it. *First* is how \
         many seeds were run up to the first that failed, *failing* how many of all failed. \
         *Deviations* are counted before and after shrinking, *events* after it, and *attempts* \
         are the runs that shrinking took. All figures are the same on every machine.\n\n\
         | scenario | bug | what it does | caught by | first | failing | deviations before | after \
         | events | attempts |\n\
         |---|---|---|---|---:|---:|---:|---:|---:|---:|\n",
        seeds.start,
        seeds.end,
        write.unwrap_or_default(),
    );
    for row in &table.bugs {
        let caught_by = match &row.found_by {
            Some(_) if row.passed => row.bug.caught_by.to_owned(),
            Some(other) => format!("NOT FOUND by {}, but by {other}", row.bug.caught_by),
            None => format!("NOT FOUND by {}", row.bug.caught_by),
        };
        let cells = [
            row.scenario.to_owned(),
            row.bug.name.to_owned(),
            row.bug.about.to_owned(),
            caught_by,
            figure(row.seeds_to_first),
            format!("{} of {}", row.seeds_failing, row.seeds_run),
            figure(row.before.map(|before| before.deviations)),
            figure(row.after.map(|after| after.deviations)),
            figure(row.after.map(|after| after.events)),
            figure(row.attempts),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    let found = table.bugs.iter().filter(|row| row.passed).count();
    let _ = writeln!(text, "\n{found} of {} found as they must be.", table.bugs.len());
    if table.untried > 0 {
        let file = if write.is_some() { "; no file is written" } else { "" };
        let _ =
            writeln!(text, "Interrupted: {} more were not tried to the end{file}.", table.untried);
    }
    if let Some(median) = table.median_deviations_after {
        let _ = writeln!(text, "Median of deviations after shrinking: {median}.");
    }
    text
}

fn figure(figure: Option<impl ToString>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| figure.to_string())
}
