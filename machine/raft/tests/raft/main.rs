//! The Raft machine: scripts for what should happen, and storms for what should not.

mod cluster;
mod elections;
mod group;
mod ledger;
mod list;
#[cfg(feature = "planted-bugs")]
mod planted;
mod storm;
