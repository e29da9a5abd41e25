//! The floor would be too low if it had less to move than a world.

#[path = "../../simulator/tests/ping_pong/mod.rs"]
mod ping_pong;

use std::time::Duration;

use allocation_counter::measure;
use ping_pong::Game;
use stormglass_bench::{Delays, STRUCTURES};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Scenario, Settings, World};

type PingPong = <Game as Scenario>::Machine;

/// Sends messages like those of ping-pong, one a millisecond.
struct Sender;

impl Machine for Sender {
    type Message = <PingPong as Machine>::Message;
    type Request = <PingPong as Machine>::Request;
    type Response = <PingPong as Machine>::Response;
    type Timer = <PingPong as Machine>::Timer;
    type Record = <PingPong as Machine>::Record;

    fn restore(&mut self, _: Self::Record) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        if matches!(input, Input::Start | Input::Timer(())) {
            env.send(NodeId(0), 0);
            env.set_timer((), Duration::from_millis(1));
        }
    }

    fn state(&self) -> &'static str {
        "Sending"
    }
}

/// What a world keeps that has had so many messages in flight at a time.
fn bytes_of_a_world(messages: u32) -> i64 {
    let settings = Settings {
        latency: Duration::from_secs(1_000),
        storm: Duration::ZERO,
        calm: Duration::from_millis(messages.into()),
        faults: Faults::NONE,
        ..Settings::default()
    };
    let sender = Plain::new("sender", 1, |_| Sender).settings(settings);
    let mut world = None;
    let info = measure(|| {
        let outcome = world.insert(World::new(&sender)).search(0);
        assert_eq!(outcome.failure, None);
        assert!(outcome.events >= messages.into());
    });
    info.bytes_current
}

/// What the agenda of the simulator keeps with so many of the floor's events on it.
fn bytes_of_an_agenda(events: usize) -> i64 {
    let mut hold = None;
    let info = measure(|| hold = Some((STRUCTURES[0].hold)(Delays::Constant, events)));
    info.bytes_current
}

#[test]
fn an_event_of_the_floor_is_as_large_as_one_of_ping_pong() {
    let (few, many) = (20_000, 40_000);
    // What the first world of a process makes for all of them does not count.
    bytes_of_a_world(1);
    let world = bytes_of_a_world(many) - bytes_of_a_world(few);
    let floor = bytes_of_an_agenda(many as usize) - bytes_of_an_agenda(few as usize);
    assert!(floor > i64::from(many - few) * 16, "{floor} bytes are too few for so many events");
    assert_eq!(world, floor);
}
