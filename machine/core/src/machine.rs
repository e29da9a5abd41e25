use core::fmt::Debug;
use core::hash::Hash;

use crate::{AfterFlush, AfterGap, Env, FlushError, Gap, Input, Kind};

/// A deterministic state machine that lives on one node of a cluster.
///
/// Every field of the implementing type is volatile: a crash loses it. What must survive is
/// written as a [`Record`](Machine::Record) and handed back by [`restore`](Machine::restore).
///
/// A restart builds a fresh machine, calls `restore` once for each durable record, oldest first,
/// and then steps it with [`Input::Start`]. The first start is the same path with no records.
pub trait Machine: Sized {
    /// What nodes send to each other.
    type Message: Kind + Clone + Hash + Debug;
    /// What a client or an operator asks of a node.
    type Request: Kind + Clone + Hash + Debug;
    /// What a node answers to a request.
    type Response: Clone + Hash + Debug;
    /// The name of a timer. Setting a timer that is set moves it.
    type Timer: Kind + Copy + Eq + Hash + Debug;
    /// One durable fact.
    type Record: Clone + Hash + Debug;

    /// Takes back one durable record; called oldest first, before [`Input::Start`].
    fn restore(&mut self, record: Self::Record);

    /// Decides what to do about records that cannot be read; called in their place, between the
    /// records before and after them.
    ///
    /// Unless a machine says otherwise it goes on if they are the last ones, as a crash leaves
    /// them, and refuses to start if they are not: records that were durable are missing.
    ///
    /// Beware: a *last* record that has gone bad after it was durable looks like one torn by a
    /// crash. A machine that must not forget what it has promised even then either refuses every
    /// gap, or writes records such that the loss of the last one is noticed or harmless.
    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        if gap.at_end { AfterGap::Continue } else { AfterGap::Refuse }
    }

    /// Decides what to do about a flush that failed. Nothing that follows the flush has happened.
    ///
    /// Unless a machine says otherwise it stops and starts again with what the disk really has.
    /// After [`FlushError::Io`] a retry is dangerous: many operating systems drop what they could
    /// not write, so that the next flush succeeds without having written it (Rebello et al. 2020).
    /// After [`FlushError::Full`] it is safe to wait for room.
    fn flush_failed(&mut self, _error: FlushError) -> AfterFlush {
        AfterFlush::Stop
    }

    /// Handles one input and writes the effects on `env`.
    ///
    /// Pure: reads nothing but `self`, `input` and `env`.
    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>);

    /// The name of the state the machine is in, for coverage and for reading: `"Leader"`.
    fn state(&self) -> &'static str;
}
