//! Every kept log still means what it meant: the same violation, after the very same run, told in
//! the same words, with nothing in it that could be left out. And every bug that can be planted
//! has its log.

use std::path::{Path, PathBuf};

use stormglass_campaign::Registry;
use stormglass_replay::RawLog;

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
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_log_replays_exactly_and_tells_the_same_story() {
    every_log(|registry, log| {
        let scenario = registry.of(log, false).map_err(|error| error.to_string())?;
        let replay = scenario.replay(log).map_err(|error| error.to_string())?;
        let story = scenario.story(log).map_err(|error| error.to_string())?;
        match replay.verdict {
            "exact" if replay.story == story && replay.unmatched.is_empty() => Ok(()),
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

#[test]
fn every_bug_that_can_be_planted_has_its_log() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in stormglass_scenarios::registry().entries() {
        for bug in &entry.bugs {
            let path = root.join(entry.name).join(bug.name).with_extension("json");
            let log = RawLog::open(&path).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(log.head().planted.as_deref(), Some(bug.name), "{}", path.display());
        }
    }
}
