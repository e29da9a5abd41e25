use std::ops::RangeInclusive;

use stormglass_faction::{Bug, FactionNode, Request};
use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{
    Asked, Cluster, Copies, Event, Facts, Faults, Property, Scenario, Settings, World,
};

use super::ghost::Ghost;
use super::oracle::{self, cells, ending, seen};
use super::setup;

/// A cluster whose processes come and go and whose operators try everything, with one node that not
/// all have on their lists.
///
/// The two first nodes do not know the last one, who knows them: to them it is a stranger. The
/// others know it, so that it hears somebody, becomes ready and tells everybody.
///
/// An operator can make a node give up before it is ready, and others may then lack a quorum for
/// ever: those wait and ask, and everybody else concludes.
#[derive(Default)]
pub struct Churn {
    /// The bug that is planted.
    pub planted: Option<Bug>,
}

impl Churn {
    /// Its name.
    pub const NAME: &'static str = "faction-churn";
}

/// How many nodes do not know the last one.
const AVERSE: u32 = 2;

/// As many as the last node can count, itself included; one less than all members.
fn quorum(count: u32) -> usize {
    (count - AVERSE) as usize
}

/// Processes rather than links: what is lost is lost in crashes, or message by message.
const FAULTS: Faults = Faults { cut: false, ..Faults::ALL };

impl Scenario for Churn {
    type Machine = FactionNode;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        Churn::NAME
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        4..=6
    }

    fn machine(&self, node: NodeId, count: u32) -> FactionNode {
        let members = if node.0 < AVERSE { count - 1 } else { count };
        setup::node(setup::config(node, members, quorum(count)), self.planted)
    }

    fn settings(&self) -> Settings {
        setup::settings(FAULTS)
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
        let kinds = [Request::Probe, Request::CompleteLocalParticipation, Request::ExpireDeadline];
        setup::operators(&kinds, 16, count, dice, asked);
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
            ending::nobody_left_behind(),
            seen::straight_to_bootstrapped(),
            seen::latecomer(),
            seen::restart_while_collecting(),
            seen::restart_after_conclusion(),
            seen::stranger(),
            seen::gives_up_although_ready(),
            seen::gives_up_before_it_is_ready(),
        ]);
        properties
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        setup::facts(world, facts);
    }

    fn expected_facts(&self) -> Vec<String> {
        cells::expected(&[])
    }

    fn copies(&self) -> Option<Copies<Self>> {
        Some(Copies::cloned())
    }

    fn planted(&self) -> Option<&str> {
        self.planted.map(Bug::name)
    }
}
