//! The decision alone: a Mealy machine that knows of no network, no clock and no disk.

mod cluster_view;
mod command;
mod conclusion;
mod config;
mod faction;
mod observer;
mod outcome;
mod outcomes;
mod peer_state;
mod process_result;
mod quorum_policy;
mod transition;

pub use cluster_view::ClusterView;
pub use command::Command;
pub use conclusion::Conclusion;
pub use config::Config;
pub use faction::Faction;
pub use observer::{NoOpObserver, Observer};
pub use outcome::Outcome;
pub use peer_state::PeerState;
pub use process_result::ProcessResult;
pub use quorum_policy::QuorumPolicy;
pub use transition::Transition;

pub(crate) use outcomes::Outcomes;

/// Names a peer. Any number will do.
pub type PeerId = u64;
