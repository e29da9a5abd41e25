use std::slice;

use stormglass_machine::Gap;

/// A node's disk: records in the order they were written, durable up to the last flush that did
/// what it said.
///
/// Records carry checksums and their place, in effect: one that is not as it was written, or not
/// where it belongs, is known to be unreadable and never handed out.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Disk<R> {
    records: Vec<Stored<R>>,
    durable: usize,
    /// So many records have been said to be durable: more than there are after a flush that lied.
    acknowledged: usize,
    /// How many records have been written since the start of the run, by all lives of the node.
    written: u32,
    /// How many of the durable records cannot be read.
    unreadable: usize,
    /// Some record on its way to the disk will not get there as it should.
    spoilt: bool,
}

#[derive(Clone, Debug, Hash)]
struct Stored<R> {
    record: R,
    kind: Kind,
    fate: RecordFate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Record,
    /// Replaces everything before it from the moment it is durable.
    Checkpoint,
}

/// What becomes of a record on its way to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum RecordFate {
    #[default]
    Sound,
    /// It cannot be read.
    Rotten,
    /// It lands in the place of the record so many before it, and neither can be read; if that is
    /// none, it is where it should be.
    Misdirected { back: u32 },
}

/// What a restart finds, in order.
pub(crate) enum Found<'a, R> {
    Record(&'a R),
    Gap(Gap),
}

/// What tells a disk from what it was before: how many records it has, how many of them are durable,
/// acknowledged and unreadable, how many were ever written, and whether any was spoilt.
#[cfg(feature = "mirror")]
pub(crate) type Version = (usize, usize, usize, u32, usize, bool);

impl<R> Disk<R> {
    pub(crate) fn new() -> Self {
        Disk {
            records: Vec::new(),
            durable: 0,
            acknowledged: 0,
            written: 0,
            unreadable: 0,
            spoilt: false,
        }
    }

    /// A disk is not the same as before if this is not.
    #[cfg(feature = "mirror")]
    pub(crate) fn version(&self) -> Version {
        let Disk { records, durable, acknowledged, written, unreadable, spoilt } = self;
        (records.len(), *durable, *acknowledged, *written, *unreadable, *spoilt)
    }

    /// The same disk, as if only these records had ever been on it.
    #[cfg(feature = "mirror")]
    pub(crate) fn only<T: Clone>(&self, those: impl Fn(&R) -> Option<&T>) -> Disk<T> {
        let taken = |stored: &Stored<R>| {
            let Stored { kind, fate, .. } = *stored;
            Some(Stored { record: those(&stored.record)?.clone(), kind, fate })
        };
        let until = |end: usize| self.records[..end].iter().filter_map(taken).count();
        let mut disk = Disk {
            records: self.records.iter().filter_map(taken).collect(),
            durable: until(self.durable),
            acknowledged: until(self.acknowledged),
            written: self.written,
            unreadable: 0,
            spoilt: self.spoilt,
        };
        let durable = disk.records[..disk.durable].iter();
        disk.unreadable = durable.filter(|stored| stored.fate != RecordFate::Sound).count();
        disk
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        (self.durable, self.acknowledged, self.written) = (0, 0, 0);
        (self.unreadable, self.spoilt) = (0, false);
    }

    /// Puts an empty disk in its place. What is written to it is numbered on.
    pub(crate) fn replace(&mut self) -> usize {
        let (lost, written) = (self.durable, self.written);
        self.clear();
        self.written = written;
        lost
    }

    /// The number of the record that will be written next, from 0, since the start of the run.
    #[inline]
    pub(crate) fn next_number(&self) -> u32 {
        self.written
    }

    #[inline]
    pub(crate) fn write(&mut self, record: R, kind: Kind, fate: RecordFate) {
        self.records.push(Stored { record, kind, fate });
        self.written += 1;
        self.spoilt |= fate != RecordFate::Sound;
    }

    /// Makes everything durable.
    #[inline]
    pub(crate) fn flush(&mut self) {
        if self.spoilt {
            self.spoil();
        }
        let news = &self.records[self.durable..];
        if let Some(last) = news.iter().rposition(|stored| stored.kind == Kind::Checkpoint) {
            self.records.drain(..self.durable + last);
            if self.unreadable > 0 {
                self.count_unreadable();
            }
        }
        self.durable = self.records.len();
        self.acknowledged = self.durable;
    }

    /// Says that everything is durable, and leaves it as it is.
    pub(crate) fn pretend_to_flush(&mut self) {
        self.acknowledged = self.records.len();
    }

    /// Lets what is on its way to the disk do its damage there.
    #[cold]
    fn spoil(&mut self) {
        for position in self.durable..self.records.len() {
            let RecordFate::Misdirected { back } = self.records[position].fate else { continue };
            if back == 0 {
                self.records[position].fate = RecordFate::Sound;
                continue;
            }
            self.records[position].fate = RecordFate::Rotten;
            if let Some(hit) = position.checked_sub(back as usize) {
                self.records[hit].fate = RecordFate::Rotten;
            }
        }
        self.spoilt = false;
        self.count_unreadable();
    }

