//! What a disk has done to a machine, and what the machine makes of it.

/// Records in a row that cannot be read: the disk has them no more, or not as they were written.
///
/// Whoever runs a machine checks every record when it is read, by its checksum and its place, so a
/// machine never takes back what it has not written. It is told of the gap instead.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gap {
    /// How many there are, as far as can be told; at least one.
    pub records: u32,
    /// Nothing that can be read follows, and nothing says that it was ever durable.
    ///
    /// Most likely the last write was torn by a crash, and nobody was promised anything. But a
    /// last record that was durable and has gone bad since looks exactly the same.
    pub at_end: bool,
}

/// What a machine does about a gap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AfterGap {
    /// Takes back what follows, and starts.
    Continue,
    /// Does not start. It stays down until somebody gives it another disk.
    Refuse,
}

/// Why a flush failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FlushError {
    /// The disk did not do it. What it has of the records is anybody's guess.
    Io,
    /// There is no room. There may be again.
    Full,
}

/// What a machine does about a flush that failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AfterFlush {
    /// Waits and has the same flush tried again. What follows it goes on waiting.
    Retry,
    /// Ends the process, in the middle of its step. It starts again with what the disk has.
    Stop,
}
