//! The smallest work a world can do: nodes that send a number back and forth.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Property, Scenario, Settings, World, ensure};

/// Answers each number with the next one, and begins with one for its right neighbour.
pub struct PingPong {
    count: u32,
    pub last: u64,
}

impl Machine for PingPong {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.last = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Message { from, message } => {
                self.last = self.last.max(message);
                env.send(from, message + 1);
            }
            // The timer brings the game back to life when messages are lost.
            Input::Start | Input::Timer(()) => {
                env.send(NodeId((env.node().0 + 1) % self.count), 0);
                env.set_timer((), Duration::from_secs(1));
            }
            Input::Request { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        "Playing"
    }
}

/// A storm and a calm of ten seconds each, with one property.
pub struct Game {
    pub faults: Faults,
    pub nodes: u32,
}

impl Scenario for Game {
    type Machine = PingPong;
    type Ghost = ();

    fn name(&self) -> &str {
        "ping-pong"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes..=self.nodes
    }

    fn machine(&self, _: NodeId, count: u32) -> PingPong {
        PingPong { count, last: 0 }
    }

    fn settings(&self) -> Settings {
        Settings { faults: self.faults.clone(), ..Settings::default() }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("numbers grow by one a step", |world: &World<'_, Self>, node| {
            let last = world.machine(node).last;
            ensure(last <= world.events(), || format!("{last} after {} events", world.events()))
        })]
    }
}
