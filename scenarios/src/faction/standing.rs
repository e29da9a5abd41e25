use stormglass_faction::{
    ClusterView, Command, Conclusion, Config, Outcome, PeerId, PeerState, ProcessResult, Record,
};

/// How things stand for a node: what the rules say it must be, or a copy of what it was.
///
/// [`apply`](Standing::apply) is the whole machine once more, written as a table and independent
/// of the one under test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The state.
    pub state: PeerState,
    /// The node's own part is finished.
    pub is_ready: bool,
    /// Who is known to take part.
    pub pinging: Peers,
    /// Who is counted as ready.
    pub collecting: Peers,
}

/// What a node makes of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Accepted, with one to three outcomes.
    Accepted([Option<Outcome>; 3]),
    /// Rejected.
    Rejected,
    /// Answered; nothing changes.
    Probed,
}

impl Default for Standing {
    fn default() -> Self {
        Standing {
            state: PeerState::Fresh,
            is_ready: false,
            pinging: Peers::default(),
            collecting: Peers::default(),
        }
    }
}

impl Standing {
    /// As a node says that things stand.
    pub fn of(view: &ClusterView) -> Standing {
        Standing {
            state: view.peer_state(),
            is_ready: view.is_pinging_completed(),
            pinging: Peers::of(view.pinging_peers()),
            collecting: Peers::of(view.collecting_peers()),
        }
    }

    /// As things must stand for a node that starts with these records, oldest first.
    pub fn recorded<'r>(records: impl Iterator<Item = &'r Record>) -> Standing {
        records.last().map_or_else(Standing::default, |record| match record {
            Record::Ready { pinging_peers, collecting_peers } => Standing {
                state: PeerState::Collecting,
                is_ready: true,
                pinging: Peers::of(pinging_peers),
                collecting: Peers::of(collecting_peers),
            },
            Record::Concluded {
                conclusion,
                is_pinging_completed,
                pinging_peers,
                collecting_peers,
            } => Standing {
                state: match conclusion {
                    Conclusion::Bootstrapped => PeerState::Bootstrapped,
                    Conclusion::TimedOut => PeerState::TimedOut,
                },
                is_ready: *is_pinging_completed,
                pinging: Peers::of(pinging_peers),
                collecting: Peers::of(collecting_peers),
            },
        })
    }

    /// Whether a node says that things stand like this.
    pub fn is(&self, view: &ClusterView) -> bool {
        self.state == view.peer_state()
            && self.is_ready == view.is_pinging_completed()
            && self.pinging.ids() == view.pinging_peers()
            && self.collecting.ids() == view.collecting_peers()
    }

    /// It is over.
    pub fn is_concluded(&self) -> bool {
        matches!(self.state, PeerState::Bootstrapped | PeerState::TimedOut)
    }

    /// Lets a command have its effect.
    pub fn apply(&mut self, command: Command, cluster: &Config) -> Answer {
        use PeerState::{Collecting, Fresh, Pinging};
        match (self.state, command) {
            (_, Command::Probe) => Answer::Probed,
            (Fresh | Pinging, Command::ParticipationObserved { peer_id }) => {
                self.state = Pinging;
                Answer::Accepted([Some(self.see(peer_id, cluster)), None, None])
            }
            (Fresh | Pinging, Command::ReadyObserved { peer_id }) => {
                self.state = Pinging;
                Answer::Accepted([Some(self.count(peer_id, cluster)), None, None])
            }
            (Collecting, Command::ReadyObserved { peer_id }) => {
                let outcome = self.count(peer_id, cluster);
                let is_new = matches!(outcome, Outcome::ReadyAccepted { .. });
                let conclusion = is_new.then(|| self.conclude_on_quorum(cluster)).flatten();
                Answer::Accepted([Some(outcome), conclusion, None])
            }
            (Pinging, Command::LocalParticipationCompleted) => {
                self.state = Collecting;
                self.is_ready = true;
                self.collecting.add(cluster.peer_id());
                Answer::Accepted([
                    Some(Outcome::LocalParticipationCompleted),
                    Some(Outcome::BroadcastLocalReady),
                    self.conclude_on_quorum(cluster),
                ])
            }
            (Pinging | Collecting, Command::DeadlineExpired) => {
                self.state = PeerState::TimedOut;
                let outcome = Outcome::Concluded { mode: Conclusion::TimedOut };
                Answer::Accepted([Some(outcome), None, None])
            }
            _ => Answer::Rejected,
        }
    }

    fn see(&mut self, peer_id: PeerId, cluster: &Config) -> Outcome {
        if !cluster.is_member(peer_id) {
            Outcome::NonMemberIgnored { peer_id }
        } else if self.pinging.add(peer_id) {
            Outcome::ParticipationAccepted { peer_id }
        } else {
            Outcome::DuplicateParticipationIgnored { peer_id }
        }
    }

    fn count(&mut self, peer_id: PeerId, cluster: &Config) -> Outcome {
        if !cluster.is_member(peer_id) {
            Outcome::NonMemberIgnored { peer_id }
        } else if self.collecting.add(peer_id) {
            Outcome::ReadyAccepted { peer_id }
        } else {
            Outcome::DuplicateReadyIgnored { peer_id }
        }
    }

    fn conclude_on_quorum(&mut self, cluster: &Config) -> Option<Outcome> {
        let enough = self.collecting.ids().len() >= cluster.required_count();
        enough.then(|| {
            self.state = PeerState::Bootstrapped;
            Outcome::Concluded { mode: Conclusion::Bootstrapped }
        })
    }
}

