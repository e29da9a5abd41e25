//! What a machine is: a pure step function from inputs to effects.
//!
//! A [`Machine`] is told what happened ([`Input`]) and writes down what should happen next
//! ([`Effect`], through [`Env`]). It never reads a clock, a socket, a file or a source of
//! randomness by itself; whatever it may know is handed to it. The same machine therefore runs
//! unchanged in production and in a simulated world.
//!
//! # The law of effects
//!
//! Effects happen in the order they were written. What follows a [`Effect::Flush`] waits until
//! the disk has made every record written before it durable, and the machine takes no further
//! input until all effects of its step have happened. A crash may cut the list at any point: what
//! stood behind the cut never happens, and of the records written but not yet flushed any suffix
//! may be lost. So "persist before you promise" is visible as the order of lines, and a crash in
//! the middle of a step is no special case. A flush that fails has made nothing durable: what
//! follows it waits for one that succeeds, or never happens.
//!
//! # Invariants of this crate
//!
//! * `no_std` with `alloc`, no `unsafe`; the standard library is used by the feature `driver` only.
//! * Nothing here knows of simulation.
//! * No clock, no thread, no input or output outside the feature `driver`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "driver"))]
extern crate std;

mod dice;
mod disk;
#[cfg(feature = "driver")]
pub mod driver;
mod effect;
mod env;
mod id;
mod input;
mod kind;
mod machine;
mod sites;
mod time;

pub use dice::Dice;
pub use disk::{AfterFlush, AfterGap, FlushError, Gap};
pub use effect::Effect;
pub use env::Env;
pub use id::{NodeId, RequestId};
pub use input::Input;
pub use kind::Kind;
pub use machine::Machine;
pub use sites::{Firing, SiteTally, Sites};
pub use time::Time;
