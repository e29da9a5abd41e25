//! The work that every system does, and how a process measures itself while doing it.
//!
//! Each system is a small program made of [`Way`]s and [`main`]. It does the work once and prints
//! one line of JSON.

mod allocations;
mod ping_pong;
mod process;

pub use allocations::live_bytes;
pub use ping_pong::{NODES, Rules, right};
pub use process::{Done, SECONDS_PER_SEED, Way, Work, main};
