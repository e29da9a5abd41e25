use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_faction::{Bug, FactionNode, Request};
use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{
    Asked, Cluster, Copies, Event, Facts, Faults, Property, Scenario, Settings, World,
};

use super::ghost::Ghost;
use super::oracle::{self, cells, ending, seen};
use super::setup;

/// A cluster that has little time: in the end everybody has concluded, in one way or the other.
///
/// Everybody is needed, and the last node does not finish its own part by itself. In three of four
/// seeds an operator sees to it, in time or not; if nobody does, everybody times out.
#[derive(Default)]
pub struct Deadline {
    /// The bug that is planted.
    pub planted: Option<Bug>,
}

impl Deadline {
    /// Its name.
    pub const NAME: &'static str = "faction-deadline";
}

/// Half as long again as it takes if nothing goes wrong, and less than a retry takes: a node whose
/// first words were lost has heard nobody by then.
const DEADLINE: Duration = Duration::from_millis(450);

impl Scenario for Deadline {
    type Machine = FactionNode;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        Deadline::NAME
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=5
    }

    fn machine(&self, node: NodeId, count: u32) -> FactionNode {
        let mut config = setup::config(node, count, count as usize);
        config.deadline = Some(DEADLINE);
        if node.0 + 1 == count {
            config.collection_window = None;
        }
        setup::node(config, self.planted)
    }

    fn settings(&self) -> Settings {
        setup::settings(Faults::ALL)
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
        let kinds = [Request::Probe, Request::CompleteLocalParticipation, Request::ExpireDeadline];
        setup::operators(&kinds, 8, count, dice, asked);
        if dice.per_million(750_000) {
            let (node, request) = (NodeId(count - 1), Request::CompleteLocalParticipation);
            asked.push(Asked { client: 1, at: setup::moment(dice), node, request });
        }
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
            ending::all_conclude(),
            seen::restart_while_collecting(),
            seen::restart_after_conclusion(),
            seen::gives_up_although_ready(),
            seen::gives_up_before_it_is_ready(),
            seen::deadline_in_solitude(),
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
