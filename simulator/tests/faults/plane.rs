//! Planes that fail alone: a peer whose heartbeats arrive and whose answers do not, given up.

use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};
use stormglass_simulator::{Faults, Plain, Settings, ensure};

use crate::only::only_finds;

#[derive(Clone, Debug, Hash)]
enum Message {
    Ping,
    Pong,
    Data(u64),
    Done(u64),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Ping => "Ping",
            Message::Pong => "Pong",
            Message::Data(_) => "Data",
            Message::Done(_) => "Done",
        }
    }

    fn plane(&self) -> &'static str {
        match self {
            Message::Ping | Message::Pong => "control",
            Message::Data(_) | Message::Done(_) => "data",
        }
    }
}

/// With the bug: so often something is not answered by a peer that is there, and it is given up.
const MOST_TRIES: u32 = 40;

/// Two nodes. Who is asked sends it to the other, ten times a second until that is answered.
#[derive(Default)]
struct Sender {
    planted: bool,
    data: Option<u64>,
    /// How often in a row the data was sent while the peer was there.
    tries: u32,
    seen: Time,
    given_up: bool,
}

impl Sender {
    fn tick(&mut self, env: &mut Env<'_, Self>) {
        let peer = NodeId(1 - env.node().0);
        env.send(peer, Message::Ping);
        env.set_timer((), Duration::from_millis(100));
        let Some(data) = self.data else { return };
        let there = env.now().since(self.seen) < Duration::from_secs(1);
        self.tries = if there { self.tries + 1 } else { 0 };
        self.given_up |= self.planted && self.tries > MOST_TRIES;
        env.send(peer, Message::Data(data));
    }
}

impl Machine for Sender {
    type Message = Message;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start | Input::Timer(()) => self.tick(env),
            Input::Request { request, .. } if self.data.is_none() => {
                (self.data, self.tries) = (Some(request), 0);
            }
            Input::Request { .. } => {}
            Input::Message { from, message } => match message {
                Message::Ping => env.send(from, Message::Pong),
                Message::Pong => self.seen = env.now(),
                Message::Data(data) => env.send(from, Message::Done(data)),
                Message::Done(data) => drop(self.data.take_if(|waits| *waits == data)),
            },
        }
    }

    fn state(&self) -> &'static str {
        "Sending"
    }
}

#[test]
fn only_plane_finds_a_peer_given_up_whose_heartbeats_arrive() {
    only_finds("plane", 0..200, |faults, planted| {
        // In a queue, the answer comes long after heartbeats of old.
        let faults = Faults { throttle: false, ..faults };
        let sender = match planted {
            true => |_| Sender { planted: true, ..Sender::default() },
            false => |_| Sender::default(),
        };
        Plain::new("sender", 2, sender)
            .settings(Settings { faults, storm: Duration::from_secs(30), ..Settings::default() })
            .planes(&["control", "data"])
            .ask(60, |dice| dice.below(1_000_000))
            .always("nobody is given up", |world, node| {
                ensure(!world.machine(node).given_up, || format!("node {node} gives up"))
            })
    });
}
