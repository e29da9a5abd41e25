use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::{Dice, Machine, NodeId};

use crate::{Asked, Knob, Knobs, Property, Scenario, Settings, Verdict, World};

/// A scenario that is put together in place, for the common case: machines that are all alike,
/// the usual world, properties that need no memory. Anything else implements [`Scenario`].
pub struct Plain<M: Machine<Request: Serialize + DeserializeOwned + Eq>> {
    name: &'static str,
    nodes: RangeInclusive<u32>,
    machine: fn(NodeId) -> M,
    knobs: Vec<Knob>,
    tuned: Option<fn(NodeId, &Knobs) -> M>,
    ask: Option<Questions<M>>,
    properties: Vec<Property<Self>>,
    settings: Settings,
}

/// How many requests clients make, and what draws each.
type Questions<M> = (u32, fn(&mut Dice) -> <M as Machine>::Request);

impl<M: Machine<Request: Serialize + DeserializeOwned + Eq>> Plain<M> {
    /// A cluster of so many nodes, each with a fresh machine.
    pub fn new(name: &'static str, nodes: u32, machine: fn(NodeId) -> M) -> Self {
        let (properties, settings) = (Vec::new(), Settings::default());
        let (knobs, tuned, ask) = (Vec::new(), None, None);
        Plain { name, nodes: nodes..=nodes, machine, knobs, tuned, ask, properties, settings }
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

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<M::Request>>) {
        let Some((times, request)) = self.ask else { return };
        for _ in 0..times {
            let at = Duration::from_millis(dice.below(self.settings.storm.as_millis() as u64 + 1));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request: request(dice) });
        }
    }
}
