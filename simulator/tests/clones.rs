//! Messages are moved from the sender to the receiver, and cloned only to arrive twice.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{
    Cluster, Event, Facts, Fate, Faults, Property, Scenario, Settings, World,
};

thread_local! {
    static CLONES: Cell<u64> = const { Cell::new(0) };
}

/// A message that knows how often any of its like was cloned.
#[derive(Debug, Hash)]
struct Counted;

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Counted
    }
}

impl Kind for Counted {
    fn kind(&self) -> &'static str {
        "Counted"
    }
}

/// Writes to everybody, and makes everything durable first: so messages wait for a disk, too.
struct Writer {
    count: u32,
}

impl Machine for Writer {
    type Message = Counted;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        if matches!(input, Input::Start | Input::Timer(())) {
            env.persist(0);
            (0..self.count).for_each(|to| env.send(NodeId(to), Counted));
            env.set_timer((), Duration::from_millis(100));
        }
    }

    fn state(&self) -> &'static str {
        "Writing"
    }
}

struct Writers(Faults);

/// How often a message was to arrive twice.
#[derive(Default)]
struct Doubled {
    count: u64,
    /// The message that is being sent is one of them.
    now: bool,
}

impl Scenario for Writers {
    type Machine = Writer;
    type Ghost = Doubled;

    fn name(&self) -> &str {
        "writers"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        5..=5
    }

    fn machine(&self, _: NodeId, count: u32) -> Writer {
        Writer { count }
    }

    fn settings(&self) -> Settings {
        let flush = Duration::from_millis(1);
        Settings { faults: self.0.clone(), flush, ..Settings::default() }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn observe(&self, ghost: &mut Doubled, _: &Cluster<Writer>, event: Event<'_, Writer>) {
        match event {
            Event::Fated { fate: Fate::Duplicated { .. }, .. } => {
                ghost.count += 1;
                ghost.now = true;
            }
            // It was lost before it could be doubled.
            Event::CutOff { .. } if ghost.now => {
                ghost.count -= 1;
                ghost.now = false;
            }
            _ => ghost.now = false,
        }
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        facts.add(DOUBLED, world.ghost().count);
    }
}

const DOUBLED: &str = "messages that arrive twice";

/// How many messages were cloned, and how many arrived twice, in a hundred seeds.
fn clones_and_doubles(faults: Faults) -> (u64, u64) {
    let writers = Writers(faults);
    let mut world = World::new(&writers);
    CLONES.set(0);
    for seed in 0..100 {
        assert_eq!(world.search(seed).failure, None, "seed {seed}");
    }
    (CLONES.get(), world.facts().get(DOUBLED).total)
}

#[test]
fn without_duplication_no_message_is_cloned() {
    assert_eq!(clones_and_doubles(Faults::NONE), (0, 0));
    assert_eq!(clones_and_doubles(Faults { duplicate: false, ..Faults::ALL }), (0, 0));
}

#[test]
fn a_message_is_cloned_once_for_each_time_it_arrives_twice() {
    let (clones, doubles) = clones_and_doubles(Faults::ALL);
    assert!(doubles > 1_000, "{doubles} doubles are few");
    assert_eq!(clones, doubles);
}
