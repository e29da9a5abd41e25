//! The table of states and commands as data: every state, every command, every sort of peer.

use std::collections::BTreeSet;

use stormglass_faction::PeerState::{Bootstrapped, Collecting, Fresh, Pinging, TimedOut};
use stormglass_faction::{Command, Conclusion, Outcome, PeerId, PeerState, ProcessResult};

use crate::checked::{COMPLETION, Checked, DEADLINE, PROBE, participation, ready};
use crate::exhaustive::reachable_cells;
use crate::reference::{admissible, cell};

/// Members 0 to 3, this node is 0, and 9 is a stranger.
const MEMBERS: [PeerId; 4] = [0, 1, 2, 3];
const STRANGER: PeerId = 9;

/// What comes before, the command, the next state, the outcomes if it is accepted, both lists.
struct Row(Vec<Command>, Command, PeerState, Option<Vec<Outcome>>, Vec<PeerId>, Vec<PeerId>);

fn participates(peer_id: PeerId) -> Option<Vec<Outcome>> {
    Some(vec![Outcome::ParticipationAccepted { peer_id }])
}

fn known_to_participate(peer_id: PeerId) -> Option<Vec<Outcome>> {
    Some(vec![Outcome::DuplicateParticipationIgnored { peer_id }])
}

fn is_ready(peer_id: PeerId) -> Option<Vec<Outcome>> {
    Some(vec![Outcome::ReadyAccepted { peer_id }])
}

fn known_to_be_ready(peer_id: PeerId) -> Option<Vec<Outcome>> {
    Some(vec![Outcome::DuplicateReadyIgnored { peer_id }])
}

fn stranger() -> Option<Vec<Outcome>> {
    Some(vec![Outcome::NonMemberIgnored { peer_id: STRANGER }])
}

fn completes() -> Option<Vec<Outcome>> {
    Some(vec![Outcome::LocalParticipationCompleted, Outcome::BroadcastLocalReady])
}

fn and_concludes(outcomes: Option<Vec<Outcome>>, mode: Conclusion) -> Option<Vec<Outcome>> {
    let mut outcomes = outcomes?;
    outcomes.push(Outcome::Concluded { mode });
    Some(outcomes)
}

fn times_out() -> Option<Vec<Outcome>> {
    and_concludes(Some(vec![]), Conclusion::TimedOut)
}

#[rustfmt::skip]
fn initial() -> Vec<Row> {
    vec![
        Row(vec![], participation(0), Pinging, participates(0), vec![0], vec![]),
        Row(vec![], participation(1), Pinging, participates(1), vec![1], vec![]),
        Row(vec![], participation(STRANGER), Pinging, stranger(), vec![], vec![]),
        Row(vec![], ready(0), Pinging, is_ready(0), vec![], vec![0]),
        Row(vec![], ready(1), Pinging, is_ready(1), vec![], vec![1]),
        Row(vec![], ready(STRANGER), Pinging, stranger(), vec![], vec![]),
        Row(vec![], COMPLETION, Fresh, None, vec![], vec![]),
        Row(vec![], DEADLINE, Fresh, None, vec![], vec![]),
        Row(vec![], PROBE, Fresh, None, vec![], vec![]),
    ]
}

/// The quorum is 3.
#[rustfmt::skip]
fn pinging() -> Vec<Row> {
    let (p, r) = (participation, ready);
    vec![
        Row(vec![p(1)], p(0), Pinging, participates(0), vec![1, 0], vec![]),
        Row(vec![p(0)], p(0), Pinging, known_to_participate(0), vec![0], vec![]),
        Row(vec![p(1)], p(2), Pinging, participates(2), vec![1, 2], vec![]),
        Row(vec![r(2)], p(2), Pinging, participates(2), vec![2], vec![2]),
        Row(vec![p(1)], p(1), Pinging, known_to_participate(1), vec![1], vec![]),
        Row(vec![p(1)], p(STRANGER), Pinging, stranger(), vec![1], vec![]),
        Row(vec![p(1)], r(0), Pinging, is_ready(0), vec![1], vec![0]),
        Row(vec![r(0)], r(0), Pinging, known_to_be_ready(0), vec![], vec![0]),
        Row(vec![p(1)], r(1), Pinging, is_ready(1), vec![1], vec![1]),
        Row(vec![r(3), r(1)], r(2), Pinging, is_ready(2), vec![], vec![3, 1, 2]),
        Row(vec![r(1)], r(1), Pinging, known_to_be_ready(1), vec![], vec![1]),
        Row(vec![r(1)], r(STRANGER), Pinging, stranger(), vec![], vec![1]),
        Row(vec![p(1)], COMPLETION, Collecting, completes(), vec![1], vec![0]),
        Row(vec![r(1)], COMPLETION, Collecting, completes(), vec![], vec![1, 0]),
        Row(vec![r(0), r(1)], COMPLETION, Collecting, completes(), vec![], vec![0, 1]),
        Row(vec![r(2), r(1)], COMPLETION, Bootstrapped, and_concludes(completes(), Conclusion::Bootstrapped), vec![], vec![2, 1, 0]),
        Row(vec![r(0), r(1), r(2)], COMPLETION, Bootstrapped, and_concludes(completes(), Conclusion::Bootstrapped), vec![], vec![0, 1, 2]),
        Row(vec![r(1), r(2), r(3)], COMPLETION, Bootstrapped, and_concludes(completes(), Conclusion::Bootstrapped), vec![], vec![1, 2, 3, 0]),
        Row(vec![p(1), r(1)], DEADLINE, TimedOut, times_out(), vec![1], vec![1]),
        Row(vec![p(1), r(1)], PROBE, Pinging, None, vec![1], vec![1]),
    ]
}

