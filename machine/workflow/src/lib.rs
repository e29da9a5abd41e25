//! Workflows: fallible state machines with tracked actions.
//!
//! A user writes a [`StateMachine`]: a transition function that takes a state and an input, may fail,
//! may await its store, and describes what it wants done as [`Action`]s; and a `restore` that reads
//! off the state what is unfinished. The runtime makes of it a [`Node`] that can crash at any
//! point: each input is consumed in one atomic commit, actions are executed after it, tracked ones at
//! least once and always under the same id, untracked ones at most once.
//!
//! The traits are those of the crate `fasm` 0.3, with what 0.4 has added to them, and stricter where a
//! runtime has to rely on it: ids and results can be cloned, ordered and compared.
//!
//! # Invariants
//!
//! * The state, the inputs it has consumed and what they were answered are one record. There is no
//!   moment at which one is durable and another is not.
//! * Nobody hears of a commit before it is durable: no client, no system outside.
//! * Transitions of one machine never overlap. One that waits for its store is run again from the
//!   beginning, on what is committed then.
//! * Who was replaced while it waited cannot commit.
//! * The actions that are under way are those that `restore` would ask for now.
//! * A refusal is consumed like anything else. A conflict is not a refusal.
//! * All queues are bounded, and none waits for room in another: inputs beyond the bound are turned
//!   away, actions beyond the window wait in the state, and completions are always taken.
//! * `no_std` with `alloc`; no `unsafe`, no clock, no hash maps.
//!
//! # What is never there
//!
//! No exactly-once execution: an action whose answer is lost is asked for again. That it takes effect
//! once is up to the other side, by its id, or to a status query that settles the matter.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod attempt;
mod bug;
mod config;
mod container;
mod external;
mod key_value;
mod message;
mod node;
mod outstanding;
mod poll;
pub mod site;
mod state_machine;
mod transaction;
mod worker;
mod workflow;

pub use action::{Action, TrackedAction, TrackedActionTypes};
pub use attempt::Stage;
pub use bug::{Bug, Planted};
pub use config::Config;
pub use container::{ActionList, Actions, ActionsContainer, NoRoom};
pub use external::{External, System, Taken};
pub use key_value::KeyValue;
pub use message::{
    Cause, Commit, Execute, Last, Message, Outcome, Record, Request, Response, Session, Timer,
    Transmission,
};
pub use node::Node;
pub use outstanding::{Outstanding, Phase};
pub use poll::poll_once;
pub use state_machine::{Input, StateMachine};
pub use transaction::{InMemory, Process, Transaction};
pub use worker::Worker;
pub use workflow::{
    ActionOf, CauseOf, CommitOf, EntryOf, ExecuteOf, IdOf, LedgerOf, ResultOf, SnapshotOf, Workflow,
};
