use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use stormglass_campaign::{Entry, Measured, Planted as Bug, Proving, quoted, say};
use stormglass_shrinker::Budget;

use crate::NAME;
use crate::arguments::{DEFAULT_ATTEMPTS, Shrinking};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::session::{Session, folder};

mod demi;

/// The lines of a file that are written anew.
const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end of figures -->\n";

/// How well failures of each planted bug shrink.
#[derive(Serialize)]
struct Table {
    bugs: Vec<Row>,
    /// How many bugs were not measured to the end, because of Ctrl-C.
    unmeasured: usize,
    #[serde(flatten)]
    whole: Summary,
}

/// A planted bug.
#[derive(Serialize)]
struct Row {
    scenario: &'static str,
    bug: &'static str,
    logs: Vec<Measured>,
    #[serde(flatten)]
    summary: Summary,
}

/// What is said of some failures.
#[derive(Serialize)]
struct Summary {
    failures: usize,
    one_minimal: usize,
    /// For how many the fewest deviations are proven.
    proven: usize,
    /// For how many of these it is proven of runs twice as long as those of the list at hand.
    proven_far: usize,
    /// For how many of these it is also proven that none fails sooner.
    proven_soonest: usize,
    /// How many times the fewest deviations are left.
    mean_ratio: Option<f64>,
    worst_ratio: Option<f64>,
    median_s: Option<f64>,
    longest_s: Option<f64>,
}

impl Summary {
    fn of<'m>(logs: impl Iterator<Item = &'m Measured> + Clone) -> Summary {
        let ratios: Vec<f64> = logs.clone().filter_map(Measured::ratio).collect();
        let times = sorted(logs.clone().map(|log| log.processor_s));
        let soonest = |log: &&Measured| {
            log.fewest().is_some()
                && log.proof.none_sooner
                && log.best.events == log.shrunk.after.events
        };
        let far = |log: &&Measured| {
            log.fewest().is_some() && log.proof.within_events >= log.shrunk.after.events * 2
        };
        Summary {
            failures: logs.clone().count(),
            one_minimal: logs.clone().filter(|log| log.one_minimal).count(),
            proven: ratios.len(),
            proven_far: logs.clone().filter(far).count(),
            proven_soonest: logs.filter(soonest).count(),
            mean_ratio: (!ratios.is_empty())
                .then(|| ratios.iter().sum::<f64>() / ratios.len() as f64),
            worst_ratio: ratios.into_iter().max_by(f64::total_cmp),
            median_s: times.get(times.len() / 2).copied(),
            longest_s: times.last().copied(),
        }
    }
}

fn sorted(all: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted = Vec::from_iter(all);
    sorted.sort_by(f64::total_cmp);
    sorted
}

pub(crate) fn shrinking(session: &mut Session, arguments: &Shrinking) -> Result<Exit, Problem> {
    let entries = session.scenarios(&arguments.scenario)?;
    if entries.iter().all(|entry| entry.bugs.is_empty()) {
        return Err(Problem::new("no bugs can be planted there; add some to the registry"));
    }
    let before = arguments.write.as_deref().map(Frame::read).transpose()?;
    let chosen: Vec<(&Entry, Bug)> =
        entries.iter().flat_map(|entry| entry.bugs.iter().map(|bug| (*entry, *bug))).collect();
    let all = chosen.len();
    let bugs = measure_all(session, &chosen, arguments);
    let unmeasured = all - bugs.len();
    let whole = Summary::of(bugs.iter().flat_map(|row| &row.logs));
    let minimal = whole.one_minimal == whole.failures;
    let table = Table { bugs, unmeasured, whole };
    let text = in_markdown(&table, arguments);
    // A whole table is not replaced by a part of one.
    if let (Some(frame), Some(path), 0) = (before, &arguments.write, unmeasured) {
        super::planted::write(path, &frame.around(&text))?;
    }
    session.tell(&table, || text);
    Ok(session.exit(minimal && table.unmeasured == 0, !minimal))
}

