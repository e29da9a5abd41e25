use alloc::vec::Vec;

use super::{
    ClusterView, Command, Conclusion, Config, NoOpObserver, Observer, Outcome, Outcomes, PeerId,
    PeerState, ProcessResult, Transition,
};
use crate::{Bug, Planted};

/// Decides whether the cluster is ready to begin: told what this node observes, it keeps count,
/// and concludes once.
///
/// A command is handled in this order: a probe is always answered; a kind of command the state
/// does not accept is rejected, whoever it is about; a peer that is not a member is ignored; one
/// that is known already is ignored; only then is it counted. The two lists are independent of
/// each other, and this node's own id is in no way special but for being counted when its own part
/// is finished, member or not.
#[derive(Clone, Debug)]
pub struct Faction<O: Observer = NoOpObserver> {
    config: Config,
    view: ClusterView,
    observer: O,
    planted: Planted,
}

impl<O: Observer> Faction<O> {
    /// A machine that has observed nothing.
    pub fn new(config: Config, observer: O) -> Faction<O> {
        Faction::with_planted(config, observer, Planted::NOTHING)
    }

    /// A machine that has observed nothing, with a bug.
    pub fn with_planted(config: Config, observer: O, planted: Planted) -> Faction<O> {
        let required = config.required_count();
        let view = ClusterView::new(PeerState::Fresh, false, Vec::new(), Vec::new(), required);
        Faction { config, view, observer, planted }
    }

    /// Handles one command, and calls the observer exactly once.
    #[must_use]
    pub fn process(&mut self, command: Command) -> ProcessResult {
        if command == Command::Probe {
            return self.answer_probe();
        }
        let previous_view = self.view.clone();
        match self.advance(command) {
            Some(outcomes) => {
                let transition =
                    Transition::new(previous_view, outcomes.to_vec(), self.view.clone());
                self.observer.observe(command, &transition);
                let outcomes = outcomes.to_vec();
                ProcessResult::Accepted { outcomes, cluster_view: self.view.clone() }
            }
            None => {
                let admissible = self.view.peer_state.admissible();
                self.observer.observe_rejection(command, &self.view, admissible);
                ProcessResult::Rejected {
                    cluster_view: self.view.clone(),
                    admissible: admissible.to_vec(),
                }
            }
        }
    }

    /// Who this node is, who the members are, and how many of them are needed.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How things stand. Like a probe, but the observer does not hear of it.
    pub fn view(&self) -> &ClusterView {
        &self.view
    }

