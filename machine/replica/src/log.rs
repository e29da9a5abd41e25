//! The log of one node: one contiguous run of entries that ends just before the tail.
//!
//! Entries are added at the end, and thrown away from the front. Two things break this on
//! purpose: recovery may find a hole where the disk has lost an entry, and, with the prefix check,
//! a suffix that the leader does not have is taken back.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::Time;

use crate::message::{Entry, Stamp};

/// Why nothing was appended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AppendError {
    /// The segment has no room for so many payload bytes.
    SegmentFull,
    /// There are no sequence numbers left.
    SequenceExhausted,
}

/// What may stay in the log. No limit unless one is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// At most so many entries.
    pub entries: Option<usize>,
    /// At most so many payload bytes.
    pub bytes: Option<u64>,
    /// No entry older than this, as this process has known it.
    pub age: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Held {
    entry: Entry,
    since: Time,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    held: VecDeque<Held>,
    next_seq: u64,
    live_bytes: u64,
    base: Stamp,
    segment_bytes: u64,
}

impl Log {
    /// An empty log that holds at most so many payload bytes.
    pub fn new(segment_bytes: u64) -> Log {
        let base = Stamp::default();
        Log { held: VecDeque::new(), next_seq: 0, live_bytes: 0, base, segment_bytes }
    }

    /// The sequence number that the next entry will have: the tail.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The lowest sequence number held; the tail if nothing is.
    pub fn first_seq(&self) -> u64 {
        self.held.front().map_or(self.next_seq, |held| held.entry.seq)
    }

    /// How many entries are held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Is nothing held?
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The payload bytes held.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// The entries held, in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.held.iter().map(|held| &held.entry)
    }

    /// The entries held from this sequence number on.
    pub fn entries_from(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        self.held.range(self.position(seq)..).map(|held| &held.entry)
    }

    /// The entry with this sequence number, if held.
    pub fn get(&self, seq: u64) -> Option<&Entry> {
        self.held.get(self.position(seq)).map(|held| &held.entry).filter(|entry| entry.seq == seq)
    }

    /// Is everything from the first entry held to the tail there?
    pub fn is_contiguous(&self) -> bool {
        let last = self.held.back().map_or(self.next_seq, |held| held.entry.seq + 1);
        last == self.next_seq && self.next_seq - self.first_seq() == self.held.len() as u64
    }

    /// The stamp of the last entry there ever was.
    pub fn last_stamp(&self) -> Stamp {
        self.held.back().map_or(self.base, |held| held.entry.stamp)
    }

    /// The stamp of the entry before this sequence number, if still known.
    pub fn stamp_before(&self, seq: u64) -> Option<Stamp> {
        if seq == self.first_seq() {
            return Some(self.base);
        }
        self.get(seq.checked_sub(1)?).map(|entry| entry.stamp)
    }

    /// Where the last run of entries of one stamp begins, as far as held; zero if nothing is.
    pub fn run_start(&self) -> u64 {
        let last = self.last_stamp();
        let start = self.held.partition_point(|held| held.entry.stamp < last);
        self.held.get(start).map_or(0, |held| held.entry.seq)
    }

    /// The sequence number after the last entry with this stamp, if there is one.
    pub fn run_end(&self, stamp: Stamp) -> Option<u64> {
        let end = self.held.partition_point(|held| held.entry.stamp <= stamp);
        let last = self.held.get(end.checked_sub(1)?)?;
        (last.entry.stamp == stamp).then_some(last.entry.seq + 1)
    }

    /// Appends one payload at the tail, and returns its sequence number.
    pub fn append(&mut self, bytes: Vec<u8>, stamp: Stamp, now: Time) -> Result<u64, AppendError> {
        self.check_room(bytes.len() as u64, 1)?;
        let seq = self.next_seq;
        self.push(Entry { seq, stamp, bytes }, now);
        Ok(seq)
    }

    /// Appends entries that follow the tail: all of them, or none.
    ///
    /// # Panics
    ///
    /// If they do not follow the tail.
    pub fn append_batch(&mut self, entries: Vec<Entry>, now: Time) -> Result<(), AppendError> {
        let bytes = entries.iter().map(|entry| entry.bytes.len() as u64).sum();
        self.check_room(bytes, entries.len() as u64)?;
        for entry in entries {
            assert_eq!(entry.seq, self.next_seq, "a batch must follow the tail");
            self.push(entry, now);
        }
        Ok(())
    }

    /// Gives up everything held and goes on at `to`. Does nothing if that is not ahead.
    pub fn skip_to(&mut self, to: u64, base: Stamp) {
        if to > self.next_seq {
            self.clear(to, base);
        }
    }

    /// Takes back everything from `to` on, and goes on there.
    pub fn truncate(&mut self, to: u64) {
        while self.held.back().is_some_and(|held| held.entry.seq >= to) {
            let taken = self.held.pop_back().expect("there is a last entry");
            self.live_bytes -= taken.entry.bytes.len() as u64;
        }
        if self.held.is_empty() && to == 0 {
            self.base = Stamp::default();
        }
        self.next_seq = self.next_seq.min(to);
    }

    /// Throws away the longest prefix of entries that exceed a limit, and returns how many.
    pub fn sweep(&mut self, retention: Retention, now: Time) -> u64 {
        let mut evicted = 0;
        while self.held.front().is_some_and(|oldest| self.exceeds(retention, oldest, now)) {
            self.pop_front();
            evicted += 1;
        }
        evicted
    }

    /// Throws away every entry below `before`.
    pub fn evict(&mut self, before: u64) {
        while self.held.front().is_some_and(|oldest| oldest.entry.seq < before) {
            self.pop_front();
        }
    }

    /// Forgets everything, and goes on at `next_seq`.
    pub fn clear(&mut self, next_seq: u64, base: Stamp) {
        self.held.clear();
        self.live_bytes = 0;
        self.next_seq = next_seq;
        self.base = base;
    }

    /// Takes back an entry from the disk as it is, even behind a hole. What is at or above it is
    /// dropped. Room is not asked for: it was there when the entry was written.
    pub fn restore(&mut self, entry: Entry) {
        self.truncate(entry.seq);
        self.push(entry, Time::ZERO);
    }

    fn push(&mut self, entry: Entry, since: Time) {
        self.next_seq = entry.seq + 1;
        self.live_bytes += entry.bytes.len() as u64;
        self.held.push_back(Held { entry, since });
    }

    fn pop_front(&mut self) {
        if let Some(oldest) = self.held.pop_front() {
            self.base = oldest.entry.stamp;
            self.live_bytes -= oldest.entry.bytes.len() as u64;
        }
    }

    fn position(&self, seq: u64) -> usize {
        self.held.partition_point(|held| held.entry.seq < seq)
    }

    fn exceeds(&self, retention: Retention, oldest: &Held, now: Time) -> bool {
        retention.entries.is_some_and(|limit| self.held.len() > limit)
            || retention.bytes.is_some_and(|limit| self.live_bytes > limit)
            || retention.age.is_some_and(|limit| now.since(oldest.since) > limit)
    }

    fn check_room(&self, bytes: u64, entries: u64) -> Result<(), AppendError> {
        if self.next_seq.checked_add(entries).is_none() {
            return Err(AppendError::SequenceExhausted);
        }
        if self.live_bytes.saturating_add(bytes) > self.segment_bytes {
            return Err(AppendError::SegmentFull);
        }
        Ok(())
    }
}
