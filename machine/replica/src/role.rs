//! The role matrix: which role may follow which, and by what signal.

use serde::{Deserialize, Serialize};

/// What a node is for one channel. The discriminant is the byte on the wire.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[repr(u8)]
pub enum Role {
    /// Answers requests for entries.
    Leader = 0,
    /// Pulls entries from the leader it believes in.
    Replica = 1,
    /// Between missing its leader and the end of the election.
    Candidate = 2,
    /// Takes no part. Every process starts so, since the role is not durable.
    #[default]
    Idle = 3,
}

impl Role {
    /// Every role, in the order of the wire bytes.
    pub const ALL: [Role; 4] = [Role::Leader, Role::Replica, Role::Candidate, Role::Idle];

    /// The name, as in `"Leader"`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Leader => "Leader",
            Role::Replica => "Replica",
            Role::Candidate => "Candidate",
            Role::Idle => "Idle",
        }
    }
}

/// Why a role is to change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Signal {
    /// Placement has chosen this node to hold the channel.
    CapabilitySelected,
    /// The believed leader has been silent for too long.
    MissedHeartbeats,
    /// This node has won its election.
    ElectionWon,
    /// A peer has won this node's election.
    ElectionLost,
    /// The operator asks the leader to let go.
    GracefulRelinquish,
    /// A replica has no room.
    DiskPressureWithdraw,
    /// A leader has no room.
    LeaderDiskPressureWithdraw,
    /// A candidate has no room.
    CandidateDiskPressureWithdraw,
    /// The channel is closing.
    ChannelClose,
    /// A leader has heard of a better leader.
    PeerLeaderObserved,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Signal; 10] = [
        Signal::CapabilitySelected,
        Signal::MissedHeartbeats,
        Signal::ElectionWon,
        Signal::ElectionLost,
        Signal::GracefulRelinquish,
        Signal::DiskPressureWithdraw,
        Signal::LeaderDiskPressureWithdraw,
        Signal::CandidateDiskPressureWithdraw,
        Signal::ChannelClose,
        Signal::PeerLeaderObserved,
    ];

    /// The signal by which a node of this role withdraws under disk pressure. An idle node has
    /// nothing to withdraw from; closing is the one signal it accepts.
    pub const fn withdraw_from(role: Role) -> Signal {
        match role {
            Role::Replica => Signal::DiskPressureWithdraw,
            Role::Leader => Signal::LeaderDiskPressureWithdraw,
            Role::Candidate => Signal::CandidateDiskPressureWithdraw,
            Role::Idle => Signal::ChannelClose,
        }
    }
}

/// Why a transition was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TransitionError {
    /// The roles may follow each other, but not by this signal.
    SignalMismatch {
        /// The role before.
        from: Role,
        /// The role asked for.
        to: Role,
        /// The signal given.
        signal: Signal,
    },
    /// The roles never follow each other.
    InvalidPair {
        /// The role before.
        from: Role,
        /// The role asked for.
        to: Role,
    },
}

/// May a node go from one role to another by this signal?
pub const fn check_transition(from: Role, to: Role, signal: Signal) -> Result<(), TransitionError> {
    use Role::{Candidate, Idle, Leader, Replica};
    match (from, to, signal) {
        (_, Idle, Signal::ChannelClose)
        | (Idle, Replica, Signal::CapabilitySelected)
        | (Replica, Candidate, Signal::MissedHeartbeats)
        | (Candidate, Leader, Signal::ElectionWon)
        | (Candidate, Replica, Signal::ElectionLost)
        | (Leader, Replica, Signal::PeerLeaderObserved)
        | (Leader, Idle, Signal::GracefulRelinquish)
        | (Leader, Idle, Signal::LeaderDiskPressureWithdraw)
        | (Replica, Idle, Signal::DiskPressureWithdraw)
        | (Candidate, Idle, Signal::CandidateDiskPressureWithdraw) => Ok(()),
        (_, Idle, _)
        | (Idle, Replica, _)
        | (Replica, Candidate, _)
        | (Candidate, Leader | Replica, _)
        | (Leader, Replica, _) => Err(TransitionError::SignalMismatch { from, to, signal }),
        _ => Err(TransitionError::InvalidPair { from, to }),
    }
}
