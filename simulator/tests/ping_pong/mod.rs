//! The smallest work a world can do: nodes that send a number back and forth.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Property, Scenario, Settings, World, ensure};

/// Serves a ball to its right neighbour, and returns with the next number whatever ball it has not
/// returned yet: so there is one ball between two neighbours, whatever is lost, late or duplicated.
pub struct PingPong {
    count: u32,
    /// The next number of the game that it serves: what it has served is even.
    served: u64,
    /// The next number of the game that its left neighbour serves.
    returned: u64,
    /// The game it serves has not moved since its timer fired.
    idle: bool,
}

impl PingPong {
    /// A player among so many.
    pub fn new(count: u32) -> Self {
        PingPong { count, served: 0, returned: 0, idle: true }
    }

    /// How often the ball has been hit in the longer of its games.
    pub fn hits(&self) -> u64 {
        u64::from(self.served as u32).max(u64::from(self.returned as u32))
    }
}

impl Machine for PingPong {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Message { from, message } => {
                let mine = message % 2 == 1;
                let next = if mine { &mut self.served } else { &mut self.returned };
                if message >= *next {
                    *next = message + 1;
                    self.idle &= !mine;
                    env.send(from, message + 1);
                }
            }
            Input::Start | Input::Timer(()) => {
                if self.idle {
                    // A new game, whose numbers are larger than those of any earlier one.
                    self.served = (env.now().as_nanos() / 1_000_000_000) << 32;
                    env.send(NodeId((env.node().0 + 1) % self.count), self.served);
                }
                self.idle = true;
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
        PingPong::new(count)
    }

    fn settings(&self) -> Settings {
        Settings { faults: self.faults.clone(), ..Settings::default() }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("a ball is hit once an event", |world: &World<'_, Self>, node| {
            let hits = world.machine(node).hits();
            ensure(hits <= world.events(), || format!("{hits} in {} events", world.events()))
        })]
    }
}
