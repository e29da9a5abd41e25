use core::fmt::Debug;
use core::hash::Hash;

use crate::{Env, Input, Kind};

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

    /// Handles one input and writes the effects on `env`.
    ///
    /// Pure: reads nothing but `self`, `input` and `env`.
    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>);

    /// The name of the state the machine is in, for coverage and for reading: `"Leader"`.
    fn state(&self) -> &'static str;
}
