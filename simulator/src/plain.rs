use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::{Dice, Machine, NodeId, Time};

use crate::{
    Asked, Clients, Knob, Knobs, Property, Redundancy, Scenario, Settings, Verdict, World,
};

/// A scenario that is put together in place, for the common case: machines that are all alike,
/// the usual world, properties that need no memory. Anything else implements [`Scenario`].
pub struct Plain<M: Machine<Request: Serialize + DeserializeOwned + Eq>> {
    name: &'static str,
    nodes: RangeInclusive<u32>,
    machine: fn(NodeId) -> M,
    knobs: Vec<Knob>,
    tuned: Option<fn(NodeId, &Knobs) -> M>,
    ask: Option<Questions<M>>,
    clients: Option<(u32, Clients<M>)>,
    properties: Vec<Property<Self>>,
    settings: Settings,
    planes: &'static [&'static str],
    domains: fn(u32) -> Vec<Vec<NodeId>>,
    corrupt: Garbage<M>,
    core: Option<u32>,
    fingerprint: Option<fn(&M, Time) -> u64>,
    recoverable: fn(&World<'_, Self>) -> bool,
    tolerates: Vec<Redundancy>,
    describe: fn(&M) -> String,
}

/// How many requests clients make, and what draws each.
type Questions<M> = (u32, fn(&mut Dice) -> <M as Machine>::Request);

/// What arrives in place of a message.
type Garbage<M> = fn(&<M as Machine>::Message, u64) -> Option<<M as Machine>::Message>;

impl<M: Machine<Request: Serialize + DeserializeOwned + Eq>> Plain<M> {
    /// A cluster of so many nodes, each with a fresh machine.
    pub fn new(name: &'static str, nodes: u32, machine: fn(NodeId) -> M) -> Self {
        Plain {
            name,
            nodes: nodes..=nodes,
            machine,
            knobs: Vec::new(),
            tuned: None,
            ask: None,
            clients: None,
            properties: Vec::new(),
            settings: Settings::default(),
            planes: &[],
            domains: |_| Vec::new(),
            corrupt: |_, _| None,
            core: None,
            fingerprint: None,
            recoverable: |_| true,
            tolerates: Vec::new(),
            describe: |_| String::new(),
        }
    }

    /// Seeds vary these knobs, and `machine` builds the machines from them.
    #[must_use]
    pub fn tuned(self, knobs: impl Into<Vec<Knob>>, machine: fn(NodeId, &Knobs) -> M) -> Self {
        Plain { knobs: knobs.into(), tuned: Some(machine), ..self }
    }

    /// Clients ask so many requests, drawn by `request`, of any nodes at any times of the storm.
    #[must_use]
    pub fn ask(self, times: u32, request: fn(&mut Dice) -> M::Request) -> Self {
        Plain { ask: Some((times, request)), ..self }
    }

    /// What is asked is dealt out to so many clients that wait for answers; see
    /// [`Scenario::clients`].
    ///
    /// # Panics
    ///
    /// If there is no client.
    #[must_use]
    pub fn clients(self, count: u32, clients: Clients<M>) -> Self {
        assert!(count > 0, "there is at least one client");
        Plain { clients: Some((count, clients)), ..self }
    }

    /// Holds after every event; see [`Property::always`].
    #[must_use]
    pub fn always(
        self,
        name: &'static str,
        check: fn(&World<'_, Self>, NodeId) -> Verdict,
    ) -> Self {
        self.property(Property::always(name, check))
    }

    /// Holds at the end of the calm; see [`Property::finally`].
    #[must_use]
    pub fn finally(self, name: &'static str, check: fn(&World<'_, Self>) -> Verdict) -> Self {
        self.property(Property::finally(name, check))
    }

