//! Which configuration is in force: the newest in the log, committed or not.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Configuration, Entry, LogIndex, Payload};

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

#[cfg(test)]
mod tests {
    use stormglass_machine::NodeId;

    use super::*;

    fn with(voters: u32) -> Arc<Configuration> {
        Arc::new(Configuration::new((0..voters).map(NodeId).collect()))
    }

    fn entry(voters: u32) -> Entry<u8> {
        Entry { term: 1, payload: Payload::Configuration(with(voters)) }
    }

    #[test]
    fn the_newest_in_the_log_is_in_force_until_it_is_cut_off() {
        let noop = Entry { term: 1, payload: Payload::Noop };
        let mut memberships = Memberships::new(0, with(1));
        memberships.append(1, &[noop.clone(), entry(2), noop, entry(3)]);
        assert_eq!(*memberships.newest(), (4, with(3)));
        assert_eq!(*memberships.at(3), (2, with(2)));
        memberships.truncate_after(3);
        assert_eq!(*memberships.newest(), (2, with(2)));
        memberships.truncate_after(0);
        assert_eq!(*memberships.newest(), (0, with(1)));
    }

    #[test]
    fn what_is_settled_is_forgotten_but_for_the_newest() {
        let mut memberships = Memberships::new(0, with(1));
        memberships.append(5, &[entry(2), entry(3), entry(4)]);
        memberships.forget_before(6);
        assert_eq!(*memberships.at(1), (6, with(3)), "the oldest that is known");
        memberships.truncate_after(0);
        assert_eq!(*memberships.newest(), (6, with(3)), "never empty");
    }
}
