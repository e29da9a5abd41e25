use stormglass_machine::Kind;

use super::PeerId;

/// What a [`Faction`](super::Faction) can be told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// A peer takes part.
    ParticipationObserved {
        /// The peer.
        peer_id: PeerId,
    },
    /// A peer is ready.
    ReadyObserved {
        /// The peer.
        peer_id: PeerId,
    },
    /// This node has finished its own part and is ready.
    LocalParticipationCompleted,
    /// Time is up.
    DeadlineExpired,
    /// How do things stand? Changes nothing.
    Probe,
}

impl Command {
    /// How many kinds of command there are.
    pub(crate) const KINDS: usize = 5;

    /// The position of this kind of command in the order of declaration.
    pub(crate) const fn kind_index(self) -> usize {
        match self {
            Command::ParticipationObserved { .. } => 0,
            Command::ReadyObserved { .. } => 1,
            Command::LocalParticipationCompleted => 2,
            Command::DeadlineExpired => 3,
            Command::Probe => 4,
        }
    }
}

impl Kind for Command {
    fn kind(&self) -> &'static str {
        match self {
            Command::ParticipationObserved { .. } => "ParticipationObserved",
            Command::ReadyObserved { .. } => "ReadyObserved",
            Command::LocalParticipationCompleted => "LocalParticipationCompleted",
            Command::DeadlineExpired => "DeadlineExpired",
            Command::Probe => "Probe",
        }
    }
}
