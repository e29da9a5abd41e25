//! What holds for every cluster and every sequence of commands.

use proptest::prelude::*;
use stormglass_faction::{
    ClusterView, Command, Conclusion, Outcome, PeerId, PeerState, ProcessResult,
};

use crate::checked::{COMPLETION, Checked, DEADLINE, PROBE, participation, ready};
use crate::reference::{Reference, admissible};

#[derive(Clone, Debug)]
pub struct Cluster {
    pub peer_id: PeerId,
    pub members: Vec<PeerId>,
    pub quorum: usize,
}

impl Cluster {
    pub fn machine(&self) -> Checked {
        Checked::new(self.peer_id, &self.members, self.quorum)
    }

    /// The most peers there can be to count: the members, and this node if it is not one.
    fn countable(&self) -> usize {
        let mut peers = self.members.clone();
        peers.push(self.peer_id);
        peers.sort_unstable();
        peers.dedup();
        peers.len()
    }
}

/// Five members and a quorum of four half of the time; else anything: no members, members that
/// stand twice, this node not among them, a quorum out of reach.
pub fn any_cluster() -> impl Strategy<Value = Cluster> {
    let usual = Just(Cluster { peer_id: 0, members: vec![0, 1, 2, 3, 4], quorum: 4 });
    let unusual = (0..7u64, prop::collection::vec(0..7u64, 0..7), 0..9usize)
        .prop_map(|(peer_id, members, quorum)| Cluster { peer_id, members, quorum });
    prop_oneof![usual, unusual]
}

/// Signals of peers 0 to 6 mostly, and everything else.
fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (0..7u64).prop_map(participation),
        8 => (0..7u64).prop_map(ready),
        1 => Just(COMPLETION),
        1 => prop::bool::weighted(0.2).prop_map(|d| if d { DEADLINE } else { PROBE }),
    ]
}

pub fn any_commands(most: usize) -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(any_command(), 0..most)
}

/// One command, and how things stood around it.
struct Step {
    before: ClusterView,
    command: Command,
    result: ProcessResult,
    after: ClusterView,
}

impl Step {
    fn has(&self, is_wanted: impl Fn(&Outcome) -> bool) -> bool {
        self.result.outcomes().iter().any(is_wanted)
    }

    fn counts_are_unchanged(&self) -> bool {
        self.before.pinging_peers() == self.after.pinging_peers()
            && self.before.collecting_peers() == self.after.collecting_peers()
            && self.before.conclusion() == self.after.conclusion()
            && self.before.is_pinging_completed() == self.after.is_pinging_completed()
    }
}

fn steps(cluster: &Cluster, commands: &[Command]) -> Vec<Step> {
    let mut machine = cluster.machine();
    let step = |&command: &Command| {
        let before = machine.view().clone();
        let result = machine.process(command);
        Step { before, command, result, after: machine.view().clone() }
    };
    commands.iter().map(step).collect()
}

fn is_distinct(list: &[PeerId]) -> bool {
    list.iter().enumerate().all(|(position, id)| !list[..position].contains(id))
}

/// The properties of each single step: a name, and what is asserted.
macro_rules! every_step {
    ($($name:ident |$cluster:ident, $step:ident| $body:block)*) => {
        proptest! {
            $(#[test]
            fn $name($cluster in any_cluster(), commands in any_commands(128)) {
                for $step in steps(&$cluster, &commands) $body
            })*
        }
    };
}

