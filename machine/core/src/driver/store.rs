//! The data file: records, one after the other, that survive the process.
//!
//! A write that fails is told by the next flush, and a flush that fails may be tried again. Then
//! everything since the last one that succeeded is written anew: an operating system may have
//! dropped what it could not write, and a flush alone would succeed without truth.
//!
//! Beside the data file stand `.lock`, which a running node holds, and for a while `.next`, the
//! file that a checkpoint writes before it takes the name of the data file.

use alloc::vec::Vec;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::format::{FRAME_BYTES, HEADER_BYTES, check_header, encode_frame, frame_at, header};
use super::DriverError;
use super::codec;
use crate::{AfterGap, Gap, Machine, NodeId};

mod format;

/// When there is more than this that is not flushed, it is flushed without being asked.
const MOST_UNFLUSHED: usize = 16 << 20;

/// What was found in the data file at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// Durable records that were handed back to the machine.
    pub records: u64,
    /// Bytes of a torn tail that were cut off. They had never been flushed.
    pub torn_bytes: u64,
    /// Bytes among durable records that are damaged, and that the machine goes on without.
    pub damaged_bytes: u64,
}

/// The data file of a running node.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    node: NodeId,
    file: File,
    /// `file` is a checkpoint's, and does not have the name of the data file yet.
    renaming: bool,
    length: u64,
    /// How much of `file` the disk has confirmed.
    durable: u64,
    recovery: Recovery,
    buffer: Vec<u8>,
    /// What has been written since the last flush.
    unflushed: Vec<u8>,
    /// What of `unflushed` has reached the file is not known, nor whether `file` is the right one.
    broken: bool,
    /// Why a write failed, until the next flush tells.
    failure: Option<DriverError>,
    /// Held as long as the store lives.
    _lock: File,
}

impl Store {
    /// Opens or creates the data file of `node` and hands each durable record to the machine,
    /// oldest first.
    pub fn open<M>(path: &Path, node: NodeId, machine: &mut M) -> Result<Store, DriverError>
    where
        M: Machine<Record: DeserializeOwned>,
    {
        if !directory(path).is_dir() {
            return Err(DriverError::NoDirectory { path: path.into() });
        }
        let lock = lock(path)?;
        match fs::read(path) {
            Ok(bytes) => Store::recover(path, node, lock, &bytes, machine),
            Err(error) if error.kind() == ErrorKind::NotFound => Store::create(path, node, lock),
            Err(source) => Err(refused("read", path)(source)),
        }
    }

    fn create(path: &Path, node: NodeId, lock: File) -> Result<Store, DriverError> {
        let next = beside(path, ".next");
        let mut store = Store {
            path: path.into(),
            node,
            file: File::create(&next).map_err(refused("create", &next))?,
            renaming: true,
            length: 0,
            durable: 0,
            recovery: Recovery::default(),
            buffer: header(node, HEADER_BYTES as u64),
            unflushed: Vec::new(),
            broken: false,
            failure: None,
            _lock: lock,
        };
        store.append();
        store.flush()?;
        Ok(store)
    }

    fn recover<M>(
        path: &Path,
        node: NodeId,
        lock: File,
        bytes: &[u8],
        machine: &mut M,
    ) -> Result<Store, DriverError>
    where
        M: Machine<Record: DeserializeOwned>,
    {
        let durable = check_header(path, node, bytes)?;
        let (length, mut recovery) = take_back(path, bytes, durable, machine)?;
        recovery.torn_bytes = bytes.len() as u64 - length;
        let file = OpenOptions::new().append(true).open(path).map_err(refused("open", path))?;
        file.set_len(length).and_then(|()| file.sync_all()).map_err(refused("repair", path))?;
        remove_if_there(&beside(path, ".next"))?;
        Ok(Store {
            path: path.into(),
            node,
            file,
            renaming: false,
            length,
            durable: length,
            recovery,
            buffer: Vec::new(),
            unflushed: Vec::new(),
            broken: false,
            failure: None,
            _lock: lock,
        })
    }

