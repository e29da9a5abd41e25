//! Consensus: Raft (Ongaro and Ousterhout 2014; Ongaro's dissertation of the same year), as a
//! machine.
//!
//! [`Raft`] is one node of one group: a log that is the same on all nodes, applied to the
//! application's [`StateMachine`] everywhere in the same order. [`MultiRaft`] is one node of many
//! groups that share its disk and its heartbeats.
//!
//! What it takes for granted: nodes stop and come back with what their disks had; messages are
//! lost, delayed, doubled and overtaken; clocks drift within a stated bound, if leases are used.
//! Nobody lies.
//!
//! ```
//! use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, RequestId, Time};
//! use stormglass_raft::{CorruptSnapshot, Options, Raft, Request, Response, StateMachine, Timer};
//!
//! #[derive(Default)]
//! struct Sum(u64);
//!
//! impl StateMachine for Sum {
//!     type Command = u64;
//!     type Query = ();
//!     type Response = u64;
//!     type Observer = ();
//!     fn apply(&mut self, command: &u64) -> u64 {
//!         self.0 += command;
//!         self.0
//!     }
//!     fn query(&self, _: &()) -> u64 {
//!         self.0
//!     }
//!     fn snapshot(&self) -> Vec<u8> {
//!         self.0.to_le_bytes().to_vec()
//!     }
//!     fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
//!         self.0 = u64::from_le_bytes(snapshot.try_into().map_err(|_| CorruptSnapshot)?);
//!         Ok(())
//!     }
//! }
//!
//! // A group of one elects itself when its timer fires, and commits what it is asked at once.
//! let mut raft = Raft::new(Options::new(NodeId(0), vec![NodeId(0)]), Sum::default());
//! let (mut dice, mut effects) = (Dice::new(7, "node", 0), Vec::new());
//! let command = Request::ClientCommand { command: 4, session: None };
//! for input in [
//!     Input::Start,
//!     Input::Timer(Timer::Election),
//!     Input::Request { id: RequestId(1), request: command },
//! ] {
//!     raft.step(input, &mut Env::new(NodeId(0), Time::ZERO, Time::ZERO, &mut dice, &mut effects));
//! }
//! assert!(effects.iter().any(|effect| matches!(
//!     effect,
//!     Effect::Respond { response: Response::Applied { index: 2, response: 4 }, .. }
//! )));
//! ```
//!
//! # Invariants of this crate
//!
//! * No message tells of a term, a vote, an entry or a snapshot that the sender's disk has not.
//!   The one exception is a leader's own entries, which it does not count until the disk has them.
//! * A term has one leader. What is committed stays committed, at its index, on every node.
//! * A leader commits by counting only entries of its own term, and begins each with one.
//! * Every count is of voters of the configuration in force, each once; the newest configuration
//!   in the log is in force. In a joint configuration both majorities are needed.
//! * A read is answered from a state with everything that was committed when it was asked. Rounds
//!   that confirm it are numbered by the leader, and a lease runs from when its round began.
//! * A command of a session is applied once.
//! * A request is answered once, unless the node goes down first.
//! * No `unsafe`, no clock, no standard library. A step allocates for the entries that it appends
//!   and for the snapshots that it takes; heartbeats, answers and counts allocate nothing.
//!
//! # Where it departs from what it is modelled after
//!
//! The words for messages, timers, events and observations are those of the `metal_raft` project,
//! and so are the defaults. Its own fault model lets messages be delayed, doubled and overtaken,
//! under which some of its rules are wrong; here:
//!
//! * A follower reports the last index that the message was about, not its own last; it cuts its
//!   log only where it really differs; it takes an append that raises its term.
//! * A candidate asks about the term that the election would have, and learns from a refusal. Votes
//!   are a set. Whoever hears a leader helps to elect nobody else, unless the leader wishes it.
//! * A leader that hears no quorum steps down. A lease runs from the start of a round, and is
//!   shorter than the shortest election timeout by what the clocks may drift.
//! * Configurations are in force once appended, are in snapshots, and survive restarts. Snapshots
//!   are taken by every node, travel in pieces, and are acknowledged for what they are.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

/// The name of a variant, as it is written.
macro_rules! name_of {
    ($value:expr, $type:ident: $($variant:ident)+) => {
        match $value { $($type::$variant { .. } => stringify!($variant),)+ }
    };
}

mod append;
mod bug;
mod change;
mod commit;
mod compaction;
mod configuration;
mod election;
mod entry;
mod install;
mod leadership;
mod log;
mod memberships;
mod message;
mod multi;
mod observer;
mod options;
mod progress;
mod proposals;
mod raft;
mod reads;
mod record;
mod recovery;
mod replication;
mod request;
mod role;
mod sessions;
mod snapshot;
mod state_machine;
mod step;
mod timer;
mod transfer;

// What only this crate knows.
use memberships::Memberships;
use message::MessageOf;
use progress::{Mode, Peer};
use reads::{ForwardedRead, Reader};
use sessions::Admission;
use step::Step;

pub use bug::{Bug, Planted};
pub use configuration::Configuration;
pub use entry::{Entries, Entry, LogIndex, Payload, Term};
pub use leadership::Leadership;
pub use log::Log;
pub use message::{
    AppendEntries, AppendEntriesResponse, AppendOutcome, InstallSnapshot, InstallSnapshotResponse,
    Message, PreVoteRequest, PreVoteResponse, ReadIndexRequest, ReadIndexResponse, RequestVote,
    RequestVoteResponse,
};
pub use multi::{
    GroupId, MultiMessage, MultiRaft, MultiRecord, MultiRequest, MultiTimer, UnknownGroup,
};
pub use observer::{Level, Observation, Observer};
pub use options::{Options, OptionsError};
pub use raft::Raft;
pub use record::{Image, Record};
pub use request::{
    ClientError, ConfigError, ConfigurationChange, ReadError, Request, Response, TransferError,
};
pub use role::Role;
pub use sessions::{ClientId, Session, Sessions, Stamp, UNACKNOWLEDGED_MAX};
pub use snapshot::{Chunk, Snapshot, SnapshotMetadata};
pub use state_machine::{CorruptSnapshot, StateMachine};
pub use timer::Timer;
