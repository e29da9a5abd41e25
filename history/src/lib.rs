//! Histories of concurrent clients, and whether they are linearizable.

#![forbid(unsafe_code)]

mod call;
mod checker;
pub mod form;
mod history;
mod model;
pub mod models;

pub use call::{Call, CallId, ClientId, Moment, Outcome};
pub use checker::{
    Answer, Bound, Bounds, Candidate, Checked, CheckedOf, DeadEnd, Effort, Fate, GaveUp,
    MOST_DEAD_ENDS, Verdict, VerdictOf, Violation, ViolationOf, Witness, WitnessError, check,
    decide, verify,
};
pub use form::{ImportError, Limits};
pub use history::{Event, History, HistoryError, MOST_EVENTS};
pub use model::{CallOf, HistoryOf, Model, Object};
