//! The game in a world that loses nothing: the same work as everyone else's.

use std::ops::RangeInclusive;

use peers_harness::{NODES, Rules, Work, right};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Property, Scenario, Settings, World, ensure};

/// The base latency, and the 128 base latencies by which a message can be late.
const SLOWEST: u32 = 129;

struct Player {
    rules: Rules,
    received: u64,
}

impl Machine for Player {
    type Message = u64;
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Start => env.send(NodeId(right(env.node().index()) as u32), 0),
            Input::Message { from, message } => {
                self.received += 1;
                if let Some(answer) = self.rules.answer(message) {
                    env.send(from, answer);
                }
            }
            Input::Timer(()) | Input::Request { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        "Playing"
    }
}

struct Game {
    rules: Rules,
    faults: Faults,
}

impl Scenario for Game {
    type Machine = Player;
    type Ghost = ();

    fn name(&self) -> &str {
        "ping-pong"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        NODES as u32..=NODES as u32
    }

    fn machine(&self, _: NodeId, _: u32) -> Player {
        Player { rules: self.rules, received: 0 }
    }

    fn settings(&self) -> Settings {
        let latency = Settings::default().latency;
        // A fate is drawn for each message of the storm, so the game ends before the storm does,
        // even if each message is as late as a message can be.
        let message = if self.faults.delay { latency * SLOWEST } else { latency };
        Settings {
            latency,
            storm: message * self.rules.share as u32,
            calm: latency,
            max_events: u64::MAX,
            faults: self.faults.clone(),
            ..Settings::default()
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("no more than its share", |world: &World<'_, Self>, node| {
            let Player { rules, received } = world.machine(node);
            ensure(*received <= rules.share, || format!("{received} messages"))
        })]
    }
}

/// Every message takes the base latency; nothing is drawn.
pub fn without_faults(work: &Work) -> u64 {
    run(work, Faults::NONE)
}

/// It is drawn whether a message is late, and how late. As usual a seed draws the odds of that
/// first, which are zero at about every second seed.
pub fn with_delays(work: &Work) -> u64 {
    run(work, Faults { delay: true, ..Faults::NONE })
}

fn run(work: &Work, faults: Faults) -> u64 {
    let rules = work.rules();
    let game = Game { rules, faults };
    let mut world = World::new(&game);
    work.each_seed(|seed| {
        let outcome = world.search(seed);
        assert_eq!(outcome.failure, None, "the property holds");
        let received: Vec<_> = world.ids().map(|node| world.machine(node).received).collect();
        rules.delivered(&received)
    })
}
