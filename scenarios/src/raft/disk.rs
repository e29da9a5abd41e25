//! What a node's log is, by what it has written: once as the node has it in memory, and once as
//! its disk has it.

use std::sync::Arc;

use stormglass_machine::NodeId;
use stormglass_raft::{Configuration, LogIndex, Payload, Record, Term};

use super::store::{Answer, Command};

/// The records of a node.
pub type Written = Record<Command, Answer>;

/// The terms of a log, behind a base that stands for what is compacted away.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    base: LogIndex,
    base_term: Term,
    terms: Vec<Term>,
}

impl Terms {
    /// The index before the first entry.
    pub fn base(&self) -> LogIndex {
        self.base
    }

    /// The index of the last entry, or the base.
    pub fn last(&self) -> LogIndex {
        self.base + self.terms.len() as u64
    }

    /// The term at an index, from the base to the last.
    pub fn at(&self, index: LogIndex) -> Option<Term> {
        match index.checked_sub(self.base)? {
            0 => Some(self.base_term),
            behind => self.terms.get(behind as usize - 1).copied(),
        }
    }

    /// It has this entry, or has compacted it away.
    pub fn holds(&self, index: LogIndex, term: Term) -> bool {
        index < self.base || self.at(index) == Some(term)
    }

    fn append(&mut self, first: LogIndex, terms: impl Iterator<Item = Term>) {
        self.terms.truncate((first - 1).saturating_sub(self.base) as usize);
        self.terms.extend(terms);
    }

    fn replace(&mut self, base: LogIndex, base_term: Term, terms: impl Iterator<Item = Term>) {
        (self.base, self.base_term) = (base, base_term);
        self.terms.clear();
        self.terms.extend(terms);
    }

    /// Follows a record.
    pub fn follow(&mut self, record: &Written) {
        match record {
            Record::Append { first, entries } => {
                self.append(*first, entries.iter().map(|entry| entry.term));
            }
            Record::Image(image) => {
                let terms = image.entries.iter().map(|entry| entry.term);
                self.replace(image.base, image.base_term, terms);
            }
            Record::Ballot { .. } | Record::Commit(_) | Record::Chunk(_) => {}
        }
    }
}

/// What a disk has, and what is on its way there.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    pub term: Term,
    pub vote: Option<NodeId>,
    pub log: Terms,
    /// Where the newest snapshot was taken.
    pub snapshot: LogIndex,
    unflushed: Vec<Written>,
}

impl Disk {
    /// It is empty, until records are kept.
    pub fn clear(&mut self) {
        let (mut log, mut unflushed) =
            (std::mem::take(&mut self.log), std::mem::take(&mut self.unflushed));
        log.replace(0, 0, [].into_iter());
        unflushed.clear();
        *self = Disk { log, unflushed, ..Disk::default() };
    }

    /// A record is on its way.
    pub fn write(&mut self, record: &Written) {
        self.unflushed.push(record.clone());
    }

    /// What was on its way.
    pub fn take_unflushed(&mut self) -> Vec<Written> {
        std::mem::take(&mut self.unflushed)
    }

    /// Gives the list back, empty, so that it need not grow again.
    pub fn reuse(&mut self, list: Vec<Written>) {
        self.unflushed = list;
    }

    /// Nothing is on its way.
    pub fn is_settled(&self) -> bool {
        self.unflushed.is_empty()
    }

    /// A record has become durable.
    pub fn keep(&mut self, record: &Written) {
        self.log.follow(record);
        match record {
            Record::Ballot { term, voted_for } => (self.term, self.vote) = (*term, *voted_for),
            Record::Image(image) => {
                (self.term, self.vote) = (image.term, image.voted_for);
                let metadata = image.snapshot.as_ref().map(|snapshot| &snapshot.metadata);
                self.snapshot = metadata.map_or(0, |metadata| metadata.last_included_index);
            }
            Record::Append { .. } | Record::Commit(_) | Record::Chunk(_) => {}
        }
    }
}

/// The configurations of a log, each with its index, oldest first; before them the one of the
/// snapshot, or the one the group began with.
#[derive(Clone, Debug)]
pub struct Configurations(Vec<(LogIndex, Arc<Configuration>)>);

impl Configurations {
    /// Those of a group that begins with this one.
    pub fn new(first: Arc<Configuration>) -> Self {
        Configurations(vec![(0, first)])
    }

    /// The newest.
    pub fn newest(&self) -> &(LogIndex, Arc<Configuration>) {
        self.0.last().expect("there is always one")
    }

    /// The newest up to an index.
    pub fn at(&self, index: LogIndex) -> &(LogIndex, Arc<Configuration>) {
        self.0.iter().rev().find(|(position, _)| *position <= index).unwrap_or(&self.0[0])
    }

    /// Those that are newer than this index.
    pub fn after(&self, index: LogIndex) -> impl Iterator<Item = &Configuration> {
        let newer = self.0.iter().rev().take_while(move |(position, _)| *position > index);
        newer.map(|(_, configuration)| &**configuration)
    }

    /// Nothing in the log from here on is in force any more.
    pub fn cut(&mut self, first: LogIndex) {
        while self.0.len() > 1 && self.newest().0 >= first {
            self.0.pop();
        }
    }

    /// The next one in the log.
    pub fn push(&mut self, index: LogIndex, configuration: Arc<Configuration>) {
        self.0.push((index, configuration));
    }

    /// All others are forgotten.
    pub fn replace(&mut self, index: LogIndex, configuration: Arc<Configuration>) {
        self.0.clear();
        self.0.push((index, configuration));
    }

    /// Follows a record that was read back.
    pub fn follow(&mut self, record: &Written) {
        match record {
            Record::Append { first, entries } => {
                self.cut(*first);
                self.take(*first, entries);
            }
            Record::Image(image) => {
                if let Some(snapshot) = &image.snapshot {
                    let metadata = &snapshot.metadata;
                    self.replace(metadata.configuration_index, metadata.configuration.clone());
                }
                self.cut(image.base + 1);
                self.take(image.base + 1, &image.entries);
            }
            Record::Ballot { .. } | Record::Commit(_) | Record::Chunk(_) => {}
        }
    }

    fn take(&mut self, first: LogIndex, entries: &[stormglass_raft::Entry<Command>]) {
        for (index, entry) in (first..).zip(entries) {
            if let Payload::Configuration(configuration) = &entry.payload
                && index > self.newest().0
            {
                self.push(index, configuration.clone());
            }
        }
    }
}
