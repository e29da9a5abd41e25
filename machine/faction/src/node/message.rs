use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;

use crate::{Command, PeerId};

/// What nodes tell each other: how far the sender has come.
///
/// It may ask how far the receiver has come; an answer never asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    /// The sender takes part.
    Participation {
        /// Whether the sender asks how far the receiver has come.
        asks: bool,
    },
    /// The sender is ready, and has made that durable.
    Ready {
        /// Whether the sender asks how far the receiver has come.
        asks: bool,
    },
    /// The sender has bootstrapped and made that durable; it is ready, too, and asks for nothing.
    Bootstrapped,
}

impl Message {
    /// What the message tells the machine of the receiver.
    pub(super) fn command(self, peer_id: PeerId) -> Command {
        match self {
            Message::Participation { .. } => Command::ParticipationObserved { peer_id },
            Message::Ready { .. } | Message::Bootstrapped => Command::ReadyObserved { peer_id },
        }
    }

    /// Whether the sender asks how far the receiver has come.
    pub(super) fn asks(self) -> bool {
        match self {
            Message::Participation { asks } | Message::Ready { asks } => asks,
            Message::Bootstrapped => false,
        }
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Participation { .. } => "Participation",
            Message::Ready { .. } => "Ready",
            Message::Bootstrapped => "Bootstrapped",
        }
    }
}
