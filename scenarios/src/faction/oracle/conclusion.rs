//! A conclusion is final: in a life always, and over restarts from the moment that it is durable
//! or anybody has heard of it.

use stormglass_faction::{Conclusion, FactionNode, Message, Record};
use stormglass_machine::{Effect, NodeId};
use stormglass_simulator::{Cluster, Property, Verdict, Violation, World};

use crate::faction::ghost::{Judged, MOST_NODES};

/// A conclusion never changes while a node is up.
pub const IS_FINAL: &str = "a conclusion never changes";
/// A conclusion that is durable or known to others is there after a restart.
pub const SURVIVES: &str = "a conclusion survives a restart";

/// The conclusions that are durable, or that somebody was told.
#[derive(Clone, Default)]
pub struct Conclusions {
    binding: [Option<Conclusion>; MOST_NODES],
}

impl Conclusions {
    /// A node starts: what is on its disk binds it.
    pub fn start(&mut self, node: NodeId, cluster: &Cluster<FactionNode>) {
        if let Some(Record::Concluded { conclusion, .. }) = cluster.records(node).last() {
            self.bind(node, *conclusion);
        }
    }

    /// A node tells others, or an operator.
    pub fn effect(&mut self, node: NodeId, effect: &Effect<FactionNode>) {
        match effect {
            Effect::Send { message: Message::Bootstrapped, .. } => {
                self.bind(node, Conclusion::Bootstrapped);
            }
            Effect::Respond { response, .. } => {
                if let Some(conclusion) = response.cluster_view().conclusion() {
                    self.bind(node, conclusion);
                }
            }
            _ => {}
        }
    }

    /// What was said first counts.
    fn bind(&mut self, node: NodeId, conclusion: Conclusion) {
        self.binding[node.index()].get_or_insert(conclusion);
    }
}

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![Property::always(IS_FINAL, is_final), Property::always(SURVIVES, survives)]
}

fn is_final<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let step = world.ghost().step(node);
    let state = world.machine(node).view().peer_state();
    if step.is_start || !step.before.is_concluded() || step.before.state == state {
        return Ok(());
    }
    let before = step.before.state.name();
    let detail = format!("node {node} was {before} and is {} now", state.name());
    Err(Violation::new(detail).because(step.cell()))
}

fn survives<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let Some(binding) = world.ghost().conclusions.binding[node.index()] else { return Ok(()) };
    let view = world.machine(node).view();
    if view.conclusion() == Some(binding) {
        return Ok(());
    }
    let state = view.peer_state().name();
    Err(format!("node {node} had concluded {binding:?} and is {state} now").into())
}
