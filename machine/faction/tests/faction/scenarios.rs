//! Small clusters, step by step. Five members, a quorum of four, and one machine for each node.

use std::collections::VecDeque;

use proptest::prelude::*;
use stormglass_faction::{
    ClusterView, Command, Conclusion, Outcome, PeerId, PeerState, ProcessResult,
};

use crate::checked::{COMPLETION, Checked, DEADLINE, participation, ready};

/// Machines that hear nothing but what the script tells them.
struct Harness {
    machines: Vec<Checked>,
}

impl Harness {
    fn new() -> Harness {
        let members: Vec<PeerId> = (0..5).collect();
        Harness { machines: (0..5).map(|id| Checked::new(id, &members, 4)).collect() }
    }

    fn apply_participation(&mut self, node: usize, peer_id: PeerId) -> Vec<Outcome> {
        self.apply(node, participation(peer_id))
    }

    fn apply_ready(&mut self, node: usize, peer_id: PeerId) -> Vec<Outcome> {
        self.apply(node, ready(peer_id))
    }

    fn complete_local_participation(&mut self, node: usize) -> Vec<Outcome> {
        self.apply(node, COMPLETION)
    }

    fn expire_deadline(&mut self, node: usize) -> Vec<Outcome> {
        self.apply(node, DEADLINE)
    }

    /// The outcomes; nothing if the command is rejected.
    fn apply(&mut self, node: usize, command: Command) -> Vec<Outcome> {
        self.machines[node].process(command).outcomes().to_vec()
    }

    fn is_rejected(&mut self, node: usize, command: Command) -> bool {
        matches!(self.machines[node].process(command), ProcessResult::Rejected { .. })
    }

    fn view(&self, node: usize) -> &ClusterView {
        self.machines[node].view()
    }

    fn assert_node(&self, node: usize, state: PeerState, collecting: &[PeerId]) {
        assert_eq!(self.view(node).peer_state(), state, "node {node}");
        assert_eq!(self.view(node).collecting_peers(), collecting, "node {node}");
    }

    /// Node 0 has finished its own part and counts these, too.
    fn with_node_0_collecting(peers: &[PeerId]) -> Harness {
        let mut harness = Harness::new();
        harness.apply_participation(0, 1);
        harness.complete_local_participation(0);
        for &peer_id in peers {
            harness.apply_ready(0, peer_id);
        }
        harness
    }
}

/// The same machines and a queue between them: what one broadcasts, all others hear.
struct Simulation {
    harness: Harness,
    queue: VecDeque<(usize, Command)>,
}

impl Simulation {
    fn new() -> Simulation {
        Simulation { harness: Harness::new(), queue: VecDeque::new() }
    }

    fn inject(&mut self, command: Command) {
        for node in 0..5 {
            self.stimulate(node, command);
        }
    }

    /// Gives one node a command and delivers everything that follows from it.
    fn stimulate(&mut self, node: usize, command: Command) {
        self.queue.push_back((node, command));
        while let Some((node, command)) = self.queue.pop_front() {
            let outcomes = self.harness.apply(node, command);
            if outcomes.contains(&Outcome::BroadcastLocalReady) {
                let others = (0..5).filter(|&other| other != node);
                self.queue.extend(others.map(|other| (other, ready(node as PeerId))));
            }
        }
    }

    fn all_exited_with(&self, mode: Conclusion) -> bool {
        (0..5).all(|node| self.harness.view(node).conclusion() == Some(mode))
    }
}

const BOOTSTRAPPED: Outcome = Outcome::Concluded { mode: Conclusion::Bootstrapped };
const TIMED_OUT: Outcome = Outcome::Concluded { mode: Conclusion::TimedOut };

#[test]
fn new_creates_one_coordinator_per_peer() {
    let harness = Harness::new();
    assert_eq!(harness.machines.len(), 5);
    for (node, machine) in harness.machines.iter().enumerate() {
        assert_eq!(machine.config().peer_id(), node as PeerId);
        harness.assert_node(node, PeerState::Fresh, &[]);
    }
}

fn assert_converged_in_order(simulation: &Simulation) {
    assert!(simulation.all_exited_with(Conclusion::Bootstrapped));
    for node in 0..4 {
        simulation.harness.assert_node(node, PeerState::Bootstrapped, &[0, 1, 2, 3]);
    }
    simulation.harness.assert_node(4, PeerState::Bootstrapped, &[0, 1, 2, 3, 4]);
}

#[test]
fn five_nodes_converge_on_quorum() {
    let mut simulation = Simulation::new();
    for peer_id in 1..5 {
        simulation.inject(participation(peer_id));
    }
    for node in 0..5 {
        simulation.stimulate(node, COMPLETION);
    }
    assert_converged_in_order(&simulation);
}