every_step! {
    exit_mode_never_changes_after_exit |cluster, step| {
        if step.before.conclusion().is_some() {
            prop_assert_eq!(step.before.conclusion(), step.after.conclusion());
        }
    }

    once_exited_state_never_returns_to_active |cluster, step| {
        if step.before.is_concluded() {
            prop_assert!(step.after.is_concluded());
            prop_assert_eq!(step.before.peer_state(), step.after.peer_state());
        }
    }

    pinged_peers_are_only_ever_appended |cluster, step| {
        prop_assert!(step.after.pinging_peers().starts_with(step.before.pinging_peers()));
    }

    collected_peers_are_only_ever_appended |cluster, step| {
        prop_assert!(step.after.collecting_peers().starts_with(step.before.collecting_peers()));
    }

    non_member_commands_never_mutate_counts |cluster, step| {
        if step.has(|outcome| matches!(outcome, Outcome::NonMemberIgnored { .. })) {
            prop_assert!(step.counts_are_unchanged());
        }
    }

    duplicate_commands_never_increase_counts |cluster, step| {
        if step.has(|outcome| matches!(
            outcome,
            Outcome::DuplicateParticipationIgnored { .. } | Outcome::DuplicateReadyIgnored { .. }
        )) {
            prop_assert!(step.counts_are_unchanged());
            prop_assert_eq!(step.before.peer_state() == PeerState::Fresh, false);
        }
    }

    quorum_exit_implies_completed_pinging |cluster, step| {
        if step.after.conclusion() == Some(Conclusion::Bootstrapped) {
            prop_assert!(step.after.is_pinging_completed());
            prop_assert!(step.after.is_concluded());
            prop_assert_eq!(step.after.peer_state(), PeerState::Bootstrapped);
            prop_assert!(step.after.collecting_peers().len() >= cluster.quorum);
        }
    }

    deadline_exit_implies_exited_state |cluster, step| {
        if step.after.conclusion() == Some(Conclusion::TimedOut) {
            prop_assert!(step.after.is_concluded());
            prop_assert_eq!(step.after.peer_state(), PeerState::TimedOut);
        }
    }

    counts_never_exceed_peer_count |cluster, step| {
        prop_assert!(step.after.pinging_peers().len() <= cluster.members.len());
        prop_assert!(step.after.collecting_peers().len() <= cluster.countable());
    }

    required_count_never_changes |cluster, step| {
        prop_assert_eq!(step.after.required_count(), cluster.quorum);
    }

    post_exit_inputs_never_change_any_field |cluster, step| {
        if step.before.is_concluded() {
            prop_assert_eq!(step.before, step.after);
        }
    }

    lists_hold_members_and_each_once |cluster, step| {
        let is_countable = |id: &PeerId| *id == cluster.peer_id || cluster.members.contains(id);
        prop_assert!(step.after.pinging_peers().iter().all(|id| cluster.members.contains(id)));
        prop_assert!(step.after.collecting_peers().iter().all(is_countable));
        prop_assert!(is_distinct(step.after.pinging_peers()));
        prop_assert!(is_distinct(step.after.collecting_peers()));
    }

    an_accepted_signal_goes_to_the_end_of_its_own_list |cluster, step| {
        match step.result.outcomes().first() {
            Some(Outcome::ParticipationAccepted { peer_id }) => {
                prop_assert_eq!(step.after.pinging_peers().last(), Some(peer_id));
                prop_assert_eq!(step.before.collecting_peers(), step.after.collecting_peers());
            }
            Some(Outcome::ReadyAccepted { peer_id }) => {
                prop_assert_eq!(step.after.collecting_peers().last(), Some(peer_id));
                prop_assert_eq!(step.before.pinging_peers(), step.after.pinging_peers());
            }
            _ => {}
        }
    }

    a_ready_node_counts_itself |cluster, step| {
        let counted = step.after.collecting_peers().contains(&cluster.peer_id);
        prop_assert!(counted || !step.after.is_pinging_completed());
    }

    what_is_admissible_depends_on_the_state_alone |cluster, step| {
        let listed = admissible(step.before.peer_state());
        let same_kind = |kind: &Command| {
            std::mem::discriminant(kind) == std::mem::discriminant(&step.command)
        };
        match step.result {
            ProcessResult::Accepted { .. } => prop_assert!(listed.iter().any(same_kind)),
            ProcessResult::Rejected { admissible, .. } => {
                prop_assert!(!listed.iter().any(same_kind));
                prop_assert_eq!(admissible, listed);
            }
            ProcessResult::Probed { admissible, .. } => {
                prop_assert_eq!(step.command, PROBE);
                prop_assert_eq!(admissible, listed);
            }
        }
    }

    a_conclusion_is_announced_once_and_last |cluster, step| {
        let concludes = |outcome: &Outcome| matches!(outcome, Outcome::Concluded { .. });
        let now = step.after.is_concluded() && !step.before.is_concluded();
        let announced = step.result.outcomes().iter().filter(|outcome| concludes(outcome)).count();
        prop_assert_eq!(announced, usize::from(now));
        prop_assert_eq!(step.result.outcomes().last().is_some_and(concludes), now);
    }

    only_a_signal_leaves_the_initial_state |cluster, step| {
        if step.before.peer_state() == PeerState::Fresh {
            let signal = !matches!(step.command, COMPLETION | DEADLINE | PROBE);
            let expected = if signal { PeerState::Pinging } else { PeerState::Fresh };
            prop_assert_eq!(step.after.peer_state(), expected);
        }
    }
}

