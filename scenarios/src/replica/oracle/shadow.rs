//! A second copy of what a node's log must be, in digests: entries never change, come from
//! somewhere, and go from the front only.

use std::collections::VecDeque;

use stormglass_replica::{Record, Replica, SyncAction};

use super::finding::Findings;
use super::history::{History, digest};
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Every entry was appended under its number.
    Provenance,
    /// Entries never change.
    Immutable,
    /// What is held is one run that ends at the tail.
    Contiguous,
    /// The tail never goes back, but by a cut.
    Forward,
    /// What was on disk is there after a restart.
    Recovered,
}

/// The shadow of one node's log.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    first: u64,
    digests: VecDeque<u64>,
    /// The process has started with an empty log although it once held something.
    pub forgot_tail: bool,
    pub findings: Findings<Rule>,
}

impl Shadow {
    fn tail(&self) -> u64 {
        self.first + self.digests.len() as u64
    }

    /// A process has read its disk: compares what it made of it with a reading of one's own.
    pub fn started<'a>(&mut self, machine: &Replica, records: impl Iterator<Item = &'a Record>) {
        self.digests.clear();
        self.first = 0;
        let mut restored = false;
        for record in records {
            match record {
                Record::Append(entry) => {
                    restored = true;
                    if self.digests.is_empty() {
                        self.first = entry.seq;
                    }
                    self.keep_below(entry.seq);
                    self.digests.push_back(digest(entry));
                }
                Record::Evict { before } => self.evict(*before),
                Record::Skip { to, .. } => {
                    restored = true;
                    self.digests.clear();
                    self.first = *to;
                }
                Record::Truncate { to } => self.keep_below(*to),
                Record::Epoch(_) | Record::Bootstrapped => {}
            }
        }
        self.forgot_tail = false;
        if self.digests.is_empty() && !machine.config().hardening.persisted_next_seq {
            self.forgot_tail = restored && self.first > 0;
            self.first = 0;
        }
    }

    /// The start is over: what the node holds must be what the disk had.
    pub fn check_start(&mut self, machine: &Replica, history: &History) {
        let (first, tail) = (self.first, self.tail());
        let log = machine.log();
        let same = log.next_seq() == tail && log.first_seq() == first;
        self.findings.expect(Rule::Recovered, same, || {
            format!(
                "node {} comes up with {}..{}; its disk had {first}..{tail}",
                machine.config().node,
                log.first_seq(),
                log.next_seq()
            )
        });
        self.compare(machine, history);
    }

    /// Looks at everything held.
    pub fn compare(&mut self, machine: &Replica, history: &History) {
        let node = machine.config().node;
        for entry in machine.log().entries() {
            let digest = digest(entry);
            let place = entry.seq.checked_sub(self.first).map(|offset| offset as usize);
            let known = place.and_then(|place| self.digests.get(place)).copied();
            self.findings.expect(
                Rule::Immutable,
                known.is_none_or(|known| known == digest),
                || format!("entry {} of node {node} is not what it was", entry.seq),
            );
            self.findings.expect(Rule::Provenance, history.knows(entry), || {
                format!("node {node} holds {entry:?}, which was never appended")
            });
        }
    }

    /// Follows a step. Looks at what is new.
    pub fn step(&mut self, step: &Step<'_>, history: &History) {
        let log = step.machine.log();
        let (first, tail) = (log.first_seq(), log.next_seq());
        if (first, tail) == (self.first, self.tail()) && step.machine.trace().sync.is_empty() {
            return;
        }
        let mut cut = false;
        for action in &step.machine.trace().sync {
            match *action {
                SyncAction::Skipped { tail_before, tail_after, .. } if tail_after > tail_before => {
                    self.digests.clear();
                    self.first = tail_after;
                }
                SyncAction::Truncated { tail_after, .. } => {
                    cut = true;
                    self.keep_below(tail_after);
                }
                _ => {}
            }
        }
        let forward = tail >= step.before.tail || cut;
        self.findings.expect(Rule::Forward, forward, || {
            format!("node {} went from {} back to {tail}", step.node, step.before.tail)
        });
        for entry in log.entries_from(self.tail()) {
            self.findings.expect(Rule::Provenance, history.knows(entry), || {
                format!("node {} holds {entry:?}, which was never appended", step.node)
            });
            if self.digests.is_empty() {
                self.first = entry.seq;
            }
            self.digests.push_back(digest(entry));
        }
        self.evict(first);
        if log.is_empty() {
            self.first = tail;
        }
        self.ends(step);
    }

    fn ends(&mut self, step: &Step<'_>) {
        let log = step.machine.log();
        let (first, tail) = (log.first_seq(), log.next_seq());
        let wanted = (self.first, self.tail());
        let contiguous = tail - first == log.len() as u64 && (first, tail) == wanted;
        self.findings.expect(Rule::Contiguous, contiguous, || {
            format!(
                "node {} holds {} entries of {first}..{tail}, not {wanted:?}",
                step.node,
                log.len()
            )
        });
        let last = log.entries().next_back().map(digest);
        self.findings.expect(Rule::Immutable, last == self.digests.back().copied(), || {
            format!("the last entry of node {} is not what it was", step.node)
        });
    }

    fn keep_below(&mut self, seq: u64) {
        let keep = seq.saturating_sub(self.first) as usize;
        self.digests.truncate(keep);
        if seq < self.first {
            self.first = seq;
        }
    }

    fn evict(&mut self, before: u64) {
        while self.first < before && self.digests.pop_front().is_some() {
            self.first += 1;
        }
    }
}
