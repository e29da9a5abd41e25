//! Readiness is a promise to the others: who announces it has finished its own part, has that on
//! disk, and is ready for ever. Nobody counts a promise that was never made.

use stormglass_faction::{Conclusion, FactionNode, Message, PeerId, Record};
use stormglass_machine::{Effect, NodeId};
use stormglass_simulator::{Cluster, Property, Verdict, World, ensure};

use crate::faction::ghost::Judged;

/// Readiness is announced by those only that have finished their own part.
pub const FINISHED: &str = "nobody says it is ready before its own part is finished";
/// At the moment at which readiness is sent, a durable record says so.
pub const READY_DURABLE: &str = "readiness is durable before it is announced";
/// At the moment at which others or an operator hear of a conclusion, a durable record says so.
pub const CONCLUSION_DURABLE: &str = "a conclusion is durable before it is announced";
/// Who has announced readiness is ready after a restart, too.
pub const KEPT: &str = "announced readiness survives a restart";
/// Who is counted by another has announced readiness.
pub const REAL: &str = "nobody is counted who has not announced readiness";
/// Who is known to take part has said anything at all.
pub const HEARD: &str = "nobody is known to take part who has said nothing";

/// Who has said what, as sets of nodes.
#[derive(Clone, Default)]
pub struct Promises {
    spoke: u64,
    announced: u64,
    unfinished: u64,
    readiness_not_durable: u64,
    conclusion_not_durable: u64,
    /// How many records were lost in crashes.
    pub lost_records: u64,
}

impl Promises {
    /// A node says something.
    pub fn effect(
        &mut self,
        node: NodeId,
        effect: &Effect<FactionNode>,
        cluster: &Cluster<FactionNode>,
    ) {
        let bit = 1 << node.0;
        match effect {
            Effect::Send { message, .. } => {
                self.spoke |= bit;
                if !matches!(message, Message::Participation { .. }) {
                    self.announce(node, *message, cluster);
                }
            }
            Effect::Respond { response, .. } => {
                let told = response.cluster_view().conclusion();
                if told.is_some() && durable_conclusion(node, cluster) != told {
                    self.conclusion_not_durable |= bit;
                }
            }
            _ => {}
        }
    }

    fn announce(&mut self, node: NodeId, message: Message, cluster: &Cluster<FactionNode>) {
        let bit = 1 << node.0;
        self.announced |= bit;
        if !cluster.machine(node).view().is_pinging_completed() {
            self.unfinished |= bit;
        }
        if !cluster.records(node).any(says_ready) {
            self.readiness_not_durable |= bit;
        }
        if message == Message::Bootstrapped
            && durable_conclusion(node, cluster) != Some(Conclusion::Bootstrapped)
        {
            self.conclusion_not_durable |= bit;
        }
    }

    /// A node has crashed.
    pub fn crashed(&mut self, lost: usize) {
        self.lost_records += lost as u64;
    }
}

/// Whether a record says that the node is ready.
pub fn says_ready(record: &Record) -> bool {
    match record {
        Record::Ready { .. } => true,
        Record::Concluded { is_pinging_completed, .. } => *is_pinging_completed,
    }
}

fn durable_conclusion(node: NodeId, cluster: &Cluster<FactionNode>) -> Option<Conclusion> {
    match cluster.records(node).last() {
        Some(Record::Concluded { conclusion, .. }) => Some(*conclusion),
        _ => None,
    }
}

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![
        Property::always(FINISHED, finished),
        Property::always(CONCLUSION_DURABLE, conclusion_durable),
        Property::always(READY_DURABLE, readiness_durable),
        Property::always(KEPT, kept),
        Property::always(REAL, real),
        Property::always(HEARD, heard),
    ]
}

fn has(nodes: u64, node: NodeId) -> bool {
    nodes & (1 << node.0) != 0
}

fn finished<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let unfinished = has(world.ghost().promises.unfinished, node);
    ensure(!unfinished, || format!("node {node} said that it was ready, and was not"))
}

fn readiness_durable<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let hasty = has(world.ghost().promises.readiness_not_durable, node);
    ensure(!hasty, || format!("node {node} said that it was ready while no durable record did"))
}

fn conclusion_durable<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let hasty = has(world.ghost().promises.conclusion_not_durable, node);
    ensure(!hasty, || format!("node {node} told its conclusion while no durable record did"))
}

fn kept<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let announced = has(world.ghost().promises.announced, node);
    let view = world.machine(node).view();
    ensure(!announced || view.is_pinging_completed(), || {
        let state = view.peer_state().name();
        format!("node {node} had announced that it is ready, and is {state} now")
    })
}

/// Those of a list, but for the node itself, who are not in a set.
fn missing(list: &[PeerId], set: u64, node: NodeId) -> Option<PeerId> {
    let itself = PeerId::from(node.0);
    list.iter().copied().find(|peer_id| *peer_id != itself && set >> peer_id & 1 == 0)
}

fn real<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let ghost = world.ghost();
    if !ghost.step(node).has_changed {
        return Ok(());
    }
    let counted = world.machine(node).view().collecting_peers();
    match missing(counted, ghost.promises.announced, node) {
        None => Ok(()),
        Some(peer_id) => Err(format!("node {node} counts {peer_id}, who never said so").into()),
    }
}

fn heard<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let ghost = world.ghost();
    if !ghost.step(node).has_changed {
        return Ok(());
    }
    let known = world.machine(node).view().pinging_peers();
    match missing(known, ghost.promises.spoke, node) {
        None => Ok(()),
        Some(peer_id) => Err(format!("node {node} knows of {peer_id}, who was silent").into()),
    }
}
