use std::path::Path;

use serde::Serialize;
use stormglass_campaign::{Entry, Registry, UnknownName};

use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::pattern::{closest, distance, is_pattern};
use crate::problem::Problem;
use crate::screen::Screen;

/// What every command is given.
pub(crate) struct Session<'t> {
    pub(crate) registry: &'t Registry,
    /// The name of this program.
    pub(crate) program: String,
    pub(crate) screen: Screen<'t>,
    pub(crate) json: bool,
    pub(crate) progress: bool,
    pub(crate) interrupt: &'static Interrupt,
}

/// The name that stands for every scenario, or every bug.
pub(crate) const ALL: &str = "all";

/// Whether it may stand for several scenarios, or bugs.
pub(crate) fn is_many(name: &str) -> bool {
    name == ALL || is_pattern(name)
}

/// The folder that a file is in.
pub(crate) fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

impl<'t> Session<'t> {
    /// Tells a result: an object for programs, or text for people.
    pub(crate) fn tell(&mut self, object: &impl Serialize, text: impl FnOnce() -> String) {
        match self.json {
            true => self.screen.json(object),
            false => self.screen.text(text()),
        }
    }

    /// A name that is not known, with the command that lists those that are.
    pub(crate) fn unknown(&self, unknown: UnknownName) -> Problem {
        UnknownName { all: format!("{} list", self.program), ..unknown }.into()
    }

    /// One scenario, all of them, or those that fit a pattern.
    pub(crate) fn scenarios(&self, name: &str) -> Result<Vec<&'t Entry>, Problem> {
        let entries = self.registry.entries();
        match name {
            ALL => Ok(entries.iter().collect()),
            pattern if is_pattern(pattern) => {
                let fits = |entry: &&Entry| distance(pattern, entry.name) == Some(0);
                let found: Vec<_> = entries.iter().filter(fits).collect();
                match found.is_empty() {
                    true => Err(self.unknown(UnknownName {
                        what: "scenario",
                        name: pattern.to_owned(),
                        close: closest(pattern, entries.iter().map(|entry| entry.name)),
                        all: String::new(),
                    })),
                    false => Ok(found),
                }
            }
            name => match self.registry.find(name) {
                Ok(entry) => Ok(vec![entry]),
                Err(unknown) => Err(self.unknown(unknown)),
            },
        }
    }

    /// How a command ends that heeds Ctrl-C: what has failed has failed.
    pub(crate) fn exit(&self, fine: bool, failed: bool) -> Exit {
        match self.interrupt.is_raised() && !failed {
            true => Exit::Interrupted,
            false => Exit::of(fine),
        }
    }

    /// Makes a folder and tries to write there, so that hours of work do not end in an error.
    pub(crate) fn probe(folder: &Path, advice: &str) -> Result<(), Problem> {
        let tried = std::fs::create_dir_all(folder)
            .and_then(|()| tempfile::NamedTempFile::new_in(folder).map(drop));
        tried.map_err(|error| Problem::file(folder, &error, advice))
    }
}