    /// What `open` found.
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Hands a record to the operating system. It is not durable before the next flush.
    pub fn write<R: Serialize>(&mut self, record: &R) -> Result<(), DriverError> {
        self.buffer.clear();
        encode_frame(record, self.length, self.durable, &mut self.buffer)?;
        self.append();
        // Early is as good as asked for, and bounds what is kept.
        if self.unflushed.len() > MOST_UNFLUSHED { self.flush() } else { Ok(()) }
    }

    /// Begins a new file with this record. The next flush puts it, with whatever has been written
    /// after it, in the place of the old one; until then the old one stands.
    pub fn checkpoint<R: Serialize>(&mut self, record: &R) -> Result<(), DriverError> {
        let mut frame = Vec::new();
        encode_frame(record, HEADER_BYTES as u64, 0, &mut frame)?;
        // The file gets its name only after it is durable up to here.
        self.buffer = header(self.node, (HEADER_BYTES + frame.len()) as u64);
        self.buffer.append(&mut frame);

        self.renaming = true;
        self.length = 0;
        self.durable = 0;
        self.unflushed.clear();
        // What came before does not matter any more.
        (self.broken, self.failure) = (false, None);
        match self.create_next() {
            Ok(()) => {}
            Err(error) => self.fail(error),
        }
        self.append();
        Ok(())
    }

    fn create_next(&mut self) -> Result<(), DriverError> {
        let next = beside(&self.path, ".next");
        self.file = File::create(&next).map_err(refused("create", &next))?;
        Ok(())
    }

    /// Makes everything durable that has been written, or tells why it is not. Then nothing is
    /// lost, and it can be tried again.
    pub fn flush(&mut self) -> Result<(), DriverError> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        if let Err(error) = self.rewrite().and_then(|()| self.sync()) {
            self.broken = true;
            return Err(error);
        }
        self.durable = self.length;
        self.unflushed.clear();
        Ok(())
    }

    /// Writes everything since the last flush anew, if there is doubt that it is in the file.
    fn rewrite(&mut self) -> Result<(), DriverError> {
        if !self.broken {
            return Ok(());
        }
        if self.renaming {
            self.create_next()?;
        }
        let write = |file: &mut File| {
            file.set_len(self.durable)?;
            file.seek(SeekFrom::Start(self.durable))?;
            file.write_all(&self.unflushed)
        };
        write(&mut self.file).map_err(refused("write", &self.path))?;
        self.broken = false;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DriverError> {
        if self.renaming {
            let next = beside(&self.path, ".next");
            self.file.sync_all().map_err(refused("flush", &next))?;
            fs::rename(&next, &self.path).map_err(refused("replace", &self.path))?;
            sync_directory(&self.path)?;
            self.renaming = false;
        } else if self.durable < self.length {
            self.file.sync_data().map_err(refused("flush", &self.path))?;
        }
        Ok(())
    }

    fn append(&mut self) {
        self.unflushed.extend_from_slice(&self.buffer);
        self.length += self.buffer.len() as u64;
        if self.broken {
            return;
        }
        if let Err(error) = self.file.write_all(&self.buffer) {
            self.fail(refused("write", &self.path)(error));
        }
    }

    fn fail(&mut self, error: DriverError) {
        self.broken = true;
        self.failure = Some(error);
    }
}