impl Answer {
    /// Whether this is what an operator was told.
    pub fn is(&self, result: &ProcessResult) -> bool {
        match (self, result) {
            (Answer::Accepted(expected), ProcessResult::Accepted { outcomes, .. }) => {
                expected.iter().flatten().eq(outcomes)
            }
            (Answer::Rejected, ProcessResult::Rejected { cluster_view, admissible })
            | (Answer::Probed, ProcessResult::Probed { cluster_view, admissible }) => {
                admissible == admissible_in(cluster_view.peer_state())
            }
            _ => false,
        }
    }
}

/// What each state accepts, with 0 in place of each peer.
fn admissible_in(state: PeerState) -> &'static [Command] {
    use Command::{
        DeadlineExpired, LocalParticipationCompleted, ParticipationObserved, Probe, ReadyObserved,
    };
    match state {
        PeerState::Fresh => {
            &[ParticipationObserved { peer_id: 0 }, ReadyObserved { peer_id: 0 }, Probe]
        }
        PeerState::Pinging => &[
            ParticipationObserved { peer_id: 0 },
            ReadyObserved { peer_id: 0 },
            LocalParticipationCompleted,
            DeadlineExpired,
            Probe,
        ],
        PeerState::Collecting => &[ReadyObserved { peer_id: 0 }, DeadlineExpired, Probe],
        PeerState::Bootstrapped | PeerState::TimedOut => &[Probe],
    }
}

/// A list of peers in the order in which they were added. Copying it allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Peers {
    ids: [PeerId; Peers::MOST],
    len: usize,
}

impl Peers {
    /// More than any cluster here has nodes; of a longer list the rest is left out.
    const MOST: usize = 8;

    fn of(list: &[PeerId]) -> Peers {
        let mut peers = Peers { ids: [0; Peers::MOST], len: list.len().min(Peers::MOST) };
        peers.ids[..peers.len].copy_from_slice(&list[..peers.len]);
        peers
    }

    /// The peers.
    pub fn ids(&self) -> &[PeerId] {
        &self.ids[..self.len]
    }

    /// Adds a peer, unless it is there.
    fn add(&mut self, peer_id: PeerId) -> bool {
        let is_new = !self.ids().contains(&peer_id);
        if is_new {
            self.ids[self.len] = peer_id;
            self.len += 1;
        }
        is_new
    }
}
