//! Replica roles, election and catch-up.
//!
//! A channel is an append-only log held by the nodes of a replica set. One of them leads; the
//! others believe in it by its heartbeats, and pull what they lack. [`Replica`] is one such node,
//! a pure step function; everything it is made of is a small type of its own in a file of its own.
//!
//! It is compatible, in every observable weakness, with the replication of the crate `net-mesh`
//! 0.23.0: an append is acknowledged by the leader alone, there is no quorum, two nodes may lead
//! at once, and logs may silently differ for ever. [`Hardening`] mends these weaknesses, one
//! switch each.
//!
//! # Invariants
//!
//! * Every change of a role goes through [`check_transition`].
//! * Replication never invents or changes an entry. With the prefix check it may take a suffix
//!   back; otherwise entries only ever go from the front.
//! * A replica on disk never advertises what is not durable. A leader may.
//! * An answer counts only if it was asked for, only once, and only from the believed leader.
//! * `no_std` with `alloc`; no `unsafe`, no clock, no floats, no hash maps.
//!
//! # What is never there
//!
//! No quorum, no commit index, no lease: the heartbeats' tails acknowledge nothing.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod backoff;
mod bandwidth;
mod bug;
pub mod catch_up;
mod config;
pub mod constants;
mod coordinator;
mod election;
mod hardening;
mod inbound;
mod inbox;
mod log;
mod message;
mod metrics;
mod operate;
mod outstanding;
mod recovery;
mod replica;
mod request;
mod role;
mod tag;
mod tick;
mod trace;
mod tracker;

pub use backoff::Backoff;
pub use bandwidth::{Ledger, TokenBucket};
pub use bug::{Bug, Planted};
pub use config::{Config, ConfigError, FsyncPolicy, OnUnderCapacity, Storage};
pub use coordinator::{Coordinator, CoordinatorError, Outcome};
pub use election::{Outcome as ElectionOutcome, elect, elect_most_advanced};
pub use hardening::Hardening;
pub use inbox::{Inbox, Item, LaneFull, Work};
pub use log::{AppendError, Log, Retention};
pub use message::{
    BandwidthClass, ChannelId, Entry, Heartbeat, Message, NackCode, Stamp, SyncNack, SyncRequest,
    SyncResponse,
};
pub use metrics::Metrics;
pub use outstanding::{Outstanding, Token};
pub use replica::Replica;
pub use request::{Record, Request, Response, Timer};
pub use role::{Role, Signal, TransitionError, check_transition};
pub use tag::{TagCall, TagSink, TagSinkFailed};
pub use trace::{ObserverEvent, SkipCause, SyncAction, Trace, TransitionAttempt};
pub use tracker::{Order, Peer, Standing, Tracker};
