//! A second machine, as dumb as can be: it keeps the whole history and works everything out anew.

use std::collections::BTreeSet;

use stormglass_faction::{ClusterView, Command, Config, Outcome, PeerId, PeerState, ProcessResult};
use stormglass_machine::Kind;

use crate::checked::{COMPLETION, DEADLINE, PROBE, participation, ready};

/// What a machine should do, worked out from everything it was ever told.
#[derive(Clone, Debug)]
pub struct Reference {
    self_id: PeerId,
    members: Vec<PeerId>,
    quorum: usize,
    accepted: Vec<Command>,
}

impl Reference {
    pub fn new(config: &Config) -> Reference {
        Reference {
            self_id: config.peer_id(),
            members: config.peers().to_vec(),
            quorum: config.required_count(),
            accepted: Vec::new(),
        }
    }

    pub fn process(&mut self, command: Command) -> ProcessResult {
        let before = self.view();
        let admissible = admissible(before.peer_state());
        if command == PROBE {
            return ProcessResult::Probed { cluster_view: before, admissible };
        }
        if !admissible.iter().any(|kind| kind.kind() == command.kind()) {
            return ProcessResult::Rejected { cluster_view: before, admissible };
        }
        self.accepted.push(command);
        let after = self.view();
        let mut outcomes = match command {
            Command::ParticipationObserved { peer_id } => vec![if !self.is_member(peer_id) {
                Outcome::NonMemberIgnored { peer_id }
            } else if before.pinging_peers() == after.pinging_peers() {
                Outcome::DuplicateParticipationIgnored { peer_id }
            } else {
                Outcome::ParticipationAccepted { peer_id }
            }],
            Command::ReadyObserved { peer_id } => vec![if !self.is_member(peer_id) {
                Outcome::NonMemberIgnored { peer_id }
            } else if before.collecting_peers() == after.collecting_peers() {
                Outcome::DuplicateReadyIgnored { peer_id }
            } else {
                Outcome::ReadyAccepted { peer_id }
            }],
            Command::LocalParticipationCompleted => {
                vec![Outcome::LocalParticipationCompleted, Outcome::BroadcastLocalReady]
            }
            Command::DeadlineExpired | Command::Probe => vec![],
        };
        if let Some(mode) = after.conclusion() {
            outcomes.push(Outcome::Concluded { mode });
        }
        ProcessResult::Accepted { outcomes, cluster_view: after }
    }

    /// Only accepted commands are in the history, so a conclusion can only be at its end.
    pub fn view(&self) -> ClusterView {
        let completed = self.accepted.contains(&COMPLETION);
        let pinging = self.firsts(|command| match command {
            Command::ParticipationObserved { peer_id } if self.is_member(peer_id) => Some(peer_id),
            _ => None,
        });
        let collecting = self.firsts(|command| match command {
            Command::ReadyObserved { peer_id } if self.is_member(peer_id) => Some(peer_id),
            Command::LocalParticipationCompleted => Some(self.self_id),
            _ => None,
        });
        let state = if self.accepted.is_empty() {
            PeerState::Fresh
        } else if self.accepted.contains(&DEADLINE) {
            PeerState::TimedOut
        } else if completed && collecting.len() >= self.quorum {
            PeerState::Bootstrapped
        } else if completed {
            PeerState::Collecting
        } else {
            PeerState::Pinging
        };
        ClusterView::new(state, completed, pinging, collecting, self.quorum)
    }

    fn is_member(&self, peer_id: PeerId) -> bool {
        self.members.contains(&peer_id)
    }

    /// The peers that commands add, in order, each where it comes first.
    fn firsts(&self, peer_of: impl Fn(Command) -> Option<PeerId>) -> Vec<PeerId> {
        let mut seen = BTreeSet::new();
        self.accepted.iter().filter_map(|&one| peer_of(one)).filter(|&id| seen.insert(id)).collect()
    }
}

pub fn admissible(state: PeerState) -> Vec<Command> {
    match state {
        PeerState::Fresh => vec![participation(0), ready(0), PROBE],
        PeerState::Pinging => vec![participation(0), ready(0), COMPLETION, DEADLINE, PROBE],
        PeerState::Collecting => vec![ready(0), DEADLINE, PROBE],
        PeerState::Bootstrapped | PeerState::TimedOut => vec![PROBE],
    }
}

/// A cell of the full table: a state, a kind of command, and what there is to know of the peer.
pub type Cell = (&'static str, &'static str, &'static str);

/// The cell a command falls into.
pub fn cell(config: &Config, view: &ClusterView, command: Command) -> Cell {
    let category = match command {
        Command::ParticipationObserved { peer_id } => {
            category(config, peer_id, view.pinging_peers().contains(&peer_id))
        }
        Command::ReadyObserved { peer_id } => {
            category(config, peer_id, view.collecting_peers().contains(&peer_id))
        }
        _ => "-",
    };
    (view.peer_state().name(), command.kind(), category)
}

fn category(config: &Config, peer_id: PeerId, known: bool) -> &'static str {
    match (config.is_member(peer_id), config.peer_id() == peer_id, known) {
        (true, true, false) => "self, new",
        (true, true, true) => "self, known",
        (true, false, false) => "member, new",
        (true, false, true) => "member, known",
        (false, true, _) => "self, but no member",
        (false, false, _) => "stranger",
    }
}
