use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::{Dice, Machine, NodeId, Time};

use crate::clock::MAX_DRIFT_PPM;
use crate::faults::Crash;
use crate::faults::LONGEST_DELAY;
use crate::span::LONGEST;
use crate::{
    Clients, Cluster, Copies, Event, Facts, Faults, Knob, Knobs, Property, Redundancy, World,
};

/// What the world is like and what must hold.
///
/// Only the first five items have to be given; everything else has a default that asks for
/// nothing.
pub trait Scenario: Sized + Sync {
    /// The machine on each node.
    type Machine: Machine<Request: Serialize + DeserializeOwned + Eq>;
    /// What the checkers remember of a run: counters, shadows, histories. `()` if nothing.
    type Ghost: Default;

    /// The name in lists, logs and reports.
    fn name(&self) -> &str;

    /// How many nodes a cluster has. A seed draws one of these; the fewest are the dullest.
    fn nodes(&self) -> RangeInclusive<u32>;

    /// A fresh machine for a node of a cluster of `count` nodes: what a process is before it has
    /// read its disk.
    fn machine(&self, node: NodeId, count: u32) -> Self::Machine;

    /// The tunables of the machines that seeds may set to other values. Read once for a world.
    fn knobs(&self) -> Vec<Knob> {
        Vec::new()
    }

    /// A fresh machine that is built from the knobs of this run. A scenario without knobs need not
    /// give it.
    fn tuned_machine(&self, node: NodeId, count: u32, _knobs: &Knobs) -> Self::Machine {
        self.machine(node, count)
    }

