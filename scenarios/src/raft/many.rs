//! Fifty groups on the same nodes, which share their disks, their timer for heartbeats, and what
//! they send to each other.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_history::Bounds;
use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{Bug, GroupId, MultiRaft, MultiRequest, Options, Response, UnknownGroup};
use stormglass_simulator::{
    Asked, Clients, Cluster, Copies, Event, Facts, Faults, Property, Reply, Scenario, Settings,
    Verdict, World,
};

use super::ghost::Ghost;
use super::host::Host as _;
use super::properties::{self, name};
use super::store::{Answer, Command, Query, Store};
use super::workload::{self, Workload};
use super::{facts, look, model, plan, recovery};

/// How many groups there are.
const GROUPS: u64 = 50;
/// Rare, for each is one for all of them.
const HEARTBEAT: Duration = Duration::from_millis(100);

type Machine = MultiRaft<Store>;
type Ask = MultiRequest<Command, Query>;
type Told = Result<Response<Answer>, UnknownGroup>;

/// Fifty groups on three to five nodes.
#[derive(Default)]
pub struct Many {
    bug: Option<Bug>,
}

impl Many {
    /// The name.
    pub const NAME: &'static str = "raft-many-groups";
    /// What it is about.
    pub const ABOUT: &'static str =
        "Fifty groups share their nodes, and do not disturb each other.";
    /// What can be planted.
    pub const BUGS: &'static [Bug] = &[Bug::GroupsMixedUp];

    /// The same with a bug planted.
    #[must_use]
    pub fn with_bug(self, bug: Option<Bug>) -> Self {
        Many { bug }
    }
}

fn linearizable(world: &World<'_, Many>) -> Verdict {
    let operation = |request: &Ask| model::operation(request.group.0, &request.request);
    let result = |_: &Ask, response: &Told| match response {
        Ok(response) => model::result(response),
        Err(UnknownGroup) => unreachable!("what is done was done by a group"),
    };
    world.linearizable(&model::Shelf, Bounds::default(), operation, result)
}

impl Scenario for Many {
    type Machine = Machine;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        Many::NAME
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=5
    }

    fn machine(&self, node: NodeId, count: u32) -> Machine {
        let options = Options {
            heartbeat_interval: HEARTBEAT,
            ..Options::new(node, (0..count).map(NodeId).collect())
        };
        let options = match self.bug {
            Some(bug) => options.with_bug(bug),
            None => options,
        };
        let groups = (0..GROUPS).map(|group| (GroupId(group), options.clone(), Store::default()));
        MultiRaft::new(groups)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = properties::of_neighbours();
        all.extend(properties::all());
        all.extend(properties::of_clocks());
        all.push(Property::finally(name::LINEARIZABLE, linearizable));
        all.push(Property::sometimes(
            "a node leads some groups and follows in others",
            |world, node| {
                let machine: &Machine = world.machine(node);
                let leads =
                    machine.groups().filter(|(_, raft)| raft.current_leader() == Some(node));
                (1..GROUPS as usize).contains(&leads.count())
            },
        ));
        all
    }

    fn settings(&self) -> Settings {
        let storm = plan::STORM / 2;
        Settings { storm, faults: Faults::ALL, ..plan::settings() }
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
        let mut of_one = Vec::new();
        Workload::new(count, dice, &mut of_one, plan::ASKED / 2).operations(6);
        // Each group knows all clients, for every client opens its sessions first.
        asked.extend(of_one.into_iter().map(|Asked { client, at, node, request }| {
            let group = GroupId(dice.below(4) * (GROUPS - 1) / 3);
            Asked { client, at, node, request: MultiRequest { group, request } }
        }));
    }

    fn clients(&self) -> Option<Clients<Machine>> {
        let reply = |_: &Ask, response: &Told| match response {
            Ok(response) => workload::reply(response),
            Err(UnknownGroup) => Reply::Failed,
        };
        let repeat = |request: &Ask| workload::repeat(&request.request);
        let stamp = |attempt, request: &Ask| MultiRequest {
            group: request.group,
            request: workload::stamp(attempt, &request.request),
        };
        Some(workload::clients(reply, repeat, stamp).timeout(plan::PATIENCE))
    }

    fn simpler(&self, request: &Ask) -> Vec<Ask> {
        let of_one = workload::simpler(&request.request).into_iter();
        of_one.map(|simpler| MultiRequest { group: request.group, request: simpler }).collect()
    }

    fn observe(&self, ghost: &mut Ghost, cluster: &Cluster<Machine>, event: Event<'_, Machine>) {
        ghost.observe(cluster, event);
    }

    fn describe(&self, machine: &Machine) -> String {
        look::describe_groups(machine.groups().map(|(group, raft)| (group.0, raft)))
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        facts::count(world, facts);
        let led = world.live().map(|(node, machine)| {
            let leads = |group: &usize| machine.raft(*group).current_leader() == Some(node);
            (0..GROUPS as usize).filter(leads).count() as u64
        });
        facts.add("most groups led by one node", led.max().unwrap_or(0));
    }

    fn core(&self, count: u32) -> Option<u32> {
        Some(count / 2 + 1)
    }

    fn recoverable(&self, world: &World<'_, Self>) -> bool {
        recovery::is_possible(world)
    }

    fn copies(&self) -> Option<Copies<Self>> {
        Some(Copies::cloned())
    }

    fn planted(&self) -> Option<&str> {
        self.bug.map(Bug::name)
    }
}
