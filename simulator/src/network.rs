//! The links between nodes, and what is wrong with them at this moment.

use stormglass_machine::{NodeId, Time};

use crate::decisions::Table;
use crate::deviation::Deviation;
use crate::faults::{Does, Impairment};

/// What is wrong with links now. Nothing is kept of links that are whole.
#[derive(Clone, Default)]
pub(crate) struct Network {
    /// The positions in the plan of the impairments in force.
    impaired: Vec<usize>,
    /// When a link takes its next message, for each impairment that spaces messages.
    free: Table<(usize, NodeId, NodeId), Time>,
}

/// A message on its way.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) plane: &'static str,
    /// When, if the link is whole.
    pub(crate) arrives: Time,
}

impl Network {
    /// True if there is nothing wrong with any link.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.impaired.is_empty()
    }

    pub(crate) fn impair(&mut self, position: usize) {
        self.impaired.push(position);
    }

    /// The impairment that has been in force for longest.
    pub(crate) fn oldest(&self) -> Option<usize> {
        self.impaired.first().copied()
    }

    /// True if this impairment is in force.
    pub(crate) fn is_impaired_by(&self, position: usize) -> bool {
        self.impaired.contains(&position)
    }

    /// Ends an impairment. False if it is over already.
    pub(crate) fn ends(&mut self, position: usize) -> bool {
        let before = self.impaired.len();
        self.impaired.retain(|impaired| *impaired != position);
        self.impaired.len() < before
    }

    /// Makes all links whole.
    pub(crate) fn mend(&mut self) {
        self.impaired.clear();
        self.free.clear();
    }

    /// True if the link is cut for all messages.
    pub(crate) fn is_cut<R>(
        &self,
        plan: &[Deviation<R>],
        from: NodeId,
        to: NodeId,
        count: u32,
    ) -> bool {
        let cuts = |Impairment { links, plane, does, .. }: Impairment<'_>| {
            matches!(does, Does::Lose) && plane.is_none() && links.cover(from, to, count)
        };
        self.impaired.iter().any(|position| plan[*position].impairment().is_some_and(cuts))
    }

    /// When a message that is sent now arrives, as far as the links are concerned; `None` if it is
    /// lost. What a node sends to itself takes no link.
    pub(crate) fn through<R>(
        &mut self,
        plan: &[Deviation<R>],
        sent: Sent,
        count: u32,
        heal: Time,
    ) -> Option<Time> {
        let Sent { from, to, plane, mut arrives } = sent;
        if from == to {
            return Some(arrives);
        }
        for position in &self.impaired {
            let impairment = plan[*position].impairment().expect("only links are impaired");
            if impairment.plane.is_some_and(|only| only != plane)
                || !impairment.links.cover(from, to, count)
            {
                continue;
            }
            // What waits arrives in the end, in the order of sending: the agenda keeps it.
            let ends = impairment.ends(heal);
            match impairment.does {
                Does::Lose => return None,
                Does::Keep => arrives = arrives.max(ends),
                Does::Space(every) => {
                    let free = self.free.entry((*position, from, to)).or_default();
                    arrives = arrives.max((*free).min(ends));
                    *free = arrives + every;
                }
            }
        }
        Some(arrives)
    }
}
