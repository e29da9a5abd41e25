//! The Raft machine: scripts for what should happen, and storms for what should not.

mod arithmetic;
mod cluster;
mod elections;
mod flow;
mod group;
mod ledger;
mod list;
mod membership;
mod multi;
mod observation;
#[cfg(feature = "planted-bugs")]
mod planted;
mod reads;
mod scripts;
mod serialisation;
mod snapshots;
mod storm;
mod theatre;
mod transcripts;
