//! The log: entries behind a base that stands for everything compacted away.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Entries, Entry, LogIndex, Term};

/// The entries from `base + 1` on.
#[derive(Clone, Debug)]
pub struct Log<C> {
    base: LogIndex,
    base_term: Term,
    entries: Vec<Entry<C>>,
    /// What an append without entries carries.
    empty: Entries<C>,
    /// The run that was shared last, and where it begins: peers that stand equal share it.
    shared: (LogIndex, Entries<C>),
}

impl<C: Clone> Log<C> {
    /// An empty log behind `base`.
    pub(crate) fn new(base: LogIndex, base_term: Term) -> Log<C> {
        let empty: Entries<C> = Arc::from([]);
        Log { base, base_term, entries: Vec::new(), shared: (0, empty.clone()), empty }
    }

    /// The index before the first entry.
    pub fn base(&self) -> LogIndex {
        self.base
    }

    /// The index of the first entry that is still here, or would be.
    pub fn first_index(&self) -> LogIndex {
        self.base + 1
    }

    /// The index of the last entry, or `base` if there is none.
    pub fn last_index(&self) -> LogIndex {
        self.base + self.entries.len() as u64
    }

    /// The term at the last index.
    pub fn last_term(&self) -> Term {
        self.entries.last().map_or(self.base_term, |entry| entry.term)
    }

    /// The last index, and the term there: what candidates are compared by.
    pub(crate) fn end(&self) -> (LogIndex, Term) {
        (self.last_index(), self.last_term())
    }

    /// The term at an index: known from `base` to the last index.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == self.base {
            return Some(self.base_term);
        }
        self.entry(index).map(|entry| entry.term)
    }

    /// The entry at an index, unless it is compacted away or still to come.
    pub fn entry(&self, index: LogIndex) -> Option<&Entry<C>> {
        self.entries.get(index.checked_sub(self.base + 1)? as usize)
    }

    /// All entries, the first at [`first_index`](Log::first_index).
    pub fn entries(&self) -> &[Entry<C>] {
        &self.entries
    }

    /// The last index at or below `index` with at most this term; one before the base if even the
    /// base is of a later one.
    pub(crate) fn last_up_to_term(&self, index: LogIndex, term: Term) -> LogIndex {
        let mut last = index.min(self.last_index());
        while self.term_at(last).is_some_and(|found| found > term) {
            last -= 1;
        }
        last
    }

    /// Puts entries at the end. To share them with others no copy will be needed.
    pub(crate) fn append(&mut self, entries: &Entries<C>) {
        self.shared = (self.last_index() + 1, entries.clone());
        self.entries.extend_from_slice(entries);
    }

    /// Forgets everything behind `index`.
    pub(crate) fn truncate_after(&mut self, index: LogIndex) {
        self.entries.truncate(index.saturating_sub(self.base) as usize);
        self.shared = (0, self.empty.clone());
    }

    /// Forgets everything up to `index`, which is in the log.
    pub(crate) fn compact(&mut self, index: LogIndex) {
        let Some(term) = self.term_at(index) else {
            panic!("index {index} is not in the log and cannot become its base");
        };
        self.entries.drain(..(index - self.base) as usize);
        (self.base, self.base_term) = (index, term);
    }

    /// No entries, to be shared.
    pub(crate) fn none(&self) -> Entries<C> {
        self.empty.clone()
    }

    /// At most `limit` entries from `first` on, as long as they fit, to be shared. Asking for the
    /// same again copies nothing.
    pub(crate) fn share(
        &mut self,
        first: LogIndex,
        limit: usize,
        fits: impl FnMut(&&Entry<C>) -> bool,
    ) -> Entries<C> {
        let from = (first - self.base - 1) as usize;
        let length = self.entries.iter().skip(from).take(limit).take_while(fits).count();
        if length == 0 {
            return self.none();
        }
        if self.shared.0 != first || self.shared.1.len() != length {
            self.shared = (first, Arc::from(&self.entries[from..from + length]));
        }
        self.shared.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::entry::Payload;

    fn entries(terms: &[Term]) -> Entries<u8> {
        terms.iter().map(|term| Entry { term: *term, payload: Payload::Noop }).collect()
    }

    fn log(base: LogIndex, base_term: Term, terms: &[Term]) -> Log<u8> {
        let mut log = Log::new(base, base_term);
        log.append(&entries(terms));
        log
    }

    fn terms(log: &Log<u8>) -> Vec<Term> {
        log.entries().iter().map(|entry| entry.term).collect()
    }

    #[test]
    fn terms_are_known_from_the_base_on() {
        let log = log(10, 3, &[3, 4, 4]);
        assert_eq!(
            [9, 10, 11, 13, 14].map(|index| log.term_at(index)),
            [None, Some(3), Some(3), Some(4), None]
        );
        assert_eq!((log.first_index(), log.last_index(), log.last_term()), (11, 13, 4));
        assert_eq!((log.entry(10), log.entry(0)), (None, None), "the base is no entry");
        assert_eq!(Log::<u8>::new(10, 3).last_term(), 3);
    }

    #[test]
    fn compacting_keeps_what_follows_and_truncating_what_precedes() {
        let mut log = log(10, 3, &[3, 4, 4, 5]);
        log.compact(12);
        assert_eq!((log.base(), log.term_at(12), terms(&log)), (12, Some(4), vec![4, 5]));
        log.truncate_after(13);
        assert_eq!((log.last_index(), terms(&log)), (13, vec![4]));
        log.truncate_after(5);
        assert_eq!((log.base(), log.last_index()), (12, 12), "the base stays");
    }

    #[test]
    fn the_end_of_a_term_and_of_those_before_it_is_found() {
        let log = log(2, 1, &[1, 1, 2, 2, 5]);
        assert_eq!(log.last_up_to_term(9, 2), 6);
        assert_eq!(log.last_up_to_term(9, 4), 6);
        assert_eq!(log.last_up_to_term(5, 9), 5);
        assert_eq!(log.last_up_to_term(9, 0), 1, "before all that is known");
    }

    #[test]
    fn the_same_run_is_shared_until_the_log_is_cut() {
        let mut log = log(0, 0, &[1, 1, 1]);
        let run = log.share(2, 64, |_| true);
        assert!(Arc::ptr_eq(&run, &log.share(2, 64, |_| true)));
        assert_eq!(log.share(2, 1, |_| true).len(), 1);
        assert!(Arc::ptr_eq(&log.share(4, 64, |_| true), &log.none()), "nothing to share");
        let run = log.share(2, 64, |_| true);
        log.truncate_after(1);
        log.append(&entries(&[2, 2]));
        assert_ne!(log.share(2, 64, |_| true), run);
    }
}
