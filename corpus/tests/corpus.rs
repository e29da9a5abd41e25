//! Every kept log still means what it meant: the same violation, after the very same run, told in
//! the same words, with nothing in it that could be left out. And every bug that can be planted
//! has its log.

use std::path::{Path, PathBuf};

use serde_json::Value;
use stormglass_campaign::{Planted, Registry};
use stormglass_replay::RawLog;

/// What to do when a change of a machine, a scenario or the story is meant.
const REWRITE: &str = "If this is meant, write the logs and the table anew and look at the difference: \
    cargo run --release -- planted all --seeds 0..2000 --keep corpus --write docs/planted-bugs.md";

/// One folder a scenario, one log a bug.
fn logs() -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| {
            panic!("{}: {error}", folder.display());
        });
        let paths = entries.map(|entry| entry.expect("it can be listed").path());
        paths.collect::<Vec<_>>()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = list(root).into_iter().filter(|path| path.is_dir());
    let mut logs: Vec<_> = folders
        .flat_map(|folder| list(&folder))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    logs.sort();
    logs
}

/// Asks something of every log, and lists the answers that are not as they should be.
fn every_log(ask: impl Fn(&Registry, &RawLog) -> Result<(), String>) {
    let registry = stormglass_scenarios::registry();
    let logs = logs();
    assert!(!logs.is_empty(), "the corpus is empty");
    let wrong: Vec<_> = logs
        .iter()
        .filter_map(|path| {
            let answer = RawLog::open(path).map_err(|error| error.to_string());
            let problem = answer.and_then(|log| ask(&registry, &log)).err()?;
            Some(format!("{}: {problem}", path.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n{REWRITE}", wrong.join("\n"));
}

#[test]
fn every_log_replays_exactly_and_tells_the_same_story() {
    every_log(|registry, log| {
        let scenario = registry.of(log, false).map_err(|error| error.to_string())?;
        let replay = scenario.replay(log).map_err(|error| error.to_string())?;
        let story = scenario.story(log).map_err(|error| error.to_string())?;
        match replay.verdict {
            "exact" if replay.story == story && replay.drift.unmatched.is_empty() => Ok(()),
            "exact" => Err("the story is told in other words".to_owned()),
            other => Err(format!("{other}, first difference: {:?}", replay.first_difference)),
        }
    });
}

#[test]
fn without_its_bug_no_log_fails() {
    every_log(|registry, log| {
        let scenario = registry.of(log, true).map_err(|error| error.to_string())?;
        match scenario.replay(log).map_err(|error| error.to_string())?.verdict {
            "absent" => Ok(()),
            other => Err(format!("{other} though nothing is planted")),
        }
    });
}

#[test]
fn nothing_in_a_log_can_be_left_out() {
    every_log(|registry, log| {
        let scenario = registry.of(log, false).map_err(|error| error.to_string())?;
        match scenario.superfluous(log).map_err(|error| error.to_string())? {
            None => Ok(()),
            Some(position) => Err(format!("it fails without deviation {position}, too")),
        }
    });
}

/// The logs of all bugs, each with its scenario and its bug.
fn planted() -> Vec<(&'static str, Planted, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let registry = stormglass_scenarios::registry();
    let bugs = registry.entries().iter().flat_map(|entry| {
        entry.bugs.iter().map(|bug| {
            let path = root.join(entry.name).join(bug.name).with_extension("json");
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let log = serde_json::from_str(&text).expect("a log is JSON");
            (entry.name, *bug, log)
        })
    });
    bugs.collect()
}

#[test]
fn every_bug_that_can_be_planted_has_its_log_with_the_property_that_must_find_it() {
    for (scenario, bug, log) in planted() {
        assert_eq!(log["scenario"], scenario);
        assert_eq!(log["planted"], bug.name);
        assert_eq!(log["expected"]["property"], bug.caught_by, "{}", bug.name);
    }
    assert_eq!(planted().len(), logs().len(), "a log is of no bug that can be planted");
}

#[test]
fn the_median_log_has_at_most_six_deviations() {
    let mut lengths: Vec<_> = planted().iter().map(|(.., log)| deviations(log)).collect();
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= 6, "{lengths:?}");
}

fn deviations(log: &Value) -> usize {
    log["deviations"].as_array().expect("there is a list").len()
}

#[test]
fn the_table_of_planted_bugs_says_what_the_logs_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/planted-bugs.md");
    let table = std::fs::read_to_string(path).expect("there is a table");
    let rows: Vec<Vec<_>> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .skip(1)
        .collect();
    let planted = planted();
    assert_eq!(rows.len(), planted.len());
    for (row, (scenario, bug, log)) in rows.iter().zip(&planted) {
        let event = log["expected"]["event"].to_string();
        let says = [row[1], row[2], row[3], row[4], row[8], row[9]];
        let after = deviations(log).to_string();
        assert_eq!(says, [*scenario, bug.name, bug.about, bug.caught_by, &after, &event]);
    }
}
