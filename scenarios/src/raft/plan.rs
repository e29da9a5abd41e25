//! One scenario of one group: a plan, and perhaps a planted bug.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_history::Bounds;
use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{Bug, Options};
use stormglass_simulator::{
    Asked, Clients, Cluster, Copies, Crash, Event, Facts, Property, Redundancy, Scenario, Settings,
    Verdict, World,
};

use super::findings::Judge;
use super::ghost::Ghost;
use super::host::{Ask, Node, Told};
use super::properties::{self, CALM};
use super::store::Store;
use super::{facts, look, model, recovery, workload};

/// How long faults strike.
pub const STORM: Duration = Duration::from_secs(4);
/// How long most clients wait for an answer.
pub const PATIENCE: Duration = Duration::from_millis(400);
/// What a message takes.
pub const LATENCY: Duration = Duration::from_millis(10);

/// What one of these worlds is like.
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// How many nodes there are.
    pub nodes: RangeInclusive<u32>,
    /// Bounds and faults.
    pub settings: fn() -> Settings,
    /// Makes a node of so many fit for this world.
    pub configure: fn(Options, u32) -> Options,
    /// What clients and operators ask.
    pub ask: fn(u32, &mut Dice, &mut Vec<Asked<Ask>>),
    /// How long a client waits for an answer before it asks again; `None`: clients do not wait, and
    /// ask for each thing once.
    pub patience: Option<Duration>,
    /// Which nodes an operator restarts.
    pub restarts: fn(u32, &mut Dice) -> Vec<Crash>,
    /// States that a campaign must reach.
    pub sometimes: fn() -> Vec<Property<Replicated>>,
    /// The clocks are within the bound that leases rest on.
    pub clocks_are_sound: bool,
    /// How many of so many nodes may lose what is on their disks.
    pub losable: fn(u32) -> u32,
    /// The bugs to be found here, each with the property that finds it.
    pub bugs: &'static [Bug],
}

/// A scenario.
pub struct Replicated {
    plan: &'static Plan,
    bug: Option<Bug>,
}

impl Replicated {
    /// This plan.
    pub fn new(plan: &'static Plan) -> Self {
        Replicated { plan, bug: None }
    }

    /// The same with a bug planted.
    #[must_use]
    pub fn with_bug(self, bug: Option<Bug>) -> Self {
        Replicated { bug, ..self }
    }

    /// What it is like.
    pub fn plan(&self) -> &'static Plan {
        self.plan
    }
}

/// Until when clients ask: some of it when the faults are over.
pub const ASKED: Duration = Duration::from_millis(6_500);

/// What all start from.
pub const PLAN: Plan = Plan {
    name: "",
    about: "",
    nodes: 3..=3,
    settings,
    configure,
    ask: |_, _, _| {},
    patience: Some(PATIENCE),
    restarts: |_, _| Vec::new(),
    sometimes: Vec::new,
    clocks_are_sound: true,
    losable: |_| 0,
    bugs: &[],
};

/// Every other node uses leases; the others confirm each read.
fn configure(options: Options, _: u32) -> Options {
    match options.node.0 % 2 {
        0 => options,
        _ => options.with_lease_duration(None),
    }
}

/// The settings that all start from.
pub fn settings() -> Settings {
    Settings { latency: LATENCY, storm: STORM, calm: CALM, ..Settings::default() }
}

fn linearizable(world: &World<'_, Replicated>) -> Verdict {
    let operation = |request: &Ask| model::operation(0, request);
    let result = |_: &Ask, response: &Told| model::result(response);
    world.linearizable(&model::Shelf, Bounds::default(), operation, result)
}

impl Scenario for Replicated {
    type Machine = Node;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        self.plan.name
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.plan.nodes.clone()
    }

    fn machine(&self, node: NodeId, count: u32) -> Node {
        let options = Options::new(node, (0..count).map(NodeId).collect());
        let options = (self.plan.configure)(options, count);
        let options = match self.bug {
            Some(bug) => options.with_bug(bug),
            None => options,
        };
        Node::new(options, Store::default())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = properties::all();
        if self.plan.clocks_are_sound {
            all.extend(properties::of_clocks());
            all.push(Property::finally(properties::name::LINEARIZABLE, linearizable));
        }
        all.extend((self.plan.sometimes)());
        all
    }

    fn settings(&self) -> Settings {
        (self.plan.settings)()
    }

    fn tolerates(&self, count: u32) -> Vec<Redundancy> {
        let holders = (0..count).map(NodeId).collect();
        match (self.plan.losable)(count) {
            0 => Vec::new(),
            losable => vec![Redundancy { holders, losable }],
        }
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
        (self.plan.ask)(count, dice, asked);
    }

    fn restarts(&self, count: u32, dice: &mut Dice) -> Vec<Crash> {
        (self.plan.restarts)(count, dice)
    }

    fn clients(&self) -> Option<Clients<Node>> {
        let reply = |_: &Ask, response: &Told| workload::reply(response);
        let clients = workload::clients(reply, workload::repeat, workload::stamp);
        self.plan.patience.map(|patience| clients.timeout(patience))
    }

    fn simpler(&self, request: &Ask) -> Vec<Ask> {
        workload::simpler(request)
    }

    fn observe(&self, ghost: &mut Ghost, cluster: &Cluster<Node>, event: Event<'_, Node>) {
        ghost.observe(cluster, event);
    }

    fn describe(&self, raft: &Node) -> String {
        look::describe(raft)
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        facts::count(world, facts);
        if !self.plan.clocks_are_sound {
            let found = |judge| world.ghost().findings().count(judge);
            facts.add("stale reads by lease", found(Judge::FreshRead));
            facts.add("two leases at once", found(Judge::LeaseExclusive));
        }
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
