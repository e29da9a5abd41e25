//! The log of a failing run: what it is, how it is written and read, replayed, compared and told.
//!
//! A [`Log`] holds the deviations that make a run fail, the violation they lead to, and the story
//! of the run in words. In JSON it is for people and for keeping; in its compact form it is for
//! campaigns. Both hold the same.
//!
//! # Invariants of this crate
//!
//! * A log is untrusted: sizes are bounded before anything is allocated, every error names the
//!   file and the place in it, nothing panics, and nothing is used before all of it is checked.
//! * A file is written whole or not at all.
//! * A replay does not know how its log was found.
//! * A log is never said to reproduce but by a run of today's code that violates the same property for
//!   the same cause. How it is read, and what is tried to repair it, only says which runs are made.

#![forbid(unsafe_code)]

mod align;
mod causes;
mod compact;
mod context;
mod drift;
mod error;
mod file;
mod log;
mod name;
mod picture;
mod reader;
mod repair;
mod replay;
mod script;
mod shown;
mod steps;
mod story;
mod trace;
mod words;

pub use context::{Context, Known, Place};
pub use drift::{Drift, Moved, StepNow, Unmatched};
pub use error::LogError;
pub use file::{Head, RawLog, probe, write, write_whole};
pub use log::{Expected, FORMAT, Log, LogOf};
pub use name::{Distance, EffectName, Sort, StepName};
pub use picture::Picture;
pub use repair::{Repaired, repair};
pub use replay::{Comparison, Verdict, log_of, replay};
pub use script::script;
pub use shown::{misleads, shown};
pub use story::Story;
