//! Many seeds: run on all cores, triaged by signature, shrunk, written down, reported.
//!
//! [`campaign`] is the engine; [`check`] is what a `cargo test` calls and is the same engine at a
//! smaller size; a [`Registry`] is a list of scenarios by name, for the command.
//!
//! # Invariants of this crate
//!
//! * What a campaign finds depends on its seeds only, never on the number of threads: of each
//!   distinct failure the lowest seed counts.
//! * Threads share nothing that is written per event or per run.
//! * A failure is recorded, and its recording replayed, before it is believed: a difference is a
//!   failure of its own, since then something is not deterministic.

#![forbid(unsafe_code)]

mod check;
mod clock;
mod options;
mod part;
mod progress;
mod registry;
mod report;
mod search;
mod triage;

pub use check::check;
pub use options::{Options, SeedsError, parse_seeds};
pub use registry::{Entry, Planted, Registry, Replay, Run, Runnable, Shrink, UnknownName};
pub use report::{Coverage, Found, Report, ShrunkSize, SiteCount, Size, quoted};
pub use search::campaign;
pub use triage::{NOT_DETERMINISTIC, Shrunk, shrink};