    fn count_unreadable(&mut self) {
        let unreadable = |stored: &&Stored<R>| stored.fate != RecordFate::Sound;
        self.unreadable = self.records.iter().filter(unreadable).count();
    }

    /// Loses the last `lose` of the unflushed records; the others turn out to have reached the
    /// disk. What a flush has lied about is lost in any case, and so is what came after it.
    /// Returns how many were lost.
    pub(crate) fn crash(&mut self, lose: u32) -> usize {
        let lost = match self.durable < self.acknowledged {
            true => self.unflushed(),
            false => self.unflushed().min(lose as usize),
        };
        self.records.truncate(self.records.len() - lost);
        self.flush();
        lost
    }

    /// Loses the last `lose` of the unflushed records, of which there are so many, and leaves half
    /// of the first of them. The disk must not have lied.
    pub(crate) fn crash_and_tear(&mut self, lose: u32) -> usize {
        let first = self.records.len().checked_sub(lose as usize);
        let torn = first.and_then(|first| self.records.get_mut(first));
        match torn {
            // A checkpoint gets its place once it is whole.
            Some(torn) if torn.kind == Kind::Record => torn.fate = RecordFate::Rotten,
            _ => return self.crash(lose),
        }
        self.spoilt = true;
        self.crash(lose - 1)
    }

    /// How many records a crash could lose.
    pub(crate) fn unflushed(&self) -> usize {
        self.records.len() - self.durable
    }

    /// How many records were written since the last flush, be it an honest one or not.
    #[inline]
    pub(crate) fn unacknowledged(&self) -> usize {
        self.records.len() - self.acknowledged
    }

    /// A flush has lied, and no other has made it true.
    pub(crate) fn has_lied(&self) -> bool {
        self.durable < self.acknowledged
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.unreadable == 0
    }

    /// The durable records that can be read.
    pub(crate) fn durable(&self) -> Durable<'_, R> {
        let records = self.records[..self.durable].iter();
        let left = self.durable - self.unreadable;
        Durable { records, left }
    }

    /// What a restart finds from this place on, and the place behind it.
    pub(crate) fn found(&self, from: usize) -> Option<(Found<'_, R>, usize)> {
        let rest = self.records.get(from..self.durable)?;
        let first = rest.first()?;
        if first.fate == RecordFate::Sound {
            return Some((Found::Record(&first.record), from + 1));
        }
        let sound = rest.iter().position(|stored| stored.fate == RecordFate::Sound);
        let gap = &rest[..sound.unwrap_or(rest.len())];
        // A checkpoint has its place only since it was durable: no crash tears it.
        let promised = gap.iter().any(|stored| stored.kind == Kind::Checkpoint);
        let at_end = sound.is_none() && !promised;
        let records = gap.len() as u32;
        Some((Found::Gap(Gap { records, at_end }), from + gap.len()))
    }

    /// Cuts off everything from this place on, of a disk on which everything is durable.
    pub(crate) fn cut_off(&mut self, from: usize) {
        self.records.truncate(from);
        (self.durable, self.acknowledged) = (from, from);
        self.count_unreadable();
    }
}

/// The durable records of a disk that can be read, oldest first.
pub(crate) struct Durable<'a, R> {
    records: slice::Iter<'a, Stored<R>>,
    left: usize,
}

impl<'a, R> Iterator for Durable<'a, R> {
    type Item = &'a R;

