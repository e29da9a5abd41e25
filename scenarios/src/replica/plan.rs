//! One scenario of the replica machine: a plan, a mode, and perhaps a planted bug.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_replica::{Bug, Config, Hardening, Replica, Request};
use stormglass_simulator::{
    Asked, Cluster, Copies, Event, Facts, Property, Scenario, Settings, World,
};

use super::oracle::Ghost;
use super::{asks, facts, properties};

/// The heartbeat interval of every node here: the shortest one that is allowed.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// What a message takes.
pub const LATENCY: Duration = Duration::from_millis(10);
/// How much later than the end of the faults something can still happen that they have delayed.
pub const LATEST: Duration = Duration::from_millis(1_280);
/// How long a quiet cluster takes to have one leader: ten intervals and ten latencies.
pub const SETTLED: Duration = Duration::from_millis(1_100);

/// What one of these worlds is like.
pub struct Plan {
    /// Its name, and that of the same world without hardening.
    pub names: [&'static str; 2],
    /// What it is about, with and without hardening.
    pub about: [&'static str; 2],
    /// How many nodes there are.
    pub nodes: RangeInclusive<u32>,
    /// Bounds and faults.
    pub settings: fn() -> Settings,
    /// Makes a node of so many fit for this world.
    pub configure: fn(Config, u32) -> Config,
    /// What clients and operators ask.
    pub ask: fn(u32, &mut Dice, &mut Vec<Asked<Request>>),
    /// States that a campaign must reach.
    pub sometimes: fn() -> Vec<Property<Replication>>,
    /// The bugs to be found here, each with the property that finds it.
    pub bugs: &'static [(Bug, &'static str)],
}

/// Are the machine's weaknesses mended?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every one is. Everything must hold.
    Hardened,
    /// None is. What the machine is known to get wrong is recognised, and counted.
    Faithful,
}

/// A scenario.
pub struct Replication {
    plan: &'static Plan,
    mode: Mode,
    bug: Option<Bug>,
    storm: Duration,
}

impl Replication {
    /// This plan in this mode.
    pub fn new(plan: &'static Plan, mode: Mode) -> Self {
        Replication { plan, mode, bug: None, storm: (plan.settings)().storm }
    }

    /// The same with a bug planted.
    #[must_use]
    pub fn with_bug(self, bug: Option<Bug>) -> Self {
        Replication { bug, ..self }
    }

    /// True if no weakness is mended.
    pub fn is_faithful(&self) -> bool {
        self.mode == Mode::Faithful
    }

    /// How long faults strike.
    pub fn storm(&self) -> Duration {
        self.storm
    }
}

impl Scenario for Replication {
    type Machine = Replica;
    type Ghost = Ghost;

    fn name(&self) -> &str {
        self.plan.names[usize::from(self.is_faithful())]
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.plan.nodes.clone()
    }

    fn machine(&self, node: NodeId, count: u32) -> Replica {
        let hardening = match self.mode {
            Mode::Hardened => Hardening::ALL,
            Mode::Faithful => Hardening::NONE,
        };
        let base = Config {
            heartbeat_interval: INTERVAL,
            tick_phase: INTERVAL * node.0 / count,
            select_after: Some(INTERVAL),
            bootstrap: node.0 == 0,
            hardening,
            ..Config::faithful(node, (0..count).map(NodeId).collect())
        };
        let config = (self.plan.configure)(base, count);
        Replica::new(match self.bug {
            Some(bug) => config.with_bug(bug),
            None => config,
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = properties::all(self.is_faithful());
        all.extend((self.plan.sometimes)());
        all
    }

    fn settings(&self) -> Settings {
        (self.plan.settings)()
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request>>) {
        (self.plan.ask)(count, dice, asked);
    }

    fn simpler(&self, request: &Request) -> Vec<Request> {
        asks::simpler(request)
    }

    fn observe(&self, ghost: &mut Ghost, cluster: &Cluster<Replica>, event: Event<'_, Replica>) {
        ghost.observe(cluster, event);
    }

    fn describe(&self, machine: &Replica) -> String {
        let (log, epoch) = (machine.log(), machine.epoch());
        let believes = machine.belief().map_or("nobody".to_owned(), |node| format!("node {node}"));
        let (first, next, durable) = (log.first_seq(), log.next_seq(), machine.durable_tail());
        let asked = machine.outstanding().tokens().len();
        format!(
            "believes in {believes}, epoch {epoch}, log {first}..{next}, durable up to {durable}, \
             {asked} unanswered"
        )
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        facts::count(world, facts);
    }

    fn expected_facts(&self) -> Vec<String> {
        facts::expected()
    }

    fn copies(&self) -> Option<Copies<Self>> {
        Some(Copies::cloned())
    }

    fn planted(&self) -> Option<&str> {
        self.bug.map(Bug::name)
    }
}