/// Hands a machine the records of a file of which so much was durable when it got its name.
/// Returns how much of the file stays.
fn take_back<M>(
    path: &Path,
    bytes: &[u8],
    mut durable: u64,
    machine: &mut M,
) -> Result<(u64, Recovery), DriverError>
where
    M: Machine<Record: DeserializeOwned>,
{
    let (mut offset, mut end) = (HEADER_BYTES, HEADER_BYTES);
    let mut recovery = Recovery::default();
    while offset < bytes.len() || (offset as u64) < durable {
        if let Some(frame) = frame_at(bytes, offset) {
            machine.restore(codec::decode(frame.encoding).map_err(|reason| {
                DriverError::Foreign { path: path.into(), offset: offset as u64, reason }
            })?);
            durable = durable.max(frame.durable);
            recovery.damaged_bytes += (offset - end) as u64;
            recovery.records += 1;
            offset += FRAME_BYTES + frame.encoding.len();
            end = offset;
            continue;
        }
        let later = || (offset + 1..bytes.len()).filter(|later| frame_at(bytes, *later).is_some());
        let witnesses = later().filter_map(|later| frame_at(bytes, later));
        durable = witnesses.map(|frame| frame.durable).fold(durable, u64::max);
        // What no witness knows to have been durable is the trace of a crash.
        let at_end = durable <= offset as u64;
        let (path, place) = (path.to_path_buf(), offset as u64);
        match machine.restore_gap(Gap { records: 1, at_end }) {
            AfterGap::Refuse if at_end => return Err(DriverError::Torn { path, offset: place }),
            AfterGap::Refuse => return Err(DriverError::Corrupt { path, offset: place }),
            AfterGap::Continue => {}
        }
        match later().next().filter(|_| !at_end) {
            Some(next) => offset = next,
            None => break,
        }
    }
    Ok((end as u64, recovery))
}

/// The lock stands in a file of its own, since a checkpoint replaces the data file.
fn lock(path: &Path) -> Result<File, DriverError> {
    let beside = beside(path, ".lock");
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&beside)
        .map_err(refused("create", &beside))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DriverError::Locked { path: path.into() }),
        Err(TryLockError::Error(source)) => Err(refused("lock", &beside)(source)),
    }
}

/// The path with something appended to its last part.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a rename durable. Elsewhere than on Unix a directory cannot be opened for that, and the
/// file system is trusted to keep the order.
fn sync_directory(path: &Path) -> Result<(), DriverError> {
    if cfg!(unix) {
        let directory = directory(path);
        File::open(directory)
            .and_then(|open| open.sync_all())
            .map_err(refused("flush", directory))?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), DriverError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refused("remove", path)(error)),
        _ => Ok(()),
    }
}

