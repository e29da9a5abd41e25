//! Logs outlive the code: what becomes of the corpus after a change that is not meant to change
//! anything?

mod change;
mod changed;
mod scenario;

use std::path::{Path, PathBuf};

use stormglass_replay::RawLog;

use self::change::Change;

#[test]
fn probe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut logs: Vec<PathBuf> = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            for file in std::fs::read_dir(&folder).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|e| e == "json") { logs.push(path); }
            }
        }
    }
    logs.sort();
    if std::env::var_os("CONVERT").is_some() {
        let registry = stormglass_scenarios::registry();
        for path in &logs {
            let raw = RawLog::open(path).unwrap();
            registry.of(&raw, false).unwrap().convert(&raw, path).unwrap();
        }
    }
    for change in Change::ALL {
        let registry = scenario::changed(change);
        let mut counts = std::collections::BTreeMap::<&str, u32>::new();
        let mut seeds = 0;
        let mut absent = Vec::new();
        for path in &logs {
            let raw = RawLog::open(path).unwrap();
            let text: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let (property, cause) = (text["expected"]["property"].as_str().unwrap(), text["expected"]["cause"].as_str().unwrap());
            let scenario = registry.of(&raw, false).unwrap();
            let verdict = scenario.replay(&raw).map(|r| r.verdict).unwrap_or("unreadable");
            *counts.entry(verdict).or_default() += 1;
            if verdict != "exact" && verdict != "drifted" { absent.push(path.file_stem().unwrap().to_str().unwrap().to_owned()); }
            let run = scenario.run(text["seed"].as_u64().unwrap(), false);
            let signature = run.signature.unwrap_or_default();
            if signature.starts_with(property) && signature.contains(cause) { seeds += 1; }
        }
        println!("{change:?}: {counts:?} seeds {seeds} of {} absent {absent:?}", logs.len());
    }
}
