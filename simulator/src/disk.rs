/// A node's disk: records in the order they were written, durable up to the last flush.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Disk<R> {
    records: Vec<(R, Kind)>,
    durable: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Record,
    /// Replaces everything before it from the moment it is durable.
    Checkpoint,
}

impl<R> Disk<R> {
    pub(crate) fn new() -> Self {
        Disk { records: Vec::new(), durable: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.durable = 0;
    }

    pub(crate) fn write(&mut self, record: R, kind: Kind) {
        self.records.push((record, kind));
    }

    pub(crate) fn flush(&mut self) {
        let news = &self.records[self.durable..];
        if let Some(last) = news.iter().rposition(|(_, kind)| *kind == Kind::Checkpoint) {
            self.records.drain(..self.durable + last);
        }
        self.durable = self.records.len();
    }

    /// Loses the last `lose` of the unflushed records; the others turn out to have reached the
    /// disk. Returns how many were lost.
    pub(crate) fn crash(&mut self, lose: u32) -> usize {
        let lost = self.unflushed().min(lose as usize);
        self.records.truncate(self.records.len() - lost);
        self.flush();
        lost
    }

    pub(crate) fn unflushed(&self) -> usize {
        self.records.len() - self.durable
    }

    pub(crate) fn durable(&self) -> impl ExactSizeIterator<Item = &R> {
        self.records[..self.durable].iter().map(|(record, _)| record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(durable: &[u8], unflushed: &[(u8, Kind)]) -> Disk<u8> {
        let mut disk = Disk::new();
        durable.iter().for_each(|record| disk.write(*record, Kind::Record));
        disk.flush();
        unflushed.iter().for_each(|(record, kind)| disk.write(*record, *kind));
        disk
    }

    fn after_crash(mut disk: Disk<u8>, lose: u32) -> Vec<u8> {
        disk.crash(lose);
        disk.durable().copied().collect()
    }

    #[test]
    fn a_crash_loses_a_suffix_of_the_unflushed_and_nothing_else() {
        let news = [(3, Kind::Record), (4, Kind::Record)];
        assert_eq!(after_crash(disk(&[1, 2], &news), 0), [1, 2, 3, 4]);
        assert_eq!(after_crash(disk(&[1, 2], &news), 1), [1, 2, 3]);
        assert_eq!(after_crash(disk(&[1, 2], &news), u32::MAX), [1, 2]);
    }

    #[test]
    fn a_checkpoint_replaces_what_was_before_it_only_once_durable() {
        let news = [(3, Kind::Record), (9, Kind::Checkpoint), (10, Kind::Record)];
        assert_eq!(after_crash(disk(&[1, 2], &news), 0), [9, 10]);
        assert_eq!(after_crash(disk(&[1, 2], &news), 1), [9]);
        assert_eq!(after_crash(disk(&[1, 2], &news), 2), [1, 2, 3]);
        let mut flushed = disk(&[1, 2], &news);
        assert_eq!(flushed.durable().count(), 2);
        flushed.flush();
        assert_eq!(flushed.durable().copied().collect::<Vec<_>>(), [9, 10]);
    }
}