#[test]
fn not_enough_signals_triggers_deadline() {
    let mut simulation = Simulation::new();
    simulation.inject(participation(1));
    simulation.stimulate(0, COMPLETION);
    simulation.inject(ready(1));
    simulation.inject(DEADLINE);
    assert!(simulation.all_exited_with(Conclusion::TimedOut));
    for node in 0..5 {
        simulation.harness.assert_node(node, PeerState::TimedOut, &[0, 1]);
    }
}

#[test]
fn duplicate_signals_dont_disrupt_convergence() {
    let mut simulation = Simulation::new();
    for peer_id in [1, 1, 2, 2, 3, 3, 4, 4] {
        simulation.inject(participation(peer_id));
    }
    for node in 0..5 {
        simulation.stimulate(node, COMPLETION);
    }
    assert_converged_in_order(&simulation);
    assert_eq!(simulation.harness.view(0).pinging_peers(), [1, 2, 3, 4]);
}

#[test]
fn slow_member_does_not_block_quorum_exit() {
    let mut harness = Harness::with_node_0_collecting(&[1, 2]);
    let outcomes = harness.apply_ready(0, 3);
    assert_eq!(outcomes, [Outcome::ReadyAccepted { peer_id: 3 }, BOOTSTRAPPED]);
}

#[test]
fn expire_deadline_exits_by_deadline() {
    let mut harness = Harness::with_node_0_collecting(&[]);
    assert_eq!(harness.expire_deadline(0), [TIMED_OUT]);
    harness.assert_node(0, PeerState::TimedOut, &[0]);
}

mod exit {
    use super::*;

    #[test]
    fn post_exit_ready_is_ignored() {
        let mut harness = Harness::with_node_0_collecting(&[1, 2, 3]);
        assert!(harness.is_rejected(0, ready(4)));
        harness.assert_node(0, PeerState::Bootstrapped, &[0, 1, 2, 3]);
    }
}

#[test]
fn repeated_deadline_expiry_remains_idempotent() {
    let mut harness = Harness::with_node_0_collecting(&[]);
    harness.expire_deadline(0);
    assert!(harness.is_rejected(0, DEADLINE));
    harness.assert_node(0, PeerState::TimedOut, &[0]);
}

#[test]
fn deadline_fallback_preserves_progress_when_quorum_never_forms() {
    let mut harness = Harness::with_node_0_collecting(&[]);
    for node in 1..5 {
        assert!(harness.is_rejected(node, COMPLETION));
    }
    harness.apply_ready(0, 1);
    harness.apply_ready(0, 2);
    assert_eq!(harness.expire_deadline(0), [TIMED_OUT]);
    harness.assert_node(0, PeerState::TimedOut, &[0, 1, 2]);
}

#[test]
fn post_exit_ready_signals_are_harmless_across_multiple_nodes() {
    let mut harness = Harness::new();
    for node in 0..3 {
        harness.apply_participation(node, 3);
        harness.complete_local_participation(node);
        for peer_id in 0..4 {
            harness.apply_ready(node, peer_id);
        }
    }
    for node in 0..3 {
        let before = harness.view(node).clone();
        assert_eq!(before.conclusion(), Some(Conclusion::Bootstrapped));
        assert!(harness.is_rejected(node, ready(4)));
        assert_eq!(harness.view(node), &before);
    }
}

#[test]
fn deadline_from_pinging() {
    let mut harness = Harness::new();
    harness.apply_participation(0, 1);
    assert_eq!(harness.expire_deadline(0), [TIMED_OUT]);
    harness.assert_node(0, PeerState::TimedOut, &[]);
    assert!(!harness.view(0).is_pinging_completed());
    assert_eq!(harness.view(0).pinging_peers(), [1]);
}

#[test]
fn deadline_from_bootstrapped_is_noop() {
    let mut harness = Harness::with_node_0_collecting(&[1, 2, 3]);
    assert!(harness.is_rejected(0, DEADLINE));
    harness.assert_node(0, PeerState::Bootstrapped, &[0, 1, 2, 3]);
}

#[test]
fn complete_local_participation_updates_snapshot_and_outputs() {
    let mut harness = Harness::new();
    harness.apply_participation(0, 1);
    let outcomes = harness.complete_local_participation(0);
    assert_eq!(outcomes, [Outcome::LocalParticipationCompleted, Outcome::BroadcastLocalReady]);
    harness.assert_node(0, PeerState::Collecting, &[0]);
}

#[test]
fn apply_participation_accepts_timely_member_observation() {
    let mut harness = Harness::new();
    let outcomes = harness.apply_participation(0, 1);
    assert_eq!(outcomes, [Outcome::ParticipationAccepted { peer_id: 1 }]);
    harness.assert_node(0, PeerState::Pinging, &[]);
}