/// Measures each of these bugs, several at a time; all of them unless Ctrl-C was pressed meanwhile.
fn measure_all(session: &Session, chosen: &[(&Entry, Bug)], arguments: &Shrinking) -> Vec<Row> {
    let (stop, progress) = (session.interrupt.heed(), session.progress);
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let jobs = arguments.jobs.or_else(|| std::thread::available_parallelism().ok());
    std::thread::scope(|scope| {
        for _ in 0..jobs.map_or(1, NonZeroUsize::get).min(chosen.len()) {
            scope.spawn(|| {
                while let place = next.fetch_add(1, Ordering::Relaxed)
                    && let Some((entry, bug)) = chosen.get(place)
                {
                    let Some(row) = measure(entry, *bug, arguments, stop) else { continue };
                    if progress {
                        let known = in_words(&row.summary);
                        say(&format!("{} {}: {known}", entry.name, bug.name));
                    }
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push((place, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Shrinks the lowest failing seeds of a bug; nothing if Ctrl-C was pressed meanwhile.
fn measure(entry: &Entry, bug: Bug, arguments: &Shrinking, stop: &AtomicBool) -> Option<Row> {
    let keep_going = || !stop.load(Ordering::Relaxed);
    let budget = Budget::new(DEFAULT_ATTEMPTS).keep_going(&keep_going);
    let proving = |candidates| Proving {
        budget: Budget::new(candidates).keep_going(&keep_going),
        within_events: None,
        to_the_end: false,
        progress: false,
    };
    let scenario = entry.build(Some(bug.name)).expect("a scenario knows the bugs it lists");
    let mut logs = Vec::new();
    for seed in arguments.seeds.clone().take_while(|_| keep_going()) {
        if logs.len() == arguments.failing {
            break;
        }
        let candidates = if logs.is_empty() { arguments.deep } else { arguments.budget };
        logs.extend(scenario.measure(seed, bug.caught_by, budget, proving(candidates)));
    }
    let summary = Summary::of(logs.iter());
    keep_going().then_some(Row { scenario: entry.name, bug: bug.name, logs, summary })
}

/// The lines of a file before and after those that are written anew.
struct Frame {
    before: String,
    after: String,
}

impl Frame {
    fn read(path: &Path) -> Result<Frame, Problem> {
        Session::probe(folder(path), "it cannot be written there, name another file by --write")?;
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|error| Problem::file(path, &error, "name another by --write"))?;
        let (before, rest) = text.split_once(BEGIN).unzip();
        let after = rest.and_then(|rest| rest.split_once(END)).map(|(_, after)| after);
        let (Some(before), Some(after)) = (before, after) else {
            let path = path.display();
            return Err(Problem::new(format!(
                "{path}: has no lines {BEGIN:?} and {END:?}, between which figures could be written"
            )));
        };
        Ok(Frame { before: before.to_owned(), after: after.to_owned() })
    }

    fn around(&self, text: &str) -> String {
        let Frame { before, after } = self;
        format!("{before}{BEGIN}\n{text}\n{END}{after}")
    }
}

fn in_markdown(table: &Table, arguments: &Shrinking) -> String {
    let Shrinking { scenario, seeds, failing, budget, deep, write, .. } = arguments;
    let write = write.as_ref().map(|path| format!(" --write {}", quoted(path)));
    let mut text = format!(
        "Written by `{NAME} shrinking {scenario} --seeds {}..{} --failing {failing} --budget \
         {budget} --deep {deep}{}`.\n\n\
         | scenario | bug | failures | deviations before | after | fewest | proven | ratio | events \
         before | after | soonest proven | attempts | time | longest |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        seeds.start,
        seeds.end,
        write.unwrap_or_default(),
    );
    for row in &table.bugs {
        let _ = writeln!(text, "| {} |", cells(row).join(" | "));
    }
    let _ = writeln!(text, "\n{}", in_words(&table.whole));
    let with =
        |proven: fn(&Summary) -> bool| table.bugs.iter().filter(|row| proven(&row.summary)).count();
    let _ = writeln!(
        text,
        "The fewest deviations are proven for some failure of {} of {} bugs, and for at least half of \
         the failures of {}.",
        with(|summary| summary.proven > 0),
        table.bugs.len(),
        with(|summary| summary.proven * 2 >= summary.failures.max(1)),
    );
    if table.unmeasured > 0 {
        let _ = writeln!(text, "Interrupted: {} more were not measured.", table.unmeasured);
    }
    text.push_str(&demi::in_markdown(&table.bugs));
    text
}

fn cells(row: &Row) -> [String; 14] {
    let Row { logs, summary, .. } = row;
    let middle = |of: &dyn Fn(&Measured) -> u64| {
        let mut all: Vec<u64> = logs.iter().map(of).collect();
        all.sort_unstable();
        all.get(all.len() / 2).map_or_else(|| "–".to_owned(), u64::to_string)
    };
    let ratio = match (summary.mean_ratio, summary.worst_ratio) {
        (Some(mean), Some(worst)) if worst > mean => format!("{mean:.2}, at worst {worst:.2}"),
        (Some(mean), _) => format!("{mean:.2}"),
        _ => "–".to_owned(),
    };
    [
        row.scenario.to_owned(),
        row.bug.to_owned(),
        summary.failures.to_string(),
        middle(&|log| log.shrunk.before.deviations as u64),
        middle(&|log| log.shrunk.after.deviations as u64),
        middle(&|log| log.best.deviations as u64),
        summary.proven.to_string(),
        ratio,
        middle(&|log| log.shrunk.before.events),
        middle(&|log| log.shrunk.after.events),
        summary.proven_soonest.to_string(),
        middle(&|log| log.shrunk.attempts),
        seconds(summary.median_s),
        seconds(summary.longest_s),
    ]
}

fn in_words(summary: &Summary) -> String {
    let Summary { failures, one_minimal, proven, proven_far, .. } = summary;
    let Summary { proven_soonest, mean_ratio, worst_ratio, .. } = summary;
    let ratio = match (mean_ratio, worst_ratio) {
        (Some(mean), Some(worst)) => {
            format!("; of these {mean:.2} times as many are left, at worst {worst:.2} times")
        }
        _ => String::new(),
    };
    let far = match proven - proven_far {
        0 => String::new(),
        near => format!(", for {near} of them only within as many events as the list takes itself"),
    };
    format!(
        "{failures} failures, of which {one_minimal} are 1-minimal. The fewest deviations are \
         proven for {proven}{far}{ratio}. That none fails sooner is proven for {proven_soonest}. \
         Time: median {}, longest {}.",
        seconds(summary.median_s),
        seconds(summary.longest_s),
    )
}

/// Rounded to one digit, so that what has not changed looks the same.
fn seconds(time: Option<f64>) -> String {
    match time {
        None => "–".to_owned(),
        Some(time) if time < 0.1 => "< 0.1 s".to_owned(),
        Some(time) if time < 1.0 => format!("{time:.1} s"),
        Some(time) => format!("{time:.0} s"),
    }
}
