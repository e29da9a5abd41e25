//! Histories of concurrent clients, and whether they are linearizable.
//!
//! A [`History`] is what clients of some object (a register, a queue, a whole database) asked for
//! and were answered, in the order in which it happened. A [`Model`] says what the object would do
//! if only one client at a time used it. [`check`] says whether all results can be explained by
//! calls that took effect one after another, each at some instant between its invocation and its
//! completion: that is *linearizability* (Herlihy and Wing 1990).
//!
//! ```
//! use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
//! use stormglass_history::{Bounds, ClientId, History, Verdict, check};
//!
//! let (ann, bob, eve) = (ClientId(0), ClientId(1), ClientId(2));
//! let mut history = History::new();
//! // Nobody knows whether the write took effect, or will.
//! history.invoke(ann, 10, RegisterOperation::Write(7))?;
//! history.unknown(ann, 90)?;
//! // It did: somebody has seen it.
//! history.invoke(bob, 100, RegisterOperation::Read)?;
//! history.complete(bob, 120, RegisterResult::Value(Some(7)))?;
//!
//! let register = Register::default();
//! let checked = check(&register, &history, Bounds::default());
//! assert!(matches!(checked.verdict, Verdict::Linearizable(_)));
//!
//! // So somebody else, later, cannot miss it.
//! history.invoke(eve, 130, RegisterOperation::Read)?;
//! history.complete(eve, 140, RegisterResult::Value(None))?;
//!
//! let checked = check(&register, &history, Bounds::default());
//! let violation = checked.verdict.violation().expect("nothing explains this");
//! let text = violation.describe(&register, &history);
//! assert!(text.contains("client 2: read -> nil would return 7"), "{text}");
//! # Ok::<(), stormglass_history::HistoryError>(())
//! ```
//!
//! # What is promised
//!
//! - There are three answers. [`Linearizable`](Verdict::Linearizable) comes with an order of the
//!   calls, which [`verify`] checks by the definition alone.
//!   [`NotLinearizable`](Verdict::NotLinearizable) comes with the first moment at which it was
//!   so, and why ([`Violation`]). [`GaveUp`](Verdict::GaveUp) says at which of the [`Bounds`].
//! - The same history, model and bounds give the same answer at the same cost, everywhere. No
//!   clock is read and there is no chance. Cost is counted, in [`Effort`].
//! - A history is well formed at any time: what does not fit is refused. The stack does not
//!   overflow, whatever the history. Texts of others are read within [`Limits`], and never in
//!   part.
//! - The order of events is the truth, and times are for people. Two events at one time are in the
//!   order in which they were given; a call that completed before another was invoked, be it at
//!   the same nanosecond, was over.
//!
//! # What is asked of the model
//!
//! That it is a function: [`Model::step`] and the others depend on their arguments only. That
//! different keys are independent. And that it says "reads only" of nothing that changes a state;
//! this is checked where it is met.
//!
//! # How large a history can be
//!
//! The problem is NP-complete, and what makes it hard is how many calls of one key are open at the
//! same time, and how many are of unknown outcome; the length matters little. If there is an order
//! it is mostly found at once: tens of thousands of calls take milliseconds. That there is none
//! takes more, since all have to be tried: with ten calls at once on one register, some hundred
//! configurations for each ten calls, and several times that for each call of unknown outcome that
//! can still matter. Queues are the hardest, because a wrong choice shows only when the value
//! comes out. Many keys, and values that are written once only, help most.
//!
//! # Files
//!
//! [`form::jepsen`] reads and writes the EDN of Jepsen, [`form::json`] JSON.
//!
//! # Sources
//!
//! - M. Herlihy and J. Wing, "Linearizability: a correctness condition for concurrent objects",
//!   ACM TOPLAS 12(3), 1990: the definition, and that parts can be checked by themselves.
//! - J. Wing and C. Gong, "Testing and verifying concurrent objects", Journal of Parallel and
//!   Distributed Computing 17, 1993: the search.
//! - P. Gibbons and E. Korach, "Testing shared memories", SIAM Journal on Computing 26(4), 1997:
//!   that it is NP-complete.
//! - A. Horn and D. Kroening, "Faster linearizability checking via P-compositionality", FORTE
//!   2015: keys.
//! - G. Lowe, "Testing for linearizability", Concurrency and Computation 29(4), 2017: the memory
//!   of configurations, and calls placed just in time.
//! - A. Athalye, Porcupine, <https://github.com/anishathalye/porcupine>, 2017, and K. Kingsbury,
//!   Knossos, <https://github.com/jepsen-io/knossos>, 2014: checkers of the kind, with histories
//!   and verdicts to compare with.

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