#[test]
fn apply_ready_accepts_timely_member_observation_after_local_completion() {
    let mut harness = Harness::with_node_0_collecting(&[]);
    assert_eq!(harness.apply_ready(0, 1), [Outcome::ReadyAccepted { peer_id: 1 }]);
    harness.assert_node(0, PeerState::Collecting, &[0, 1]);
}

#[test]
fn apply_ready_reaches_quorum_exit_in_asymmetric_startup_sequence() {
    let harness = Harness::with_node_0_collecting(&[1, 2, 3]);
    harness.assert_node(0, PeerState::Bootstrapped, &[0, 1, 2, 3]);
}

mod ready_suite {
    use super::*;

    #[test]
    fn post_exit_ready_is_ignored() {
        let mut harness = Harness::with_node_0_collecting(&[3, 2, 1]);
        for peer_id in [4, 4, 1, 0] {
            assert!(harness.is_rejected(0, ready(peer_id)));
        }
        harness.assert_node(0, PeerState::Bootstrapped, &[0, 3, 2, 1]);
    }
}

#[test]
fn five_node_asymmetric_startup_reaches_quorum_exit() {
    let mut harness = Harness::new();
    for node in [2, 3, 1, 4, 0] {
        harness.apply_participation(node, (node as PeerId + 1) % 5);
        harness.complete_local_participation(node);
    }
    for (node, peers) in [(0, [1, 2, 3]), (1, [0, 2, 3])] {
        for peer_id in peers {
            harness.apply_ready(node, peer_id);
        }
    }
    harness.assert_node(0, PeerState::Bootstrapped, &[0, 1, 2, 3]);
    harness.assert_node(1, PeerState::Bootstrapped, &[1, 0, 2, 3]);
    for node in 2..5 {
        harness.assert_node(node, PeerState::Collecting, &[node as PeerId]);
    }
}

#[test]
fn early_ready_signals_accumulate_before_local_participation_completion() {
    let mut harness = Harness::new();
    for peer_id in 1..4 {
        harness.apply_ready(0, peer_id);
    }
    harness.assert_node(0, PeerState::Pinging, &[1, 2, 3]);
    let outcomes = harness.complete_local_participation(0);
    assert_eq!(
        outcomes,
        [Outcome::LocalParticipationCompleted, Outcome::BroadcastLocalReady, BOOTSTRAPPED]
    );
    harness.assert_node(0, PeerState::Bootstrapped, &[1, 2, 3, 0]);
}

#[test]
fn duplicate_signals_across_nodes_remain_idempotent() {
    let mut harness = Harness::with_node_0_collecting(&[1]);
    assert_eq!(harness.apply_ready(0, 1), [Outcome::DuplicateReadyIgnored { peer_id: 1 }]);
    harness.assert_node(0, PeerState::Collecting, &[0, 1]);
}

#[test]
fn non_member_signal_does_not_perturb_multi_peer_state() {
    let mut harness = Harness::with_node_0_collecting(&[1]);
    assert_eq!(harness.apply_ready(0, 99), [Outcome::NonMemberIgnored { peer_id: 99 }]);
    harness.assert_node(0, PeerState::Collecting, &[0, 1]);
}

/// Any command to any node, the ids of strangers included.
fn any_script() -> impl Strategy<Value = Vec<(usize, Command)>> {
    let command = prop_oneof![
        3 => (0..7u64).prop_map(participation),
        6 => (0..7u64).prop_map(ready),
        2 => Just(COMPLETION),
        1 => Just(DEADLINE),
    ];
    prop::collection::vec((0..5usize, command), 0..128)
}

proptest! {
    #[test]
    fn duplicate_signals_across_nodes_never_increase_counts_after_first_accept(
        script in any_script()
    ) {
        let mut harness = Harness::new();
        for (node, command) in script {
            let before = harness.view(node).clone();
            let is_duplicate = harness.apply(node, command).iter().any(|outcome| matches!(
                outcome,
                Outcome::DuplicateParticipationIgnored { .. }
                    | Outcome::DuplicateReadyIgnored { .. }
            ));
            prop_assert!(!is_duplicate || harness.view(node) == &before);
        }
    }

    #[test]
    fn once_a_coordinator_exits_it_never_reopens_under_any_later_signal_sequence(
        script in any_script()
    ) {
        let mut harness = Harness::new();
        for (node, command) in script {
            let before: Vec<_> = (0..5).map(|node| harness.view(node).clone()).collect();
            harness.apply(node, command);
            for (node, before) in before.iter().enumerate() {
                prop_assert!(!before.is_concluded() || harness.view(node) == before);
            }
        }
    }
}
