//! What happens at the edges of the table, each as a script and what it comes to.

use stormglass_faction::PeerState::{Bootstrapped, Collecting, Fresh, Pinging, TimedOut};
use stormglass_faction::{Command, Conclusion, Outcome, PeerId, PeerState, ProcessResult};

use crate::checked::{COMPLETION, Checked, DEADLINE, PROBE, participation as p, ready as r};

/// Runs the script and checks the state and the ready peers at its end.
fn run(
    (peer_id, members, quorum): (PeerId, &[PeerId], usize),
    script: &[Command],
    state: PeerState,
    collecting: &[PeerId],
) -> Checked {
    let mut machine = Checked::new(peer_id, members, quorum);
    machine.process_all(script);
    assert_eq!(machine.view().peer_state(), state, "{script:?}");
    assert_eq!(machine.view().collecting_peers(), collecting, "{script:?}");
    machine
}

fn is_rejected(result: &ProcessResult) -> bool {
    matches!(result, ProcessResult::Rejected { .. })
}

const FIVE: &[PeerId] = &[0, 1, 2, 3, 4];

#[test]
fn a_quorum_counts_this_node() {
    let script = [p(1), COMPLETION, r(1), r(2), r(3)];
    let mut machine = run((0, FIVE, 4), &script, Bootstrapped, &[0, 1, 2, 3]);
    assert!(is_rejected(&machine.process(r(4))));
    run((0, FIVE, 4), &script[..4], Collecting, &[0, 1, 2]);
}

#[test]
fn readiness_before_completion_is_kept_and_decides_only_then() {
    let script = [r(3), r(1), r(4), r(2)];
    let mut machine = run((0, FIVE, 3), &script, Pinging, &[3, 1, 4, 2]);
    let result = machine.process(COMPLETION);
    assert_eq!(result.outcomes().len(), 3);
    assert_eq!(machine.view().peer_state(), Bootstrapped);
    assert_eq!(machine.view().collecting_peers(), [3, 1, 4, 2, 0]);
}

#[test]
fn a_quorum_of_none_is_a_quorum_of_one() {
    for quorum in [0, 1] {
        run((0, &[0, 1], quorum), &[r(1)], Pinging, &[1]);
        let completed = run((0, &[0, 1], quorum), &[p(1), COMPLETION], Bootstrapped, &[0]);
        assert_eq!(completed.view().conclusion(), Some(Conclusion::Bootstrapped));
    }
}

#[test]
fn a_quorum_of_all_waits_for_the_last() {
    run((0, &[0, 1, 2], 3), &[p(1), COMPLETION, r(2)], Collecting, &[0, 2]);
    run((0, &[0, 1, 2], 3), &[p(1), COMPLETION, r(2), r(1)], Bootstrapped, &[0, 2, 1]);
}

#[test]
fn a_quorum_out_of_reach_ends_by_deadline_only() {
    for quorum in [4, usize::MAX] {
        let all = [p(1), COMPLETION, r(0), r(1), r(2)];
        let mut machine = run((0, &[0, 1, 2], quorum), &all, Collecting, &[0, 1, 2]);
        machine.process(DEADLINE);
        assert_eq!(machine.view().peer_state(), TimedOut);
    }
}

#[test]
fn a_node_outside_the_members_counts_itself_once() {
    let cluster: (PeerId, &[PeerId], usize) = (0, &[1, 2], 3);
    run(cluster, &[p(1), COMPLETION, r(1), r(2)], Bootstrapped, &[0, 1, 2]);
    for script in [vec![], vec![p(1)], vec![p(1), COMPLETION]] {
        let mut machine = Checked::new(0, &[1, 2], 3);
        machine.process_all(&script);
        let ignored = [Outcome::NonMemberIgnored { peer_id: 0 }];
        assert_eq!(machine.process(r(0)).outcomes(), ignored);
    }
    let mut machine = Checked::new(0, &[1, 2], 3);
    assert_eq!(machine.process(p(0)).outcomes(), [Outcome::NonMemberIgnored { peer_id: 0 }]);
    assert_eq!(machine.view().peer_state(), Pinging);
}

