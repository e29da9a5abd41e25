//! Corrupted messages: a receiver that believes whatever it can read.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// A number with its remainder, by which a flipped bit is found out.
fn sealed(number: u64) -> u64 {
    (number << 8) | (number % 251)
}

/// Node 0 tells node 1 what its clock shows, sealed; with the bug, node 1 ignores the seal.
#[derive(Default)]
struct Listener {
    planted: bool,
    heard: u64,
}

impl Machine for Listener {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message, .. } => {
                let number = message >> 8;
                if self.planted || sealed(number) == message {
                    self.heard = number;
                }
            }
            Input::Start | Input::Timer(()) if env.node() == NodeId(0) => {
                env.send(NodeId(1), sealed(env.now().as_nanos()));
                env.set_timer((), Duration::from_millis(50));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Listening"
    }
}

#[test]
fn only_corrupt_finds_a_receiver_that_believes_whatever_it_can_read() {
    only_finds("corrupt", 0..200, |faults, planted| {
        let listener = match planted {
            true => |_| Listener { planted: true, ..Listener::default() },
            false => |_| Listener::default(),
        };
        Plain::new("listener", 2, listener)
            .settings(Settings { faults, ..Settings::default() })
            .corrupt(|message, value| Some(message ^ 1 << (value % 64)))
            .always("nothing is heard from the future", |world, node| {
                let (heard, now) = (world.machine(node).heard, world.clock(NodeId(0)).as_nanos());
                ensure(heard <= now, || format!("{heard} is heard at {now}"))
            })
    });
}
