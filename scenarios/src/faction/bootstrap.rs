use std::ops::RangeInclusive;

use stormglass_faction::{Bug, FactionNode, Request};
use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{
    Asked, Cluster, Copies, Event, Facts, Faults, Property, Scenario, Settings, World,
};

use super::ghost::Ghost;
use super::oracle::{self, cells, ending, seen};
use super::setup;

/// A cluster without a deadline, in every kind of weather: in the end everybody has bootstrapped.
///
/// Operators probe, and finish a node's own part early.
#[derive(Default)]
pub struct Bootstrap {
    /// The bug that is planted.
    pub planted: Option<Bug>,
}

impl Bootstrap {
    /// Its name.
    pub const NAME: &'static str = "faction-bootstrap";
}

/// A majority of an odd cluster, and everybody of an even one.
fn quorum(count: u32) -> usize {
    let needed = if count.is_multiple_of(2) { count } else { count / 2 + 1 };
    needed as usize
}

impl Scenario for Bootstrap {
    type Machine = FactionNode;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        Bootstrap::NAME
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=6
    }

    fn machine(&self, node: NodeId, count: u32) -> FactionNode {
        setup::node(setup::config(node, count, quorum(count)), self.planted)
    }

    fn settings(&self) -> Settings {
        setup::settings(Faults::ALL)
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
        let kinds = [Request::Probe, Request::CompleteLocalParticipation];
        setup::operators(&kinds, 8, count, dice, asked);
    }

    fn describe(&self, machine: &FactionNode) -> String {
        setup::describe(machine)
    }

    fn simpler(&self, request: &Request) -> Vec<Request> {
        setup::simpler(request)
    }

    fn observe(
        &self,
        ghost: &mut Ghost,
        cluster: &Cluster<FactionNode>,
        event: Event<'_, FactionNode>,
    ) {
        ghost.observe(cluster, event);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = oracle::safety();
        properties.extend([
            ending::all_bootstrap(),
            seen::straight_to_bootstrapped(),
            seen::latecomer(),
            seen::window_in_solitude(),
            seen::restart_while_collecting(),
            seen::restart_after_conclusion(),
        ]);
        properties
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        setup::facts(world, facts);
    }

    fn expected_facts(&self) -> Vec<String> {
        cells::expected(&["TimedOut", "DeadlineExpired"])
    }

    fn copies(&self) -> Option<Copies<Self>> {
        Some(Copies::cloned())
    }

    fn planted(&self) -> Option<&str> {
        self.planted.map(Bug::name)
    }
}