    /// Is seen in some seed; see [`Property::sometimes`].
    #[must_use]
    pub fn sometimes(
        self,
        name: &'static str,
        check: fn(&World<'_, Self>, NodeId) -> bool,
    ) -> Self {
        self.property(Property::sometimes(name, check))
    }

    /// Comes true within a time after the heal; see [`Property::eventually`].
    #[must_use]
    pub fn eventually(
        self,
        name: &'static str,
        within: Duration,
        check: fn(&World<'_, Self>) -> Verdict,
    ) -> Self {
        self.property(Property::eventually(name, within, check))
    }

    /// So many nodes must be enough in the calm; see [`Scenario::core`].
    #[must_use]
    pub fn core(self, size: u32) -> Self {
        Plain { core: Some(size), ..self }
    }

    /// Digests what a machine's future depends on; see [`Scenario::fingerprint`].
    #[must_use]
    pub fn fingerprint(self, fingerprint: fn(&M, Time) -> u64) -> Self {
        Plain { fingerprint: Some(fingerprint), ..self }
    }

    /// Tells the states that can be left from those that cannot by design; see
    /// [`Scenario::recoverable`].
    #[must_use]
    pub fn recoverable(self, recoverable: fn(&World<'_, Self>) -> bool) -> Self {
        Plain { recoverable, ..self }
    }

    /// Another world than the usual one.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Plain { settings, ..self }
    }

    /// The planes of the network that can fail alone; see [`Scenario::planes`].
    #[must_use]
    pub fn planes(self, planes: &'static [&'static str]) -> Self {
        Plain { planes, ..self }
    }

    /// The nodes that can fail together, of a cluster of so many; see [`Scenario::domains`].
    #[must_use]
    pub fn domains(self, domains: fn(u32) -> Vec<Vec<NodeId>>) -> Self {
        Plain { domains, ..self }
    }

    /// What arrives in place of a message that is corrupted; see [`Scenario::corrupt`].
    #[must_use]
    pub fn corrupt(self, corrupt: fn(&M::Message, u64) -> Option<M::Message>) -> Self {
        Plain { corrupt, ..self }
    }

    /// Of these nodes so many may lose durable data; see [`Scenario::tolerates`].
    #[must_use]
    pub fn tolerates(mut self, holders: &[NodeId], losable: u32) -> Self {
        self.tolerates.push(Redundancy { holders: holders.to_vec(), losable });
        self
    }

    /// What a machine is like, in a few words, for stories; see [`Scenario::describe`].
    #[must_use]
    pub fn describe(self, describe: fn(&M) -> String) -> Self {
        Plain { describe, ..self }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, property: Property<Self>) -> Self {
        self.properties.push(property);
        self
    }
}

impl<M: Machine<Request: Serialize + DeserializeOwned + Eq>> Scenario for Plain<M> {
    type Machine = M;
    type Ghost = ();

    fn name(&self) -> &str {
        self.name
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes.clone()
    }

    fn machine(&self, node: NodeId, _: u32) -> M {
        (self.machine)(node)
    }

    fn knobs(&self) -> Vec<Knob> {
        self.knobs.clone()
    }

    fn tuned_machine(&self, node: NodeId, _: u32, knobs: &Knobs) -> M {
        match self.tuned {
            Some(machine) => machine(node, knobs),
            None => (self.machine)(node),
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.clone()
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn clients(&self) -> Option<Clients<M>> {
        self.clients.map(|(_, clients)| clients)
    }

    fn planes(&self) -> &[&'static str] {
        self.planes
    }

    fn domains(&self, count: u32) -> Vec<Vec<NodeId>> {
        (self.domains)(count)
    }

    fn corrupt(&self, message: &M::Message, value: u64) -> Option<M::Message> {
        (self.corrupt)(message, value)
    }

    fn core(&self, _: u32) -> Option<u32> {
        self.core
    }

    fn fingerprint(&self, machine: &M, now: Time) -> Option<u64> {
        self.fingerprint.map(|fingerprint| fingerprint(machine, now))
    }

    fn recoverable(&self, world: &World<'_, Self>) -> bool {
        (self.recoverable)(world)
    }

    fn tolerates(&self, _: u32) -> Vec<Redundancy> {
        self.tolerates.clone()
    }

    fn describe(&self, machine: &M) -> String {
        (self.describe)(machine)
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<M::Request>>) {
        let Some((times, request)) = self.ask else { return };
        for _ in 0..times {
            let at = Duration::from_millis(dice.below(self.settings.storm.as_millis() as u64 + 1));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            let request = request(dice);
            let client = self.clients.map_or(0, |(count, _)| dice.below(u64::from(count)) as u32);
            asked.push(Asked { client, at, node, request });
        }
    }
}