    /// Who is told of every command.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    fn answer_probe(&mut self) -> ProcessResult {
        if self.planted.is(Bug::ProbeMovesInitial) {
            self.leave_initial();
        }
        self.observer.observe_query(Command::Probe, &self.view);
        let admissible = self.view.peer_state.admissible().to_vec();
        ProcessResult::Probed { cluster_view: self.view.clone(), admissible }
    }

    /// The transition function, without results and observer, and without allocation but for the
    /// lists that grow. Nothing if the command is rejected, or a probe.
    pub(crate) fn advance(&mut self, command: Command) -> Option<Outcomes> {
        if !self.accepts(command) {
            self.mishandle_rejection(command);
            return None;
        }
        match command {
            Command::Probe => None,
            Command::ParticipationObserved { peer_id } => Some(self.observe_participation(peer_id)),
            Command::ReadyObserved { peer_id } => Some(self.observe_ready(peer_id)),
            Command::LocalParticipationCompleted => Some(self.complete_local_participation()),
            Command::DeadlineExpired => Some(Outcomes::of(self.conclude(Conclusion::TimedOut))),
        }
    }

    /// Puts back how things stood when they were made durable.
    pub(crate) fn reinstate(
        &mut self,
        peer_state: PeerState,
        is_pinging_completed: bool,
        pinging_peers: Vec<PeerId>,
        collecting_peers: Vec<PeerId>,
    ) {
        self.view.peer_state = peer_state;
        self.view.is_pinging_completed = is_pinging_completed;
        self.view.pinging_peers = pinging_peers;
        self.view.collecting_peers = collecting_peers;
    }

    fn accepts(&self, command: Command) -> bool {
        let admissible = self.view.peer_state.admissible();
        admissible.iter().any(|kind| kind.kind_index() == command.kind_index())
            || self.accepts_by_mistake(command)
    }

    fn observe_participation(&mut self, peer_id: PeerId) -> Outcomes {
        self.leave_initial();
        Outcomes::of(if !self.config.is_member(peer_id) {
            Outcome::NonMemberIgnored { peer_id }
        } else if self.view.pinging_peers.contains(&peer_id) {
            Outcome::DuplicateParticipationIgnored { peer_id }
        } else {
            self.view.pinging_peers.push(peer_id);
            Outcome::ParticipationAccepted { peer_id }
        })
    }

    fn observe_ready(&mut self, peer_id: PeerId) -> Outcomes {
        self.leave_initial();
        if !self.config.is_member(peer_id) && !self.planted.is(Bug::NonMemberCounted) {
            return Outcomes::of(Outcome::NonMemberIgnored { peer_id });
        }
        let known = self.view.collecting_peers.contains(&peer_id);
        if known && !self.planted.is(Bug::DuplicateReadyCounted) {
            return Outcomes::of(Outcome::DuplicateReadyIgnored { peer_id });
        }
        self.view.collecting_peers.push(peer_id);
        self.conclude_on_quorum(Outcomes::of(Outcome::ReadyAccepted { peer_id }))
    }

    fn complete_local_participation(&mut self) -> Outcomes {
        let peer_id = self.config.peer_id();
        if self.planted.is(Bug::ReadyLostAtCompletion) {
            self.view.collecting_peers.clear();
        }
        let known = self.view.collecting_peers.contains(&peer_id);
        if !known && !self.planted.is(Bug::SelfNotCounted) {
            self.view.collecting_peers.push(peer_id);
        }
        if self.planted.is(Bug::SelfCountedTwice) {
            self.view.collecting_peers.push(peer_id);
        }
        self.view.is_pinging_completed = true;
        self.view.peer_state = PeerState::Collecting;
        self.conclude_on_quorum(
            Outcomes::of(Outcome::LocalParticipationCompleted).then(Outcome::BroadcastLocalReady),
        )
    }

    /// A quorum decides nothing before this node's own part is finished.
    fn conclude_on_quorum(&mut self, outcomes: Outcomes) -> Outcomes {
        let ready = self.view.is_pinging_completed || self.planted.is(Bug::QuorumCheckedInPinging);
        let missing_one_is_fine = usize::from(self.planted.is(Bug::QuorumOffByOne));
        let count = self.view.collecting_peers.len() + missing_one_is_fine;
        if ready && self.config.quorum_policy().is_satisfied(count) {
            outcomes.then(self.conclude(Conclusion::Bootstrapped))
        } else {
            outcomes
        }
    }

    fn conclude(&mut self, mode: Conclusion) -> Outcome {
        self.view.peer_state = match mode {
            Conclusion::Bootstrapped => PeerState::Bootstrapped,
            Conclusion::TimedOut => PeerState::TimedOut,
        };
        Outcome::Concluded { mode }
    }

    /// Any signal will do, even a stranger's.
    fn leave_initial(&mut self) {
        if self.view.peer_state == PeerState::Fresh {
            self.view.peer_state = PeerState::Pinging;
        }
    }

    /// Where a planted bug accepts what the state does not.
    fn accepts_by_mistake(&self, command: Command) -> bool {
        match (self.view.peer_state, command) {
            (PeerState::Bootstrapped, Command::DeadlineExpired) => {
                self.planted.is(Bug::DeadlineReopensBootstrapped)
            }
            (PeerState::TimedOut, Command::ReadyObserved { .. }) => {
                self.planted.is(Bug::ReadyReopensTimedOut)
            }
            _ => false,
        }
    }

    /// Where a planted bug changes something although the command is rejected.
    fn mishandle_rejection(&mut self, command: Command) {
        if self.planted.is(Bug::RejectionMovesState) {
            self.leave_initial();
        }
        if let Command::ReadyObserved { peer_id } = command
            && self.planted.is(Bug::TerminalListsNotFrozen)
            && !self.view.collecting_peers.contains(&peer_id)
        {
            self.view.collecting_peers.push(peer_id);
        }
    }
}
