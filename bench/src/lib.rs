//! What this program compares worlds with: the floor, and structures that could be an agenda.
//!
//! # Invariants of this crate
//!
//! * The floor has the agenda of the simulator, and events as large as those of a world in which
//!   nodes play ping-pong.
//! * All structures do the same work in the same order.

#![forbid(unsafe_code)]

mod agendas;
mod floor;

pub use agendas::{Delays, Hold, STRUCTURES, Structure};
pub use floor::Floor;
