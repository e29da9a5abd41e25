//! Which configuration is in force: the newest in the log, committed or not.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::configuration::Configuration;
use crate::entry::{Entry, LogIndex, Payload};

/// The configurations of the log, each with its index, oldest first; before them the one of the
/// snapshot, or the one the group began with. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Memberships {
    known: Vec<(LogIndex, Arc<Configuration>)>,
}

impl Memberships {
    pub(crate) fn new(index: LogIndex, configuration: Arc<Configuration>) -> Memberships {
        Memberships { known: Vec::from([(index, configuration)]) }
    }

    /// The newest configuration, and its index.
    pub(crate) fn newest(&self) -> &(LogIndex, Arc<Configuration>) {
        self.known.last().expect("there is always a configuration")
    }

    /// The newest configuration up to an index, and its own index.
    pub(crate) fn at(&self, index: LogIndex) -> &(LogIndex, Arc<Configuration>) {
        let known = self.known.iter().rev().find(|(position, _)| *position <= index);
        known.unwrap_or(&self.known[0])
    }

    /// Takes note of the configurations among entries that were appended at `first`.
    pub(crate) fn append<C>(&mut self, first: LogIndex, entries: &[Entry<C>]) {
        for (index, entry) in (first..).zip(entries) {
            if let Payload::Configuration(configuration) = &entry.payload {
                self.known.push((index, configuration.clone()));
            }
        }
    }

    /// The log ends after `index` now: an older configuration comes back into force.
    pub(crate) fn truncate_after(&mut self, index: LogIndex) {
        while self.known.len() > 1 && self.newest().0 > index {
            self.known.pop();
        }
    }

    /// What is older than the newest up to `index` is no longer of interest.
    pub(crate) fn forget_before(&mut self, index: LogIndex) {
        let newer = |(position, _): &(LogIndex, _)| *position <= index;
        let keep = self.known.iter().rposition(newer).unwrap_or(0);
        self.known.drain(..keep);
    }
}
