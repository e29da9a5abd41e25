use std::path::Path;

use serde::Serialize;
use stormglass_campaign::{Entry, Registry, UnknownName};

use crate::exit::Exit;
use crate::interrupt::Interrupt;
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

    /// One scenario, or all of them.
    pub(crate) fn scenarios(&self, name: &str) -> Result<Vec<&'t Entry>, Problem> {
        match name {
            ALL => Ok(self.registry.entries().iter().collect()),
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
        stormglass_replay::probe(folder).map_err(|error| Problem::file(folder, &error, advice))
    }
}