proptest! {
    #[test]
    fn exits_at_most_once(cluster in any_cluster(), commands in any_commands(128)) {
        let steps = steps(&cluster, &commands);
        let exits = steps.iter().filter(|s| !s.before.is_concluded() && s.after.is_concluded());
        let reopened = steps.iter().filter(|s| s.before.is_concluded() && !s.after.is_concluded());
        prop_assert!(exits.count() <= 1);
        prop_assert_eq!(reopened.count(), 0);
    }

    #[test]
    fn local_participation_completion_is_idempotent(
        cluster in any_cluster(), commands in any_commands(128)
    ) {
        let mut machine = cluster.machine();
        machine.process_all(&commands);
        let before = machine.view().clone();
        let was_over = before.is_pinging_completed() || before.is_concluded();
        let first = machine.process(COMPLETION);
        let is_rejected = |result: &ProcessResult| matches!(result, ProcessResult::Rejected { .. });
        let impossible = was_over || before.peer_state() == PeerState::Fresh;
        prop_assert_eq!(is_rejected(&first), impossible);
        prop_assert_eq!(first.cluster_view() == &before, impossible);
        let second = machine.process(COMPLETION);
        prop_assert!(is_rejected(&second));
        prop_assert_eq!(first.cluster_view(), second.cluster_view());
    }

    #[test]
    fn model_matches_results_for_random_sequences(
        cluster in any_cluster(), commands in any_commands(128)
    ) {
        let mut machine = cluster.machine();
        let mut reference = Reference::new(machine.config());
        for command in commands {
            prop_assert_eq!(machine.process(command), reference.process(command));
            prop_assert_eq!(machine.view(), &reference.view());
        }
    }

    #[test]
    fn a_replay_gives_the_same_results(cluster in any_cluster(), commands in any_commands(64)) {
        let results = || -> Vec<ProcessResult> {
            steps(&cluster, &commands).into_iter().map(|step| step.result).collect()
        };
        prop_assert_eq!(results(), results());
    }

    #[test]
    fn probes_in_between_change_nothing(cluster in any_cluster(), commands in any_commands(64)) {
        let (mut probed, mut left_alone) = (cluster.machine(), cluster.machine());
        for command in commands {
            probed.process(PROBE);
            prop_assert_eq!(probed.process(command), left_alone.process(command));
        }
    }

    #[test]
    fn a_clone_goes_its_own_way(cluster in any_cluster(), commands in any_commands(64)) {
        let mut machine = cluster.machine();
        for command in commands {
            let (before, mut copy) = (machine.view().clone(), machine.clone());
            let result = copy.process(command);
            prop_assert_eq!(machine.view(), &before);
            prop_assert_eq!(machine.process(command), result);
        }
    }
}
