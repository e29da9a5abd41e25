//! Every sequence of commands up to a length, and every view that can be reached at all, compared
//! with the reference.

use std::collections::BTreeSet;

use stormglass_faction::{Command, PeerId};

use crate::checked::{COMPLETION, Checked, DEADLINE, PROBE, participation, ready};
use crate::reference::{Cell, Reference, cell};

/// Signals of every member, of this node and of a stranger, and all other commands.
fn alphabet(machine: &Checked, stranger: PeerId) -> Vec<Command> {
    let mut peers = machine.config().peers().to_vec();
    peers.extend([machine.config().peer_id(), stranger]);
    peers.sort_unstable();
    peers.dedup();
    let signals = peers.into_iter().flat_map(|id| [participation(id), ready(id)]);
    signals.chain([COMPLETION, DEADLINE, PROBE]).collect()
}

/// Explores every view that can be reached, each once, and every command in it. The machine's
/// future depends on its view alone, so this covers all sequences of any length.
fn explore(machine: &Checked, stranger: PeerId) -> (usize, BTreeSet<Cell>) {
    let alphabet = alphabet(machine, stranger);
    let reference = Reference::new(machine.config());
    let (mut seen, mut cells) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![(machine.clone(), reference)];
    seen.insert(format!("{:?}", machine.view()));
    while let Some((machine, reference)) = open.pop() {
        for &command in &alphabet {
            cells.insert(cell(machine.config(), machine.view(), command));
            let (mut machine, mut reference) = (machine.clone(), reference.clone());
            assert_eq!(machine.process(command), reference.process(command));
            if seen.insert(format!("{:?}", machine.view())) {
                open.push((machine, reference));
            }
        }
    }
    (seen.len(), cells)
}

/// The cells that can be reached at all.
pub fn reachable_cells(machine: &Checked, stranger: PeerId) -> BTreeSet<Cell> {
    explore(machine, stranger).1
}

/// Every sequence of at most `depth` commands, none left out.
fn enumerate(
    machine: &Checked,
    reference: &Reference,
    alphabet: &[Command],
    depth: usize,
    cells: &mut BTreeSet<Cell>,
) {
    for &command in alphabet {
        cells.insert(cell(machine.config(), machine.view(), command));
        let (mut machine, mut reference) = (machine.clone(), reference.clone());
        assert_eq!(machine.process(command), reference.process(command));
        if depth > 1 {
            enumerate(&machine, &reference, alphabet, depth - 1, cells);
        }
    }
}

fn cells_of_all_sequences(machine: &Checked, stranger: PeerId, depth: usize) -> BTreeSet<Cell> {
    let mut cells = BTreeSet::new();
    let reference = Reference::new(machine.config());
    enumerate(machine, &reference, &alphabet(machine, stranger), depth, &mut cells);
    cells
}

/// This node as a member, or beside the members `0..size`.
fn clusters(size: PeerId) -> impl Iterator<Item = Checked> {
    let members: Vec<PeerId> = (0..size).collect();
    [0, size].into_iter().flat_map(move |peer_id| {
        let members = members.clone();
        (0..=size as usize + 2).map(move |quorum| Checked::new(peer_id, &members, quorum))
    })
}

#[test]
fn every_reachable_view_agrees_with_the_reference() {
    let mut views = 0;
    for machine in (0..=3).flat_map(clusters) {
        views += explore(&machine, 9).0;
    }
    assert!(views > 10_000, "only {views} views were reached");
}

/// Four members and a quorum of three of them: large enough for every kind of transition.
#[test]
fn every_reachable_view_of_four_members_agrees_with_the_reference() {
    let (views, cells) = explore(&Checked::new(0, &[0, 1, 2, 3], 3), 9);
    assert!(views > 10_000, "only {views} views were reached");
    assert_eq!(cells, cells_of_all_sequences(&Checked::new(0, &[0, 1, 2, 3], 3), 9, 5));
}

#[test]
fn all_sequences_of_four_commands_agree_with_the_reference() {
    for machine in (0..=4).flat_map(clusters) {
        assert!(!cells_of_all_sequences(&machine, 9, 4).is_empty());
    }
}
