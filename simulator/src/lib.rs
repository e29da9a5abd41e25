//! A seeded world for virtual clusters of machines.
//!
//! **A run is the dull run plus its deviations.** In the dull run every message arrives after the
//! base latency, every timer and every disk is on time, nobody crashes and no client asks
//! anything. A [`Deviation`] is one departure from it, named by what it is about. A
//! [search](World::search) draws deviations from a seed, a [recording](World::record) lists them,
//! a [replay](World::replay) runs the dull run with a given list.
//!
//! A [`Scenario`] says what the world is like and what must hold; a [`World`] runs it, one seed
//! after the other.
//!
//! # Invariants of this crate
//!
//! * One thread, one agenda ordered by (time, order of putting in), integer nanoseconds. No clock,
//!   no randomness but [`Dice`](stormglass_machine::Dice) streams named by (seed, purpose, index),
//!   no map that is walked in the order of its hashes.
//! * A search records nothing, formats nothing, and allocates nothing per event once warm; what
//!   is allocated is what the machines and the scenario's own checkers ask for.
//! * The world cannot tell who decides: a search, its recording and the replay of the recording
//!   have the same hash chain.
//! * Nothing here reads or writes files, or knows of logs.

#![forbid(unsafe_code)]

mod agenda;
mod chain;
mod checkpoints;
mod clients;
mod clock;
mod cluster;
mod coverage;
mod deadlock;
mod decisions;
mod deviation;
mod disk;
mod distribution;
mod event;
mod facts;
mod faults;
mod happen;
mod knob;
mod lasso;
mod linearizable;
mod liveness;
mod menu;
#[cfg(feature = "mirror")]
mod mirror;
mod network;
mod oracle;
mod panic;
mod plain;
mod property;
mod run;
mod scenario;
mod script;
#[doc(hidden)]
pub mod shared;
pub mod simpler;
mod span;
mod tolerance;
mod twice;
mod world;

pub use checkpoints::{Checkpoints, Copies};
pub use clients::{Attempt, ClientEvent, Clients, Reply};
pub use clock::MAX_DRIFT_PPM;
pub use cluster::Cluster;
pub use deviation::{Deviation, Nonsense};
pub use distribution::Distribution;
pub use event::{DiskFault, Event};
pub use facts::{Facts, Tally};
pub use faults::{
    Breakage, Broken, ClientLink, ClockStep, Clog, Crash, Cut, FailingFlush, Family, Fate, Faults,
    FullDisk, Impaired, LateTimer, LostFlush, MessageFault, MisdirectedWrite, Pause, Plane,
    ReplacedDisk, RequestOf, RottenRecord, Shape, SiteFires, SlowDisk, SlowFlush, Throttle,
    TornRecord, Tuned, Way, WrongClock,
};
pub use knob::{Knob, Knobs};
pub use linearizable::UNDECIDED;
pub use menu::Menu;
#[cfg(feature = "mirror")]
pub use mirror::{Around, Mirror};
pub use oracle::{NOT_DETERMINISTIC, ORACLES, Oracle};
pub use plain::Plain;
pub use property::{
    BOUNDED_EVENTS, Failure, KNOWN_RECEIVER, NO_PANIC, Property, Signature, TIME_GOES_ON, Verdict,
    Violation, ensure,
};
pub use run::{Outcome, Recorded, Replayed, Watch};
pub use scenario::{Asked, Scenario, Settings};
pub use script::{Script, Teller};
pub use tolerance::Redundancy;
pub use twice::{Difference, Step, first_difference};
pub use world::World;
