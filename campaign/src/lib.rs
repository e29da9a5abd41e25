//! Many seeds: run on all cores, triaged by signature, shrunk, written down, reported.
//!
//! [`campaign`] is the engine; [`check`] is what a `cargo test` calls and is the same engine at a
//! smaller size; a [`Registry`] is a list of scenarios by name, for the command.
//!
//! # Invariants of this crate
//!
//! * What a campaign finds depends on its seeds only, never on the number of threads: of each
//!   distinct failure the lowest seed counts.
//! * The one exception: a search in which seed after seed goes round in circles is ended early.
//! * Threads share nothing that is written per event or per run.
//! * A failure is recorded, and its recording replayed, before it is believed: a difference is a
//!   failure of its own, since then something is not deterministic.

#![forbid(unsafe_code)]

mod answers;
mod candidates;
mod check;
mod clock;
mod compare;
mod measure;
mod options;
mod part;
mod progress;
mod prove;
mod rank;
mod registry;
mod report;
mod search;
#[doc(hidden)]
pub mod shared;
mod shrink;
mod triage;

pub use answers::{Repair, Replay, Run, Shrink};
pub use check::check;
pub use compare::{Change, Changes, Earlier, EarlierFailure, EarlierReports, Trend, compare};
pub use measure::Measured;
pub use options::{Options, SeedsError, parse_seeds};
pub use progress::{Countdown, say};
pub use prove::{Proof, Proving, prove};
pub use rank::{Rank, rank};
pub use registry::{Catalogue, Entry, Planted, Registry, Runnable, UnknownName};
pub use report::{Coverage, Found, Recovery, Report, ShrunkSize, SiteCount, Size, quoted};
pub use search::campaign;
pub use shrink::{Shrunk, shrink};
pub use stormglass_simulator::NOT_DETERMINISTIC;
