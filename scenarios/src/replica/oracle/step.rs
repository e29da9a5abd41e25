//! One step of one node, as the oracles see it: what it was before, what it handled, what it is
//! now, and what it wants to happen.

use stormglass_machine::{Effect, NodeId, Time};
use stormglass_replica::{Hardening, Metrics, Replica, Role, Stamp};

use super::handling::Handling;

/// What a node was before a step.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub role: Role,
    pub first: u64,
    pub tail: u64,
    pub live_bytes: u64,
    pub last: Stamp,
    pub stamp: Stamp,
    pub elected_at: u64,
    pub belief: Option<NodeId>,
    pub closed: bool,
    pub metrics: Metrics,
}

impl Before {
    pub fn of(machine: &Replica) -> Before {
        let log = machine.log();
        Before {
            role: machine.role(),
            first: log.first_seq(),
            tail: log.next_seq(),
            live_bytes: log.live_bytes(),
            last: log.last_stamp(),
            stamp: machine.stamp(),
            elected_at: machine.elected_at(),
            belief: machine.belief(),
            closed: machine.is_closed(),
            metrics: *machine.metrics(),
        }
    }
}

/// One step.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    pub node: NodeId,
    /// True time.
    pub now: Time,
    /// The node's own clocks.
    pub clock: Time,
    pub wall: Time,
    pub before: &'a Before,
    pub handling: Handling,
    pub machine: &'a Replica,
    pub effects: &'a [Effect<Replica>],
}

impl Step<'_> {
    /// The weaknesses that are meant to be mended; a planted bug may say otherwise.
    pub fn intended(&self) -> Hardening {
        self.machine.config().hardening
    }

    /// The members of the replica set, as this node knows it.
    pub fn members(&self) -> &[NodeId] {
        &self.machine.config().replica_set
    }

    /// The members but for the node itself.
    pub fn peers(&self) -> impl Iterator<Item = NodeId> {
        self.members().iter().copied().filter(|member| *member != self.node)
    }

    pub fn is_peer(&self, node: NodeId) -> bool {
        node != self.node && self.members().contains(&node)
    }

    /// True if the role became Leader in this step.
    pub fn won(&self) -> bool {
        self.before.role != Role::Leader && self.machine.role() == Role::Leader
    }
}
