//! A machine whose every step is checked: one call of the observer, and the right one.

use stormglass_faction::{
    ClusterView, Command, Config, Faction, Observer, PeerId, ProcessResult, QuorumPolicy,
    Transition,
};

#[derive(Clone, PartialEq, Debug)]
pub enum Call {
    Observed(Command, Transition),
    Queried(Command, ClusterView),
    Rejected(Command, ClusterView, Vec<Command>),
}

#[derive(Clone, Default, Debug)]
pub struct Recorder {
    calls: usize,
    last: Option<Call>,
}

impl Recorder {
    fn record(&mut self, call: Call) {
        self.calls += 1;
        self.last = Some(call);
    }
}

impl Observer for Recorder {
    fn observe(&mut self, command: Command, transition: &Transition) {
        self.record(Call::Observed(command, transition.clone()));
    }

    fn observe_query(&mut self, command: Command, cluster_view: &ClusterView) {
        self.record(Call::Queried(command, cluster_view.clone()));
    }

    fn observe_rejection(
        &mut self,
        command: Command,
        cluster_view: &ClusterView,
        admissible: &[Command],
    ) {
        self.record(Call::Rejected(command, cluster_view.clone(), admissible.to_vec()));
    }
}

#[derive(Clone, Debug)]
pub struct Checked {
    machine: Faction<Recorder>,
}

impl Checked {
    pub fn new(peer_id: PeerId, members: &[PeerId], quorum: usize) -> Checked {
        let config = Config::new(peer_id, members.to_vec(), QuorumPolicy::new(quorum));
        let machine = Faction::new(config, Recorder::default());
        assert_eq!(machine.observer().calls, 0, "a new machine calls nobody");
        Checked { machine }
    }

    /// Processes the command, and compares what the observer saw with the result.
    pub fn process(&mut self, command: Command) -> ProcessResult {
        let before = self.view().clone();
        let calls = self.machine.observer().calls;
        let result = self.machine.process(command);
        assert_eq!(self.machine.observer().calls, calls + 1, "one call for {command:?}");
        assert_eq!(result.cluster_view(), self.view());
        let expected = match result.clone() {
            ProcessResult::Accepted { outcomes, cluster_view } => {
                Call::Observed(command, Transition::new(before, outcomes, cluster_view))
            }
            ProcessResult::Rejected { cluster_view, admissible } => {
                assert_eq!(before, cluster_view, "a rejection changes nothing");
                Call::Rejected(command, cluster_view, admissible)
            }
            ProcessResult::Probed { cluster_view, .. } => {
                assert_eq!(before, cluster_view, "a probe changes nothing");
                Call::Queried(command, cluster_view)
            }
        };
        assert_eq!(self.machine.observer().last.as_ref(), Some(&expected));
        result
    }

    pub fn process_all(&mut self, commands: &[Command]) {
        for &command in commands {
            self.process(command);
        }
    }

    pub fn view(&self) -> &ClusterView {
        self.machine.view()
    }

    pub fn config(&self) -> &Config {
        self.machine.config()
    }
}

pub const fn participation(peer_id: PeerId) -> Command {
    Command::ParticipationObserved { peer_id }
}

pub const fn ready(peer_id: PeerId) -> Command {
    Command::ReadyObserved { peer_id }
}

pub const COMPLETION: Command = Command::LocalParticipationCompleted;
pub const DEADLINE: Command = Command::DeadlineExpired;
pub const PROBE: Command = Command::Probe;
