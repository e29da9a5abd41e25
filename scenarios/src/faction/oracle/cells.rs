//! Which cells of the table of states and commands a run has been through.

use stormglass_faction::{FactionNode, Visited};
use stormglass_simulator::Facts;

/// The cells that any node of the cluster has been through, in any of its lives.
#[derive(Clone, Default)]
pub struct Cells {
    visited: Visited,
}

impl Cells {
    /// Notes where a node has been.
    pub fn stepped(&mut self, machine: &FactionNode) {
        self.visited = self.visited | machine.visited();
    }

    /// Counts each cell once per run.
    pub fn count(&self, facts: &mut Facts) {
        self.visited.names().for_each(|cell| facts.add(cell, 1));
    }
}

/// The names of all cells but those of a state or command that cannot occur.
pub fn expected(but: &[&str]) -> Vec<String> {
    let possible = |cell: &&str| !but.iter().any(|impossible| cell.contains(impossible));
    Visited::CELLS.into_iter().filter(possible).map(str::to_owned).collect()
}
