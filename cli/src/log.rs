//! Logs, and the scenarios they are of.

use std::path::{Path, PathBuf};

use stormglass_campaign::Runnable;
use stormglass_replay::{LogError, RawLog};

use crate::problem::Problem;
use crate::session::{Session, folder};

/// A log with the scenario it is of.
pub(crate) struct Opened {
    pub(crate) raw: RawLog,
    pub(crate) scenario: Box<dyn Runnable>,
}

impl Opened {
    /// Reads a log and finds its scenario, with the bug planted that it names unless `healthy`.
    pub(crate) fn open(session: &Session, path: &Path, healthy: bool) -> Result<Opened, Problem> {
        let raw = RawLog::open(path)?;
        let scenario = session.registry.of(&raw, healthy).map_err(|unknown| {
            Problem::new(format!("{}: {}", path.display(), session.unknown(unknown)))
        })?;
        Ok(Opened { raw, scenario })
    }

    /// The scenario and its bug, in words.
    pub(crate) fn title(&self) -> String {
        let head = self.raw.head();
        match &head.planted {
            Some(bug) => format!("{} with {bug} planted", head.scenario),
            None => head.scenario.clone(),
        }
    }
}

/// Whether the name of a file tells a form in which logs are written.
pub(crate) fn has_form(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json" || extension == "bin")
}

/// Makes sure, before any work is done, that a log can be written under this name.
pub(crate) fn check_name(path: &Path) -> Result<(), Problem> {
    if !has_form(path) {
        return Err(LogError::UnknownForm { path: path.to_owned() }.into());
    }
    Session::probe(folder(path), "no file can be made there, name another")
}

/// Next to a log, as `NAME.WHAT.json`.
pub(crate) fn beside(log: &Path, what: &str) -> Result<PathBuf, Problem> {
    let stem = log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stem = stem.strip_suffix(&format!(".{what}")).unwrap_or(&stem);
    let out = log.with_file_name(format!("{stem}.{what}.json"));
    if out == log {
        let path = log.display();
        return Err(Problem::new(format!(
            "{path}: would be overwritten; name a file by --out, this one if that is meant"
        )));
    }
    Ok(out)
}
