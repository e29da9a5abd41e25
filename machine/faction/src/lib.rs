//! Is the cluster ready to begin.
//!
//! Every member of a fixed list says when it takes part and, later, when it is ready. A node that
//! has finished its own part and counts enough ready members, itself among them, concludes
//! *bootstrapped*; a node whose deadline passes first concludes *timed out*. A conclusion is final.
//!
//! * [`Faction`] is the decision alone: a Mealy machine from [`Command`]s to [`Outcome`]s. It
//!   behaves exactly as the machine of the crate `faction` 0.3.3; the tests run the two side by
//!   side.
//! * [`FactionNode`] puts it on a network: it announces, asks again, answers, keeps the timers, and
//!   makes durable what it promises.
//! * [`Bug`] names mistakes that the feature `planted-bugs` can switch on, to show that the
//!   checkers of a simulation find them.
//!
//! # Invariants of this crate
//!
//! * `no_std` with `alloc`, no `unsafe`; no clock, no randomness, no input or output.
//! * Without the feature `planted-bugs` no bug can be switched on, and asking for one costs nothing.
//! * [`Faction`] never panics, whatever its configuration and whatever it is told.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bug;
mod machine;
mod node;

pub use bug::{Bug, Planted};
pub use machine::{
    ClusterView, Command, Conclusion, Config, Faction, NoOpObserver, Observer, Outcome, PeerId,
    PeerState, ProcessResult, QuorumPolicy, Transition,
};
pub use node::{FactionNode, Message, NodeConfig, Record, Request, Timer, Visited};
