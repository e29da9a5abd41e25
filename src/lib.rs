//! Deterministic simulation testing of distributed systems.
//!
//! You write a [`Machine`]. The simulator gives it a world. A [`Scenario`] says what the world is
//! like and what must hold. When something breaks, it is made small, told as a story, and can be
//! replayed for ever.
//!
//! This crate is what a user imports: re-exports only, nothing is defined here. The `README.md`
//! of the repository shows the smallest test, `ARCHITECTURE.md` how the parts hang together.

// What a page of the documentation shows is compiled and run.
#![cfg_attr(doctest, doc = include_str!("../docs/scripts.md"))]
#![cfg_attr(doctest, doc = include_str!("../docs/workflow.md"))]
#![forbid(unsafe_code)]

pub use stormglass_campaign::{Options, Planted, Registry, Report, campaign, check};
pub use stormglass_cli as cli;
pub use stormglass_history as history;
pub use stormglass_machine::{Dice, Effect, Env, Input, Kind, Machine, NodeId, RequestId, Time};
pub use stormglass_replay::{Log, LogError, RawLog, Story, log_of, replay, script};
pub use stormglass_shrinker as shrinker;
pub use stormglass_simulator::{
    Asked, Attempt, ClientEvent, Clients, Cluster, Deviation, Event, Facts, Fate, Faults, Knob,
    Knobs, Outcome, Plain, Property, Reply, Scenario, Script, Settings, Shape, Verdict, Violation,
    Watch, World, ensure,
};
