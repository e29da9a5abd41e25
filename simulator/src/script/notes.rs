//! What a script remembers of its run.

use std::collections::BTreeMap;

use stormglass_machine::{Effect, Machine, NodeId, RequestId, Time};

use crate::{Cluster, Event, Watch};

/// What was answered, and which nodes are down.
pub(super) struct Notes<M: Machine> {
    pub(super) answers: BTreeMap<RequestId, M::Response>,
    /// Since when a node is down, and the position of its crash in the list.
    pub(super) down: BTreeMap<NodeId, (Time, usize)>,
    latest: usize,
}

impl<M: Machine> Default for Notes<M> {
    fn default() -> Self {
        Notes { answers: BTreeMap::new(), down: BTreeMap::new(), latest: 0 }
    }
}

impl<M: Machine> Watch<M> for Notes<M> {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        match event {
            Event::Struck(position) => self.latest = position,
            Event::Crashed { node, .. } => {
                self.down.insert(node, (cluster.now(), self.latest));
            }
            Event::Started { node } => drop(self.down.remove(&node)),
            Event::Effect { effect: Effect::Respond { id, response }, .. } => {
                self.answers.insert(*id, response.clone());
            }
            _ => {}
        }
    }
}
