//! The game under every family of faults, which the others do not have in this form: a storm of ten
//! seconds in which messages are late, lost and doubled, links cut, nodes crash, stand still, and
//! have wrong clocks; then ten seconds of calm.
//!
//! A game in which a message was lost has to be taken up again. So the opener of a game sends its
//! number again if it has not had an answer for a while, and answers each number once; the other
//! one answers whatever comes. A message that arrives twice starts no second game.

use std::ops::RangeInclusive;
use std::time::Duration;

use peers_harness::{NODES, Work, right};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Cluster, Event, Property, Scenario, World, ensure};

/// Ten times as long as a message and its answer take in the dull run.
const PATIENCE: Duration = Duration::from_millis(200);

struct Player {
    /// The last number sent in the game that this node has opened.
    sent: u64,
}

impl Player {
    fn send(&self, env: &mut Env<Self>) {
        env.send(NodeId(right(env.node().index()) as u32), self.sent);
        env.set_timer((), PATIENCE);
    }
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
            Input::Start | Input::Timer(()) => self.send(env),
            Input::Message { from, message } if from.index() == right(env.node().index()) => {
                if message == self.sent + 1 {
                    self.sent = message + 1;
                    self.send(env);
                }
            }
            Input::Message { from, message } => env.send(from, message + 1),
            Input::Request { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        "Playing"
    }
}

/// A storm and a calm of ten seconds each: the defaults.
struct Game;

impl Scenario for Game {
    type Machine = Player;
    /// How many messages the nodes have received; their own memory goes when they crash.
    type Ghost = u64;

    fn name(&self) -> &str {
        "ping-pong in a storm"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        NODES as u32..=NODES as u32
    }

    fn machine(&self, _: NodeId, _: u32) -> Player {
        Player { sent: 0 }
    }

    fn observe(&self, received: &mut u64, _: &Cluster<Player>, event: Event<'_, Player>) {
        if let Event::Input { input: Input::Message { .. }, .. } = event {
            *received += 1;
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("a number is a message", |world: &World<'_, Self>, node| {
            let sent = world.machine(node).sent;
            ensure(sent <= *world.ghost(), || format!("{sent} of {} messages", world.ghost()))
        })]
    }
}

/// As many seeds as it takes: how much gets through a storm differs.
pub fn run(work: &Work) -> u64 {
    let mut world = World::new(&Game);
    let mut delivered = 0;
    for seed in 0.. {
        if delivered >= work.total() {
            break;
        }
        let outcome = world.search(seed);
        assert_eq!(outcome.failure, None, "the property holds");
        delivered += *world.ghost();
    }
    delivered
}
