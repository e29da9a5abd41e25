//! The machines of this project under worlds that are unkind to them, and the bugs that can be
//! planted in them, each with the property that must find it.
//!
//! A scenario is a file; what the scenarios of one machine share (the ghost, the properties, the
//! table of planted bugs) stands beside them.

#![forbid(unsafe_code)]

pub mod faction;
pub mod raft;
pub mod replica;
pub mod workflow;

use stormglass_campaign::Registry;

/// All scenarios, by name.
pub fn registry() -> Registry {
    let published = replica::register(faction::register(Registry::new()));
    workflow::register(raft::register(published))
}
