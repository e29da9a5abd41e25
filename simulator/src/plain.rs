use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::{Dice, Machine, NodeId};

use crate::{Asked, Property, Scenario, Settings, Verdict, World};

/// A scenario that is put together in place, for the common case: machines that are all alike,
/// the usual world, properties that need no memory. Anything else implements [`Scenario`].
pub struct Plain<M: Machine<Request: Serialize + DeserializeOwned + Eq>> {
    name: &'static str,
    nodes: RangeInclusive<u32>,
    machine: fn(NodeId) -> M,
    ask: Option<Questions<M>>,
    properties: Vec<Property<Self>>,
    settings: Settings,
    planes: &'static [&'static str],
    domains: fn(u32) -> Vec<Vec<NodeId>>,
    corrupt: Garbage<M>,
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
            ask: None,
            properties: Vec::new(),
            settings: Settings::default(),
            planes: &[],
            domains: |_| Vec::new(),
            corrupt: |_, _| None,
        }
    }

    /// Clients ask so many requests, drawn by `request`, of any nodes at any times of the storm.
    #[must_use]
    pub fn ask(self, times: u32, request: fn(&mut Dice) -> M::Request) -> Self {
        Plain { ask: Some((times, request)), ..self }
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

    fn property(mut self, property: Property<Self>) -> Self {
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

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.clone()
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
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

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<M::Request>>) {
        let Some((times, request)) = self.ask else { return };
        for _ in 0..times {
            let at = Duration::from_millis(dice.below(self.settings.storm.as_millis() as u64 + 1));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request: request(dice) });
        }
    }
}
