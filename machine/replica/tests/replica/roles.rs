//! The role matrix, as data.

use stormglass_replica::{Role, Signal, TransitionError, check_transition};

/// One row per pair, one letter per signal in the order of `Signal::ALL`: `o` is accepted, `s` is
/// the wrong signal, `p` is a pair that never follows.
const MATRIX: [(Role, Role, &str); 16] = [
    (Role::Idle, Role::Idle, "ssssssssos"),
    (Role::Idle, Role::Replica, "osssssssss"),
    (Role::Idle, Role::Candidate, "pppppppppp"),
    (Role::Idle, Role::Leader, "pppppppppp"),
    (Role::Replica, Role::Idle, "sssssossos"),
    (Role::Replica, Role::Replica, "pppppppppp"),
    (Role::Replica, Role::Candidate, "sossssssss"),
    (Role::Replica, Role::Leader, "pppppppppp"),
    (Role::Candidate, Role::Idle, "sssssssoos"),
    (Role::Candidate, Role::Replica, "sssossssss"),
    (Role::Candidate, Role::Candidate, "pppppppppp"),
    (Role::Candidate, Role::Leader, "ssosssssss"),
    (Role::Leader, Role::Idle, "ssssososos"),
    (Role::Leader, Role::Replica, "ssssssssso"),
    (Role::Leader, Role::Candidate, "pppppppppp"),
    (Role::Leader, Role::Leader, "pppppppppp"),
];

fn letter(from: Role, to: Role, signal: Signal) -> char {
    match check_transition(from, to, signal) {
        Ok(()) => 'o',
        Err(error) if error == (TransitionError::SignalMismatch { from, to, signal }) => 's',
        Err(error) => {
            assert_eq!(error, TransitionError::InvalidPair { from, to });
            'p'
        }
    }
}

#[test]
fn every_triple_is_decided_as_the_matrix_says() {
    for (from, to, row) in MATRIX {
        let found: String =
            Signal::ALL.into_iter().map(|signal| letter(from, to, signal)).collect();
        assert_eq!(found, row, "{from:?} to {to:?}");
    }
}

#[test]
fn the_matrix_covers_every_pair_once_and_has_the_known_totals() {
    for from in Role::ALL {
        for to in Role::ALL {
            assert_eq!(MATRIX.iter().filter(|row| (row.0, row.1) == (from, to)).count(), 1);
        }
    }
    let total = |wanted| {
        MATRIX.iter().map(|row| row.2.chars().filter(|letter| *letter == wanted).count()).sum()
    };
    let totals: [usize; 3] = [total('o'), total('s'), total('p')];
    assert_eq!(totals, [13, 77, 70]);
}

#[test]
fn nine_pairs_can_be_reached_and_a_leader_becomes_idle_by_three_signals() {
    let accepted = |row: &(Role, Role, &str)| row.2.matches('o').count();
    let between_different = MATRIX.iter().filter(|row| accepted(row) > 0);
    assert_eq!(between_different.count(), 9);
    let into_idle: Vec<_> =
        MATRIX.iter().filter(|row| row.1 == Role::Idle).map(|row| (row.0, accepted(row))).collect();
    let counts = [(Role::Idle, 1), (Role::Replica, 2), (Role::Candidate, 2), (Role::Leader, 3)];
    assert_eq!(into_idle, counts);
}

#[test]
fn every_role_withdraws_by_a_signal_that_it_accepts() {
    for role in Role::ALL {
        assert_eq!(check_transition(role, Role::Idle, Signal::withdraw_from(role)), Ok(()));
    }
}

#[test]
fn wire_bytes_are_fixed() {
    assert_eq!(Role::ALL.map(|role| role as u8), [0, 1, 2, 3]);
    assert_eq!(Role::default(), Role::Idle);
}
