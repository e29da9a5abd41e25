//! A machine that is one function, and a scenario that is a list of what to ask of it.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, Env, Input, Machine, NodeId, Time};
use stormglass_simulator::{Asked, Failure, Faults, Property, Scenario, Settings, World};

/// What a tiny machine does with an input.
pub type Step = fn(&mut Tiny, Input<Tiny>, &mut Env<'_, Tiny>);

/// A machine with two numbers. Its records are the first of them.
pub struct Tiny {
    pub number: u64,
    pub other: u64,
    pub planted: bool,
    pub step: Step,
}

impl Machine for Tiny {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.number = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        (self.step)(self, input, env);
    }

    fn state(&self) -> &'static str {
        "Tiny"
    }
}

/// A cluster of tiny machines, and everything that is asked of it.
pub struct Case {
    pub step: Step,
    pub planted: bool,
    pub nodes: u32,
    /// How many requests there are, in the storm.
    pub asked: u64,
    pub settings: Settings,
    pub properties: Vec<Property<Case>>,
    /// Whether loops are looked for.
    pub fingerprints: bool,
    pub recoverable: fn(&World<'_, Case>) -> bool,
}

impl Case {
    /// Two machines in a world without faults that asks nothing of them.
    pub fn of(step: Step, planted: bool) -> Case {
        Case {
            step,
            planted,
            nodes: 2,
            asked: 0,
            settings: Settings { faults: Faults::NONE, ..Settings::default() },
            properties: Vec::new(),
            fingerprints: false,
            recoverable: |_| true,
        }
    }

    /// The same with these faults.
    pub fn under(self, faults: Faults) -> Case {
        Case { settings: Settings { faults, ..self.settings }, ..self }
    }

    /// The same with one more property.
    pub fn with(mut self, property: Property<Case>) -> Case {
        self.properties.push(property);
        self
    }

    /// The first failure within a hundred seeds. It must be the same in a recording and in the
    /// replay of the recording.
    pub fn failure(&self) -> Option<Failure> {
        let mut world = World::new(self);
        (0..100).find_map(|seed| {
            let outcome = world.search(seed);
            let recorded = world.record(seed);
            assert_eq!(recorded.outcome, outcome, "recorded, seed {seed} is another run");
            let replayed = world.replay(seed, &recorded.deviations, u64::MAX, &mut ());
            assert_eq!(replayed.outcome, outcome, "replayed, seed {seed} is another run");
            outcome.failure
        })
    }

    /// The name of the property that fails first.
    pub fn violated(&self) -> Option<String> {
        self.failure().map(|failure| failure.property)
    }
}

impl Scenario for Case {
    type Machine = Tiny;
    type Ghost = ();

    fn name(&self) -> &str {
        "case"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes..=self.nodes
    }

    fn machine(&self, _: NodeId, _: u32) -> Tiny {
        Tiny { number: 0, other: 0, planted: self.planted, step: self.step }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.clone()
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<u64>>) {
        let storm = self.settings.storm.as_millis() as u64;
        for request in 1..=self.asked {
            let at = Duration::from_millis(dice.below(storm));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request });
        }
    }

    fn recoverable(&self, world: &World<'_, Self>) -> bool {
        (self.recoverable)(world)
    }

    fn fingerprint(&self, machine: &Tiny, _: Time) -> Option<u64> {
        self.fingerprints.then_some(machine.number << 32 | machine.other)
    }
}

/// Only links are cut.
pub const CUTS: Faults = Faults { cut: true, ..Faults::NONE };
