//! A load to be measured: five nodes, ten clients that ask without a pause, and a network that
//! loses one message in a hundred. Everything that must hold of each step is judged.
//!
//! The clients are parts of the world like the nodes, and only know which of their operations is
//! next, so that a run may be as long as it likes. It is no scenario for a campaign, which wants
//! worlds that differ.

mod party;

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_simulator::{Cluster, Event, Faults, Property, Scenario, Settings, World};

use super::ghost::Ghost;
use super::liveness::Judged;
use super::plan;
use super::properties as judges;

pub use party::Party;

/// How many nodes there are.
pub const NODES: u32 = 5;
/// How many clients there are.
pub const CLIENTS: u32 = 10;
/// So many messages in a million are lost.
pub const LOSS_PPM: u32 = 10_000;
/// So many entries are applied between two snapshots.
pub const SNAPSHOT_EVERY: u64 = 1_000;

/// The load.
pub struct Load {
    lasts: Duration,
}

impl Load {
    /// A load for so long, in virtual time.
    pub fn new(lasts: Duration) -> Self {
        Load { lasts }
    }
}

impl Scenario for Load {
    type Machine = Party;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        "raft-load"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        NODES + CLIENTS..=NODES + CLIENTS
    }

    fn machine(&self, node: NodeId, _: u32) -> Party {
        Party::new(node)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }

    fn settings(&self) -> Settings {
        Settings {
            latency: plan::LATENCY,
            storm: self.lasts,
            calm: Duration::ZERO,
            max_events: u64::MAX,
            faults: Faults { loss_ppm: LOSS_PPM, ..Faults::NONE },
            ..Settings::default()
        }
    }

    fn observe(&self, ghost: &mut Ghost, cluster: &Cluster<Party>, event: Event<'_, Party>) {
        let of_a_node = match event {
            Event::Started { node }
            | Event::Input { node, .. }
            | Event::Stepped { node, .. }
            | Event::Effect { node, .. } => node.0 < NODES,
            _ => true,
        };
        if of_a_node {
            ghost.observe(cluster, event);
        }
    }
}

/// What must hold of each step.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    let mut all = judges::of_steps();
    all.extend(judges::of_clocks());
    all
}

/// How many operations the clients have had answered.
pub fn operations<S: Scenario<Machine = Party>>(world: &World<'_, S>) -> u64 {
    world.live().map(|(_, party)| party.done()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_carried_and_every_operation_was_committed() {
        let load = Load::new(Duration::from_secs(20));
        let mut world = World::new(&load);
        for seed in 0..4 {
            assert_eq!(world.search(seed).failure, None);
            let (done, tally) = (operations(&world), world.ghost().tally());
            assert!(done > 1_000, "{done} operations");
            // Sessions are opened, leaders begin, and a little may be on its way.
            assert!((done..done + 100).contains(&tally.commits), "{done} of {tally:?}");
            assert!(tally.snapshots_taken > 0, "{tally:?}");
        }
    }
}
