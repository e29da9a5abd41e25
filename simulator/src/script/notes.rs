//! What a script remembers of its run.

use std::collections::BTreeMap;

use stormglass_machine::{AfterGap, Effect, Machine, NodeId, RequestId, Time};

use crate::{Cluster, DiskFault, Event, Watch};

/// What was answered, and which nodes are down.
pub(super) struct Notes<M: Machine> {
    pub(super) answers: BTreeMap<RequestId, M::Response>,
    /// Since when a node is down, and the position in the list of what took it down; nothing if
    /// it has stopped by itself.
    pub(super) down: BTreeMap<NodeId, (Time, Option<usize>)>,
    /// What took down whoever goes down next.
    culprit: Option<usize>,
}

impl<M: Machine> Default for Notes<M> {
    fn default() -> Self {
        Notes { answers: BTreeMap::new(), down: BTreeMap::new(), culprit: None }
    }
}

impl<M: Machine> Watch<M> for Notes<M> {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        match event {
            Event::Struck(position) => self.culprit = Some(position),
            Event::Disk { fault: DiskFault::FlushFailed { .. }, .. } => self.culprit = None,
            Event::Crashed { node, .. } => {
                self.down.insert(node, (cluster.now(), self.culprit));
            }
            Event::Gap { node, after: AfterGap::Refuse, .. } => {
                self.down.insert(node, (cluster.now(), None));
            }
            Event::Started { node } => drop(self.down.remove(&node)),
            Event::Effect { effect: Effect::Respond { id, response }, .. } => {
                self.answers.insert(*id, response.clone());
            }
            _ => {}
        }
    }
}