/// The quorum is 3.
#[rustfmt::skip]
fn collecting() -> Vec<Row> {
    let (p, r) = (participation, ready);
    let then = |command, state, outcomes, ready: &[PeerId]| {
        Row(vec![p(1), COMPLETION], command, state, outcomes, vec![1], ready.to_vec())
    };
    let with_one = |command, state, outcomes, ready: &[PeerId]| {
        Row(vec![p(1), COMPLETION, r(1)], command, state, outcomes, vec![1], ready.to_vec())
    };
    vec![
        then(p(0), Collecting, None, &[0]),
        Row(vec![p(0), COMPLETION], p(0), Collecting, None, vec![0], vec![0]),
        then(p(1), Collecting, None, &[0]),
        then(p(2), Collecting, None, &[0]),
        then(p(STRANGER), Collecting, None, &[0]),
        then(r(0), Collecting, known_to_be_ready(0), &[0]),
        then(r(1), Collecting, is_ready(1), &[0, 1]),
        with_one(r(1), Collecting, known_to_be_ready(1), &[0, 1]),
        with_one(r(2), Bootstrapped, and_concludes(is_ready(2), Conclusion::Bootstrapped), &[0, 1, 2]),
        with_one(r(STRANGER), Collecting, stranger(), &[0, 1]),
        then(COMPLETION, Collecting, None, &[0]),
        with_one(DEADLINE, TimedOut, times_out(), &[0, 1]),
        then(PROBE, Collecting, None, &[0]),
    ]
}

/// Nothing leaves a terminal state, and nothing changes in it.
fn terminal() -> Vec<Row> {
    let (p, r) = (participation, ready);
    let every_command = [0, 1, 2, STRANGER].map(|id| [p(id), r(id)]);
    let every_command = every_command.into_iter().flatten().chain([COMPLETION, DEADLINE, PROBE]);
    let ends = [
        (vec![p(0), p(1), r(1), r(2), COMPLETION], Bootstrapped, vec![0, 1], vec![1, 2, 0]),
        (vec![p(1), COMPLETION, r(1), r(2)], Bootstrapped, vec![1], vec![0, 1, 2]),
        (vec![p(0), p(1), r(1), r(0), DEADLINE], TimedOut, vec![0, 1], vec![1, 0]),
        (vec![p(1), r(1), DEADLINE], TimedOut, vec![1], vec![1]),
        (vec![p(1), COMPLETION, DEADLINE], TimedOut, vec![1], vec![0]),
    ];
    let mut rows = Vec::new();
    for (before, state, pinging, collecting) in ends {
        for command in every_command.clone().chain([p(3), r(3)]) {
            let (pinging, collecting) = (pinging.clone(), collecting.clone());
            rows.push(Row(before.clone(), command, state, None, pinging, collecting));
        }
    }
    rows
}

fn all() -> impl Iterator<Item = Row> {
    [initial(), pinging(), collecting(), terminal()].into_iter().flatten()
}

#[test]
fn every_row_holds() {
    for Row(before, command, state, outcomes, pinging, collecting) in all() {
        let mut machine = Checked::new(0, &MEMBERS, 3);
        machine.process_all(&before);
        let was_completed = machine.view().is_pinging_completed();
        let result = machine.process(command);
        let row = format!("{before:?}, then {command:?}");
        let view = machine.view();
        assert_eq!(view.peer_state(), state, "{row}");
        assert_eq!(view.pinging_peers(), pinging, "{row}");
        assert_eq!(view.collecting_peers(), collecting, "{row}");
        assert_eq!(view.required_count(), 3, "{row}");
        let completes = command == COMPLETION && outcomes.is_some();
        assert_eq!(view.is_pinging_completed(), was_completed || completes, "{row}");
        let (cluster_view, admissible) = (view.clone(), admissible(state));
        let expected = match outcomes {
            Some(outcomes) => ProcessResult::Accepted { outcomes, cluster_view },
            None if command == PROBE => ProcessResult::Probed { cluster_view, admissible },
            None => ProcessResult::Rejected { cluster_view, admissible },
        };
        assert_eq!(result, expected, "{row}");
    }
}

#[test]
fn no_reachable_cell_is_without_a_row() {
    let covered: BTreeSet<_> = all()
        .map(|Row(before, command, ..)| {
            let mut machine = Checked::new(0, &MEMBERS, 3);
            machine.process_all(&before);
            cell(machine.config(), machine.view(), command)
        })
        .collect();
    assert_eq!(covered, reachable_cells(&Checked::new(0, &MEMBERS, 3), STRANGER));
}
