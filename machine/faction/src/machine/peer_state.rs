use super::Command;

/// The state of a [`Faction`](super::Faction).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PeerState {
    /// The initial state: no signal has been observed, not even one from a stranger.
    Fresh,
    /// Some signal has been observed; this node's own part is not finished.
    Pinging,
    /// This node is ready and counts the others.
    Collecting,
    /// Concluded: enough members are ready.
    Bootstrapped,
    /// Concluded: the deadline passed.
    TimedOut,
}

impl PeerState {
    /// The name of the state.
    pub const fn name(self) -> &'static str {
        match self {
            PeerState::Fresh => "Initial",
            PeerState::Pinging => "Pinging",
            PeerState::Collecting => "Collecting",
            PeerState::Bootstrapped => "Bootstrapped",
            PeerState::TimedOut => "TimedOut",
        }
    }

    /// The kinds of command this state accepts, in a fixed order. The peer ids are placeholders:
    /// always 0, whether or not such a member exists.
    pub const fn admissible(self) -> &'static [Command] {
        const PARTICIPATION: Command = Command::ParticipationObserved { peer_id: 0 };
        const READY: Command = Command::ReadyObserved { peer_id: 0 };
        const COMPLETION: Command = Command::LocalParticipationCompleted;
        const DEADLINE: Command = Command::DeadlineExpired;
        const PROBE: Command = Command::Probe;
        match self {
            PeerState::Fresh => &[PARTICIPATION, READY, PROBE],
            PeerState::Pinging => &[PARTICIPATION, READY, COMPLETION, DEADLINE, PROBE],
            PeerState::Collecting => &[READY, DEADLINE, PROBE],
            PeerState::Bootstrapped | PeerState::TimedOut => &[PROBE],
        }
    }
}
