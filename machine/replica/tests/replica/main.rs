//! The replica machine, rule by rule, and in a small cluster.

mod backoff;
mod bandwidth;
mod catch_up;
mod cluster;
mod convergence;
mod coordinator;
mod elections;
mod gaps;
mod hardening;
mod inbound;
mod inbox;
mod log;
mod node;
mod operate;
#[cfg(feature = "planted-bugs")]
mod planted;
mod recovery;
mod roles;
mod ticks;
mod tracker;