#[test]
fn without_members_this_node_is_alone() {
    run((0, &[], 1), &[p(1), r(1)], Pinging, &[]);
    run((0, &[], 1), &[p(1), COMPLETION], Bootstrapped, &[0]);
    run((0, &[], 2), &[p(1), COMPLETION, r(1)], Collecting, &[0]);
    run((0, &[], 2), &[p(1), COMPLETION, DEADLINE], TimedOut, &[0]);
}

#[test]
fn members_that_stand_twice_count_once() {
    let mut machine = run((0, &[0, 1, 1], 3), &[p(1), COMPLETION, r(1)], Collecting, &[0, 1]);
    assert_eq!(machine.config().peer_count(), 3);
    assert_eq!(machine.config().peers(), [0, 1, 1]);
    assert_eq!(machine.process(r(1)).outcomes(), [Outcome::DuplicateReadyIgnored { peer_id: 1 }]);
}

#[test]
fn own_readiness_observed_early_keeps_its_place() {
    run((0, &[0, 1, 2], 3), &[r(0), r(1), COMPLETION], Collecting, &[0, 1]);
}

#[test]
fn a_lone_node_needs_a_signal_to_begin() {
    let lone: (PeerId, &[PeerId], usize) = (0, &[0], 1);
    run(lone, &[COMPLETION, DEADLINE, PROBE], Fresh, &[]);
    for signal in [p(0), r(0), p(7), r(7)] {
        run(lone, &[signal, COMPLETION], Bootstrapped, &[0]);
    }
}

#[test]
fn what_comes_twice_is_rejected_the_second_time() {
    for (before, command) in [(vec![p(1)], DEADLINE), (vec![p(1)], COMPLETION)] {
        let mut machine = Checked::new(0, FIVE, 4);
        machine.process_all(&before);
        assert!(!is_rejected(&machine.process(command)));
        assert!(is_rejected(&machine.process(command)));
    }
    let mut concluded = run((0, FIVE, 1), &[p(1), COMPLETION], Bootstrapped, &[0]);
    assert!(is_rejected(&concluded.process(COMPLETION)));
}

#[test]
fn a_deadline_in_every_state() {
    run((0, FIVE, 2), &[DEADLINE], Fresh, &[]);
    let early = run((0, FIVE, 2), &[p(1), DEADLINE], TimedOut, &[]);
    assert!(!early.view().is_pinging_completed());
    let late = run((0, FIVE, 2), &[p(1), COMPLETION, DEADLINE], TimedOut, &[0]);
    assert!(late.view().is_pinging_completed());
    run((0, FIVE, 2), &[r(1), COMPLETION, DEADLINE], Bootstrapped, &[1, 0]);
    run((0, FIVE, 2), &[p(1), DEADLINE, DEADLINE], TimedOut, &[]);
}

#[test]
fn a_quorum_of_others_does_not_save_from_the_deadline() {
    run((0, FIVE, 2), &[r(1), r(2), r(3), DEADLINE], TimedOut, &[1, 2, 3]);
}

#[test]
fn a_probe_changes_nothing_anywhere() {
    let scripts: [&[Command]; 5] = [
        &[],
        &[p(1)],
        &[p(1), COMPLETION],
        &[p(1), COMPLETION, r(1), r(2), r(3)],
        &[p(1), DEADLINE],
    ];
    for script in scripts {
        let mut machine = Checked::new(0, FIVE, 4);
        machine.process_all(script);
        let before = machine.view().clone();
        assert_eq!(machine.process(PROBE).cluster_view(), &before);
        assert_eq!(machine.view(), &before);
    }
}

#[test]
fn any_number_names_a_peer() {
    run((u64::MAX, &[0, u64::MAX], 2), &[p(0), COMPLETION, r(0)], Bootstrapped, &[u64::MAX, 0]);
}

#[test]
fn the_count_passes_the_quorum_by_completion_only() {
    run((0, FIVE, 2), &[r(1), r(2), r(3), COMPLETION], Bootstrapped, &[1, 2, 3, 0]);
    run((0, FIVE, 2), &[p(1), COMPLETION, r(1), r(2), r(3)], Bootstrapped, &[0, 1]);
}