fn refused(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DriverError {
    move |source| DriverError::File { action, path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Env, Input};

    /// Keeps what it takes back.
    #[derive(Default)]
    struct Keeper(Vec<u64>);

    impl Machine for Keeper {
        type Message = ();
        type Request = ();
        type Response = ();
        type Timer = ();
        type Record = u64;

        fn restore(&mut self, record: u64) {
            self.0.push(record);
        }

        fn restore_gap(&mut self, gap: Gap) -> AfterGap {
            self.0.push(if gap.at_end { TORN } else { DAMAGED });
            AfterGap::Continue
        }

        fn step(&mut self, _: Input<Self>, _: &mut Env<'_, Self>) {}

        fn state(&self) -> &'static str {
            "Keeping"
        }
    }

    /// What a keeper notes of a gap.
    const TORN: u64 = 100;
    const DAMAGED: u64 = 101;

    fn open(path: &Path) -> (Store, Vec<u64>) {
        let mut keeper = Keeper::default();
        let store = Store::open(path, NodeId(0), &mut keeper);
        (store.expect("the file opens"), keeper.0)
    }

    /// Whatever has happened to the file since the last flush, a flush that is tried again writes
    /// all of it anew.
    #[test]
    fn a_flush_that_failed_can_be_tried_again() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        store.write(&1_u64).expect("it is written");
        store.flush().expect("it is durable");
        store.write(&2_u64).expect("it is written");
        // Half of it is in the file, and then the disk takes no more.
        let half = store.length - 10;
        store.file.set_len(half).expect("the file can be cut");
        store.file = File::open(&path).expect("the file can be read");
        store.write(&3_u64).expect("that it failed is not told yet");
        for _ in 0..3 {
            assert!(matches!(store.flush(), Err(DriverError::File { .. })));
        }
        store.file = OpenOptions::new().append(true).open(&path).expect("the file opens");
        store.write(&4_u64).expect("it is written");
        store.flush().expect("it is durable");
        drop(store);
        assert_eq!(open(&path).1, [1, 2, 3, 4]);
    }

    /// The new file of a checkpoint cannot be made at first.
    #[test]
    fn a_checkpoint_that_failed_can_be_tried_again() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        let next = beside(&path, ".next");
        fs::create_dir(&next).expect("a folder can be in the way");
        store.checkpoint(&1_u64).expect("that it failed is not told yet");
        store.write(&2_u64).expect("neither is that");
        for _ in 0..2 {
            assert!(matches!(store.flush(), Err(DriverError::File { action: "create", .. })));
        }
        fs::remove_dir(&next).expect("the folder can be removed");
        store.flush().expect("it is durable");
        drop(store);
        assert_eq!(open(&path).1, [1, 2]);
    }

    /// A machine that goes on without what is damaged gets everything else, at every start.
    #[test]
    fn damage_can_be_passed_over() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        for record in 1..=4_u64 {
            store.write(&record).expect("it is written");
            store.flush().expect("it is durable");
        }
        store.write(&5_u64).expect("it is written");
        drop(store);
        let mut bytes = fs::read(&path).expect("the file can be read");
        let length = FRAME_BYTES + 1;
        for nth in [1, 2, 4] {
            bytes[HEADER_BYTES + nth * length] ^= 1;
        }
        fs::write(&path, bytes).expect("the file can be written");
        let (mut store, restored) = open(&path);
        assert_eq!(restored, [1, DAMAGED, 4, TORN]);
        let bytes = |records: usize| (records * length) as u64;
        let Recovery { records, torn_bytes, damaged_bytes } = store.recovery();
        assert_eq!((records, torn_bytes, damaged_bytes), (2, bytes(1), bytes(2)));
        store.write(&6_u64).expect("it is written");
        store.flush().expect("it is durable");
        drop(store);
        assert_eq!(open(&path).1, [1, DAMAGED, 4, 6]);
    }

    /// Until the flush the old file stands, and the new one is an orphan if the process dies.
    #[test]
    fn a_checkpoint_that_is_not_flushed_replaces_nothing() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        store.write(&3_u64).expect("it is written");
        store.flush().expect("it is durable");
        store.checkpoint(&4_u64).expect("it is written");
        store.write(&5_u64).expect("it is written");
        drop(store);

        let (mut store, restored) = open(&path);
        assert_eq!(restored, [3]);
        assert!(!beside(&path, ".next").exists(), "the orphan is removed");
        store.write(&6_u64).expect("it is written");
        store.checkpoint(&7_u64).expect("it is written");
        store.write(&8_u64).expect("it is written");
        store.flush().expect("it is durable");
        drop(store);
        assert_eq!(open(&path).1, [7, 8]);
    }

    /// A second checkpoint before the flush replaces the first as well.
    #[test]
    fn of_two_checkpoints_the_last_one_stands() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        store.checkpoint(&1_u64).expect("it is written");
        store.checkpoint(&2_u64).expect("it is written");
        store.flush().expect("it is durable");
        drop(store);
        assert_eq!(open(&path).1, [2]);
    }

    /// Every record knows how much was durable before it; this is how a torn tail is told from
    /// damage, so it must neither lag behind the flushes nor run ahead of them.
    #[test]
    fn records_testify_what_was_flushed_before_them() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("data");
        let (mut store, _) = open(&path);
        store.write(&1_u64).expect("it is written");
        store.write(&1_u64).expect("it is written");
        store.flush().expect("it is durable");
        store.write(&1_u64).expect("it is written");
        let bytes = fs::read(&path).expect("the file can be read");
        let length = FRAME_BYTES + 1;
        let durable = |nth: usize| {
            let frame = frame_at(&bytes, HEADER_BYTES + nth * length);
            frame.expect("it is intact").durable as usize
        };
        let first = HEADER_BYTES;
        assert_eq!([durable(0), durable(1), durable(2)], [first, first, first + 2 * length]);
    }
}
