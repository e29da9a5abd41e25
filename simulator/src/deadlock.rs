//! A cluster for which nothing is scheduled any more stays as it is for ever.

use stormglass_machine::Machine;

use crate::cluster::{Cluster, Occurrence};
use crate::deviation::Deviation;

impl<M: Machine> Cluster<M> {
    /// True if nothing that is still to come, `next` first, will change anything.
    pub(crate) fn is_deadlocked(&self, next: &Occurrence<M>) -> bool {
        let void = |occurrence| matches!(occurrence, &Occurrence::End) || self.is_void(occurrence);
        void(next) && self.agenda.in_order().into_iter().all(|(_, occurrence)| void(occurrence))
    }

    /// True of what is on the agenda and will not happen: a timer that was cancelled, say.
    pub(crate) fn is_void(&self, occurrence: &Occurrence<M>) -> bool {
        match *occurrence {
            Occurrence::Start { node, boot } | Occurrence::Flushed { node, boot } => {
                self.nodes[node.index()].boot != boot || self.stays_down(node)
            }
            Occurrence::Message { to, .. } => self.stays_down(to),
            Occurrence::Timer { node, token } => {
                !self.nodes[node.index()].timers.iter().any(|(_, set)| *set == token)
            }
            Occurrence::Planned(position) => match &self.plan[position] {
                // A client asks somebody else.
                Deviation::Request { .. } if self.clients.clients.is_some() => false,
                Deviation::Request { node, .. } => self.stays_down(*node),
                _ => !self.is_stormy(),
            },
            Occurrence::ImpairmentEnds(position) => !self.network.is_impaired_by(position),
            Occurrence::BadDiskEnds(position) => !self.bad_disks.contains(&position),
            Occurrence::PauseEnds { node, plan } => {
                self.nodes[node.index()].paused.is_none_or(|(_, pause)| pause != plan)
            }
            Occurrence::Ask { node, .. } => self.stays_down(node),
            Occurrence::Answer { slot } => {
                let answer = self.clients.on_its_way(slot);
                answer.is_none_or(|(attempt, _)| self.clients.awaiting(*attempt).is_none())
            }
            Occurrence::Wake { position, attempt } => !self.is_waited_for(position, attempt),
            Occurrence::Heal | Occurrence::End => false,
        }
    }
}
