//! Logs to play with, found by campaigns of the counter.

use std::path::{Path, PathBuf};

use crate::{run, text};

/// Finds a planted bug of the counter and returns the log of its expected property, shrunk by so
/// many attempts at most.
pub fn find(folder: &Path, bug: &str, attempts: &str) -> PathBuf {
    let found = run(&[
        "campaign",
        "counter",
        "--planted",
        bug,
        "--seeds",
        "0..20",
        "--shrink-attempts",
        attempts,
        "--json",
        "--out",
        text(folder),
    ]);
    assert_eq!(found.code, 1, "{found:?}");
    let report: serde_json::Value = serde_json::from_str(&found.out).expect("a JSON object");
    let log = report["failures"][0]["log"].as_str().expect("the first failure has a log");
    PathBuf::from(log)
}

/// A log of a shrunk failure.
pub fn small(folder: &Path) -> PathBuf {
    find(folder, "answers-first", "50000")
}

/// The crash in a log.
pub fn crash(log: &mut serde_json::Value) -> &mut serde_json::Value {
    let deviations = log["deviations"].as_array_mut().expect("a list");
    deviations.iter_mut().find_map(|one| one.get_mut("crash")).expect("a node crashes")
}

/// Writes a changed copy of a JSON log beside it.
pub fn changed(log: &Path, name: &str, change: impl FnOnce(&mut serde_json::Value)) -> PathBuf {
    let bytes = std::fs::read(log).expect("the log is there");
    let mut value = serde_json::from_slice(&bytes).expect("the log is JSON");
    change(&mut value);
    let path = log.with_file_name(name);
    std::fs::write(&path, value.to_string()).expect("the folder can be written to");
    path
}