    /// The names of the sites at which the machines may be asked to misbehave, as far as a campaign
    /// should reach them: those that no seed came by are listed.
    fn sites(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What must hold.
    fn properties(&self) -> Vec<Property<Self>>;

    /// Latencies, phases, bounds, and which faults there are.
    fn settings(&self) -> Settings {
        Settings::default()
    }

    /// What a cluster of `count` nodes can lose without harm: faults that destroy durable data
    /// strike as many nodes as every redundancy allows, and no node that is in none. Nobody,
    /// unless the scenario says otherwise.
    fn tolerates(&self, _count: u32) -> Vec<Redundancy> {
        Vec::new()
    }

    /// What clients and operators ask in a run: pushes requests onto `asked`, in any order, for
    /// the nodes from 0 to `count` - 1, within a year.
    fn requests(
        &self,
        _count: u32,
        _dice: &mut Dice,
        _asked: &mut Vec<Asked<<Self::Machine as Machine>::Request>>,
    ) {
    }

    /// How clients behave that wait for answers. If given, each request is an operation of its
    /// client: the client begins it when it is due and its one before is over, asks the node that
    /// stands there first, follows redirects, asks again or gives up. What came of it stands in
    /// the [history](Cluster::history). Without, requests are simply made, and nobody waits.
    fn clients(&self) -> Option<Clients<Self::Machine>> {
        None
    }

    /// Restarts that an operator makes, be crashes among the faults or not: a rolling upgrade,
    /// say. Each is a crash like any other, at a time before the end of the storm, of nodes from 0
    /// to `count` - 1.
    fn restarts(&self, _count: u32, _dice: &mut Dice) -> Vec<Crash> {
        Vec::new()
    }

    /// The planes of the network that can fail alone, as [`Kind::plane`](stormglass_machine::Kind)
    /// names them.
    fn planes(&self) -> &[&'static str] {
        &[]
    }

    /// The nodes of a cluster of `count` that can fail together: racks, zones. Each list is in
    /// ascending order; a node may be in several, or in none. Asked once for each size.
    fn domains(&self, _count: u32) -> Vec<Vec<NodeId>> {
        Vec::new()
    }

    /// What arrives in place of a message that is corrupted on its way, made from a number that is
    /// drawn for it. By default nothing: a checksum of the network finds it out, and it is lost. A
    /// scenario for machines that must cope with garbage makes some.
    fn corrupt(
        &self,
        _message: &<Self::Machine as Machine>::Message,
        _value: u64,
    ) -> Option<<Self::Machine as Machine>::Message> {
        None
    }

    /// Simpler requests to try in place of one, boldest first. They must get simpler and simpler
    /// without end in a circle.
    fn simpler(
        &self,
        _request: &<Self::Machine as Machine>::Request,
    ) -> Vec<<Self::Machine as Machine>::Request> {
        Vec::new()
    }

    /// Feeds the ghost with what happens.
    fn observe(
        &self,
        _ghost: &mut Self::Ghost,
        _cluster: &Cluster<Self::Machine>,
        _event: Event<'_, Self::Machine>,
    ) {
    }

    /// Counts what a run showed, at its end.
    fn facts(&self, _world: &World<'_, Self>, _facts: &mut Facts) {}

    /// The names of facts each campaign should see at least once; those it did not are listed.
    fn expected_facts(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many nodes of a cluster of `count` must be enough for what has to come true in the calm,
    /// whichever they are: a majority, say. If given, in some seeds only so many or more
    /// heal at the end of the storm, and the others stay down or cut off for ever. What is asked
    /// of the calm is then to be asked of [`Cluster::core`] alone.
    fn core(&self, _count: u32) -> Option<u32> {
        None
    }

    /// False in a state that cannot be left by design, such as a cluster that has lost a majority
    /// of its disks. Asked at the heal, and when something did not come true that should have:
    /// such a run is not judged by what must hold in or after the calm, and campaigns count it.
    fn recoverable(&self, _world: &World<'_, Self>) -> bool {
        true
    }

    /// A digest of everything in a machine that its future depends on. If given, a run in which
    /// the whole cluster gets into a state in which it has been before, while something has
    /// not come true that must, is a proven livelock.
    ///
    /// `now` is the node's monotonic clock: a moment that the machine remembers belongs into the
    /// digest as the span from there to now, or back.
    fn fingerprint(&self, _machine: &Self::Machine, _now: Time) -> Option<u64> {
        None
    }

    /// What a machine is like at this moment, in a few words, for stories: `term 3, log [1, 2]`.
    /// Fields are separated by commas, as the standard library shows them, so that a story can
    /// tell which one has changed; what stands here is what counts as a change. Nothing, unless the
    /// scenario says otherwise.
    fn describe(&self, _machine: &Self::Machine) -> String {
        String::new()
    }

    /// How machines and what checkers remember are copied: `Some(Copies::cloned())` if they can be.
    /// Then runs that begin alike share their beginning when smaller logs are looked for.
    fn copies(&self) -> Option<Copies<Self>> {
        None
    }

    /// A parameter under which the scenario was built, if it is not the usual one: the planted
    /// bug. Stands in logs.
    fn planted(&self) -> Option<&str> {
        None
    }
}

/// A request that a client is going to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<R> {
    /// Which client.
    pub client: u32,
    /// When, since the start.
    pub at: Duration,
    /// Which node is asked.
    pub node: NodeId,
    /// What is asked.
    pub request: R,
}

/// How long things take, and which faults there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What a message takes in the dull run.
    pub latency: Duration,
    /// What a flush takes in the dull run.
    pub flush: Duration,
    /// How long faults may strike, from the start.
    pub storm: Duration,
    /// How long the world is dull afterwards, for what must come true in the end.
    pub calm: Duration,
    /// More events than this are a violation.
    pub max_events: u64,
    /// The families of faults that may strike.
    pub faults: Faults,
    /// How long a process that stopped by itself is down before it starts again.
    pub restart: Duration,
    /// Durable data may be destroyed beyond what the scenario [tolerates](Scenario::tolerates).
    /// Then only what must hold always is looked at, for what must come true may well not.
    pub beyond_tolerance: bool,
}

impl Default for Settings {
    /// 10 ms of latency, instant disks, a storm of 10 s, a calm of 10 s, at most a million
    /// events, all faults within what is tolerated, a second until a stopped process is back.
    fn default() -> Self {
        Settings {
            latency: Duration::from_millis(10),
            flush: Duration::ZERO,
            storm: Duration::from_secs(10),
            calm: Duration::from_secs(10),
            max_events: 1_000_000,
            faults: Faults::ALL,
            restart: Duration::from_secs(1),
            beyond_tolerance: false,
        }
    }
}

impl Settings {
    /// A log must be able to name whatever is drawn: spans up to a year, and clocks that run.
    pub(crate) fn assert_bounds(&self) {
        let Settings { latency, flush, storm, calm, restart, .. } = *self;
        let Faults { clock_offset, clock_step, .. } = self.faults;
        let delay = latency.saturating_mul(LONGEST_DELAY);
        let spans = [storm, calm, flush, restart, delay, clock_offset, clock_step];
        assert!(
            spans.into_iter().all(|span| span <= LONGEST),
            "a storm, a calm, a flush, a restart, {LONGEST_DELAY} latencies, a clock's offset and \
             its steps are each at most a year"
        );
        assert!(
            self.faults.clock_drift_ppm <= MAX_DRIFT_PPM.unsigned_abs(),
            "a clock drifts by at most {MAX_DRIFT_PPM} parts per million"
        );
        assert!(self.faults.loss_ppm <= 1_000_000, "at most a million messages in a million");
    }

    /// From start to end.
    pub fn whole(&self) -> Duration {
        self.storm + self.calm
    }
}