    fn next(&mut self) -> Option<&'a R> {
        let readable = self.records.find(|stored| stored.fate == RecordFate::Sound)?;
        self.left -= 1;
        Some(&readable.record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<R> ExactSizeIterator for Durable<'_, R> {}

#[cfg(test)]
mod tests {
    use super::*;
    use RecordFate::{Misdirected, Rotten, Sound};

    fn disk(durable: &[u8], unflushed: &[(u8, Kind)]) -> Disk<u8> {
        let mut disk = Disk::new();
        durable.iter().for_each(|record| disk.write(*record, Kind::Record, Sound));
        disk.flush();
        unflushed.iter().for_each(|(record, kind)| disk.write(*record, *kind, Sound));
        disk
    }

    fn readable(disk: &Disk<u8>) -> Vec<u8> {
        let readable: Vec<_> = disk.durable().copied().collect();
        assert_eq!(disk.durable().len(), readable.len());
        readable
    }

    fn after_crash(mut disk: Disk<u8>, lose: u32) -> Vec<u8> {
        disk.crash(lose);
        readable(&disk)
    }

    /// What a restart finds: a record as itself, a gap as the number of its records in the
    /// hundreds, and one more if something follows.
    fn found(disk: &Disk<u8>) -> Vec<u32> {
        let (mut all, mut place) = (Vec::new(), 0);
        while let Some((found, next)) = disk.found(place) {
            all.push(match found {
                Found::Record(record) => u32::from(*record),
                Found::Gap(Gap { records, at_end }) => records * 100 + u32::from(!at_end),
            });
            place = next;
        }
        all
    }

    #[test]
    fn a_crash_loses_a_suffix_of_the_unflushed_and_nothing_else() {
        let news = [(3, Kind::Record), (4, Kind::Record)];
        assert_eq!(after_crash(disk(&[1, 2], &news), 0), [1, 2, 3, 4]);
        assert_eq!(after_crash(disk(&[1, 2], &news), 1), [1, 2, 3]);
        assert_eq!(after_crash(disk(&[1, 2], &news), u32::MAX), [1, 2]);
    }

    const NEWS: [(u8, Kind); 3] = [(3, Kind::Record), (9, Kind::Checkpoint), (10, Kind::Record)];

    #[test]
    fn a_checkpoint_replaces_what_was_before_it_only_once_durable() {
        assert_eq!(after_crash(disk(&[1, 2], &NEWS), 0), [9, 10]);
        assert_eq!(after_crash(disk(&[1, 2], &NEWS), 1), [9]);
        assert_eq!(after_crash(disk(&[1, 2], &NEWS), 2), [1, 2, 3]);
        let mut flushed = disk(&[1, 2], &NEWS);
        assert_eq!(flushed.durable().count(), 2);
        flushed.flush();
        assert_eq!(readable(&flushed), [9, 10]);
    }

    #[test]
    fn what_a_flush_lied_about_is_lost_unless_a_later_one_is_honest() {
        let mut lied = disk(&[1, 2], &NEWS);
        lied.pretend_to_flush();
        assert_eq!((lied.unacknowledged(), lied.unflushed()), (0, 3));
        assert_eq!(readable(&lied), [1, 2]);
        assert_eq!(after_crash(lied.clone(), 0), [1, 2]);
        lied.write(11, Kind::Record, Sound);
        assert_eq!(after_crash(lied.clone(), 0), [1, 2]);
        lied.flush();
        assert_eq!(after_crash(lied, u32::MAX), [9, 10, 11]);
    }

    #[test]
    fn a_torn_record_is_the_first_of_the_lost_and_never_a_checkpoint() {
        let torn = |lose| {
            let mut disk = disk(&[1, 2], &NEWS);
            let lost = disk.crash_and_tear(lose);
            (lost, found(&disk))
        };
        assert_eq!(torn(0), (0, vec![9, 10]));
        assert_eq!(torn(1), (0, vec![9, 100]));
        assert_eq!(torn(2), (2, vec![1, 2, 3]));
        assert_eq!(torn(3), (2, vec![1, 2, 100]));
    }

    #[test]
    fn gaps_are_found_where_they_are_and_cut_off_at_the_end_only() {
        let mut disk = disk(&[1, 2], &[]);
        disk.write(3, Kind::Record, Rotten);
        assert_eq!(found(&disk), [1, 2], "it is not on the disk yet");
        disk.write(4, Kind::Record, Rotten);
        disk.write(5, Kind::Record, Sound);
        disk.write(6, Kind::Record, Rotten);
        disk.flush();
        assert_eq!(found(&disk), [1, 2, 201, 5, 100]);
        assert_eq!(readable(&disk), [1, 2, 5]);
        disk.cut_off(5);
        assert_eq!(found(&disk), [1, 2, 201, 5]);
        disk.write(7, Kind::Checkpoint, Rotten);
        disk.flush();
        assert_eq!(found(&disk), [101], "it replaces what was there and cannot be read");
    }

    #[test]
    fn a_misdirected_write_takes_the_place_of_another_once_it_is_written() {
        let misdirected = |back| {
            let mut disk = disk(&[1, 2, 3], &[]);
            disk.write(4, Kind::Record, Misdirected { back });
            assert_eq!(found(&disk), [1, 2, 3]);
            assert_eq!(after_crash(disk.clone(), 1), [1, 2, 3]);
            disk.flush();
            disk.write(5, Kind::Record, Sound);
            disk.flush();
            found(&disk)
        };
        assert_eq!(misdirected(1), [1, 2, 201, 5]);
        assert_eq!(misdirected(3), [101, 2, 3, 101, 5]);
        assert_eq!(misdirected(4), [1, 2, 3, 101, 5]);
    }

    #[test]
    fn an_empty_disk_in_its_place_goes_on_counting() {
        let mut disk = disk(&[1, 2], &[(3, Kind::Record)]);
        assert_eq!(disk.replace(), 2);
        assert_eq!((readable(&disk), disk.next_number()), (vec![], 3));
        disk.clear();
        assert_eq!(disk.next_number(), 0);
    }
}
