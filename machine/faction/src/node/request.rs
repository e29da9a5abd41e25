use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;

use crate::Command;

/// What an operator can ask of a node. The response is what the machine made of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request {
    /// How do things stand?
    Probe,
    /// Finish the node's own part now.
    CompleteLocalParticipation,
    /// Give up now.
    ExpireDeadline,
}

impl Request {
    pub(super) fn command(self) -> Command {
        match self {
            Request::Probe => Command::Probe,
            Request::CompleteLocalParticipation => Command::LocalParticipationCompleted,
            Request::ExpireDeadline => Command::DeadlineExpired,
        }
    }
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        match self {
            Request::Probe => "Probe",
            Request::CompleteLocalParticipation => "CompleteLocalParticipation",
            Request::ExpireDeadline => "ExpireDeadline",
        }
    }
}
