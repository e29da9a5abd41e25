//! Logs outlive the code: what becomes of the corpus after changes that are not meant to change
//! anything?

mod change;
mod changed;
mod scenario;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use stormglass_campaign::{Registry, Runnable};
use stormglass_replay::RawLog;

use self::change::Change;

/// How many runs it may take to repair a log.
const TRIES: u64 = 200;
/// On machines without the bug, nothing is found by so many runs around one log of so many. (That none
/// fails as it is read is tested with the corpus.)
const TRIES_WITHOUT_THE_BUG: u64 = 500;
const ONE_OF: usize = 8;
/// So many of a hundred logs must reproduce after each change.
const SURVIVE: usize = 90;

/// A log of the corpus.
struct Kept {
    raw: RawLog,
    seed: u64,
    signature: String,
}

/// One folder a scenario, one log a bug.
fn corpus() -> Vec<Kept> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("there is a corpus");
        entries.map(|entry| entry.expect("it can be listed").path()).collect()
    };
    let folders = list(Path::new(env!("CARGO_MANIFEST_DIR")));
    let folders = folders.iter().filter(|path| path.is_dir());
    let mut paths: Vec<_> = folders.flat_map(|folder| list(folder)).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let changed = scenario::changed(Change::Nothing);
    let all = paths.iter().map(|path| kept(path));
    all.filter(|kept| changed.of(&kept.raw, false).is_ok()).collect()
}

fn kept(path: &Path) -> Kept {
    let raw = RawLog::open(path).expect("it is a log");
    let text = std::fs::read(path).expect("it was just read");
    let log: Value = serde_json::from_slice(&text).expect("a log is JSON");
    let text = |name: &str| log["expected"][name].as_str().expect("a text").to_owned();
    let signature = match text("cause") {
        none if none.is_empty() => text("property"),
        cause => format!("{} [{cause}]", text("property")),
    };
    Kept { raw, seed: log["seed"].as_u64().expect("a number"), signature }
}

fn build(registry: &Registry, kept: &Kept, healthy: bool) -> Box<dyn Runnable> {
    registry.of(&kept.raw, healthy).expect("the scenario is known")
}

/// What has become of all logs after one change.
#[derive(Default)]
struct Fate {
    verdicts: BTreeMap<&'static str, usize>,
    /// Of those that were absent.
    repaired: usize,
    /// How many seeds of logs, searched again, fail as they did.
    seeds: usize,
    lost: Vec<String>,
}

impl Fate {
    fn of(change: Change, logs: &[Kept]) -> Fate {
        let registry = scenario::changed(change);
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let out = folder.path().join("repaired.json");
        let mut fate = Fate::default();
        for kept in logs {
            let scenario = build(&registry, kept, false);
            let verdict = scenario.replay(&kept.raw).expect("it makes sense").verdict;
            *fate.verdicts.entry(verdict).or_default() += 1;
            if verdict == "absent" {
                let repair = scenario.repair(&kept.raw, &|tried| tried < TRIES, &out);
                match repair.expect("it can be written").repaired {
                    true => {
                        let again = RawLog::open(&out).expect("it is a log");
                        let again = scenario.replay(&again).expect("it makes sense");
                        assert_eq!(again.verdict, "exact", "a repaired log reproduces");
                        assert_eq!(again.signature.as_ref(), Some(&kept.signature));
                        fate.repaired += 1;
                    }
                    false => fate.lost.push(kept.raw.path().display().to_string()),
                }
            }
            let seed = scenario.run(kept.seed, false);
            fate.seeds += usize::from(seed.signature.as_ref() == Some(&kept.signature));
        }
        fate
    }

    fn count(&self, verdict: &str) -> usize {
        self.verdicts.get(verdict).copied().unwrap_or(0)
    }

    fn reproduced(&self) -> usize {
        self.count("exact") + self.count("drifted")
    }
}

/// What becomes of all logs after each change. The changes are shared out to as many threads as there
/// are cores.
fn fates(logs: &[Kept]) -> BTreeMap<Change, Fate> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut fates = Vec::new();
        while let Some(change) = Change::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            fates.push((*change, Fate::of(*change, logs)));
        }
        fates
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        all.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

/// So many of a hundred, rounded down.
fn percent(part: usize, all: usize) -> usize {
    part * 100 / all
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/replay.md");
const BEGIN: &str = "<!-- survival: begin -->\n";
const END: &str = "<!-- survival: end -->\n";

/// `UPDATE_DOCS=1 cargo test -p stormglass-corpus --test survival` writes the table anew.
#[test]
fn nine_of_ten_logs_survive_each_change() {
    let logs = corpus();
    let all = logs.len();
    let mut table = String::from(
        "| change | exact | drifted | absent | reproduced | after repair | seeds |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut lost = Vec::new();
    for (change, fate) in fates(&logs) {
        let (exact, drifted, absent) =
            (fate.count("exact"), fate.count("drifted"), fate.count("absent"));
        let reproduced = percent(fate.reproduced(), all);
        let repaired = percent(fate.reproduced() + fate.repaired, all);
        let (about, seeds) = (change.about(), percent(fate.seeds, all));
        writeln!(
            table,
            "| {about} | {exact} | {drifted} | {absent} | {reproduced} % | {repaired} % | {seeds} % |"
        )
        .expect("a text takes what is written");
        if change == Change::Nothing {
            assert_eq!((exact, fate.seeds), (all, all), "the test itself changes something");
        }
        if reproduced < SURVIVE {
            lost.push(format!("{about}: {reproduced} %"));
        }
        println!("{change:?}: {absent} absent, lost {:?}", fate.lost);
    }
    println!("{table}");
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/replay.md is there");
    let begin = document.find(BEGIN).expect("the table has a beginning") + BEGIN.len();
    let end = document.find(END).expect("the table has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = format!("{}{table}{}", &document[..begin], &document[end..]);
        std::fs::write(DOCUMENT, updated).expect("docs/replay.md is written");
    } else {
        assert_eq!(&document[begin..end], table);
    }
    assert!(lost.is_empty(), "less than {SURVIVE} % reproduce after {lost:?}");
}

#[test]
fn without_its_bug_nothing_near_a_log_fails() {
    let registry = stormglass_scenarios::registry();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let out = folder.path().join("repaired.json");
    for kept in corpus().iter().step_by(ONE_OF) {
        let scenario = build(&registry, kept, true);
        let repair = scenario.repair(&kept.raw, &|tried| tried < TRIES_WITHOUT_THE_BUG, &out);
        let repair = repair.expect("it makes sense");
        assert!(!repair.repaired, "{}: found without the bug", kept.raw.path().display());
        assert!(repair.tried > 0);
    }
    assert!(!out.exists(), "nothing is written");
}
