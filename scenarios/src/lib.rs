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

use stormglass_campaign::Catalogue;
#[cfg(feature = "registry")]
use stormglass_campaign::Registry;

/// All scenarios, with everything that can be done with them.
#[cfg(feature = "registry")]
pub fn registry() -> Registry {
    register(Registry::new())
}

/// Adds all scenarios to a list of them.
pub fn register<C: Catalogue>(catalogue: C) -> C {
    let published = replica::register(faction::register(catalogue));
    workflow::register(raft::register(published))
}
