//! The rules of the machine once more, written independently, followed step by step.

use stormglass_faction::{Command, Config, FactionNode, PeerState};
use stormglass_machine::{Effect, NodeId};
use stormglass_simulator::{Property, Verdict, Violation, World, ensure};

use crate::faction::ghost::{Judged, MOST_NODES};
use crate::faction::standing::{Answer, Standing};

/// After each input a node is where the rules say.
pub const FOLLOWED: &str = "a node moves as the table of states and commands says";
/// An operator is told what the rules say, and how things stand.
pub const TOLD: &str = "an operator is told what the command came to";

/// Where each node must be, by the rules.
#[derive(Clone, Default)]
pub struct Table {
    standings: [Standing; MOST_NODES],
    /// What each node's last command must have come to.
    answers: [Option<Answer>; MOST_NODES],
    misled: u64,
}

impl Table {
    /// A node starts, and this is what its disk says.
    pub fn start(&mut self, node: NodeId, standing: Standing) {
        self.standings[node.index()] = standing;
    }

    /// A node is about to be given an input.
    pub fn input(&mut self, node: NodeId, command: Option<Command>, cluster: &Config) {
        let standing = &mut self.standings[node.index()];
        self.answers[node.index()] = command.map(|command| standing.apply(command, cluster));
    }

    /// Something happens. A node that answers has not been given anything since it was asked.
    pub fn effect(&mut self, node: NodeId, effect: &Effect<FactionNode>) {
        if let Effect::Respond { response, .. } = effect {
            let answer = self.answers[node.index()];
            let standing = &self.standings[node.index()];
            if !(answer.is_some_and(|answer| answer.is(response))
                && standing.is(response.cluster_view()))
            {
                self.misled |= 1 << node.0;
            }
        }
    }
}

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![Property::always(FOLLOWED, followed), Property::always(TOLD, told)]
}

fn followed<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let (ghost, view) = (world.ghost(), world.machine(node).view());
    let standing = &ghost.table.standings[node.index()];
    if standing.is(view) {
        return Ok(());
    }
    let Standing { state, is_ready, pinging, collecting } = standing;
    let detail = format!(
        "node {node} should be {} (ready: {is_ready}, knows {:?}, counts {:?}) and is {} \
         (ready: {}, knows {:?}, counts {:?})",
        PeerState::name(*state),
        pinging.ids(),
        collecting.ids(),
        view.peer_state().name(),
        view.is_pinging_completed(),
        view.pinging_peers(),
        view.collecting_peers(),
    );
    Err(Violation::new(detail).because(ghost.step(node).cell()))
}

fn told<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let misled = world.ghost().table.misled & (1 << node.0) != 0;
    ensure(!misled, || format!("node {node} gave a wrong answer to an operator"))
}
