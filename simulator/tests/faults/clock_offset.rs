//! Wall clocks that are ahead or behind: time stamps of two nodes that are compared.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, ensure};

use crate::only::only_finds;

/// A register on two nodes, in which the write with the latest stamp wins. A stamp is what the wall
/// clock shows, but later than any that is known; with the bug, just what the clock shows.
#[derive(Default)]
struct Register {
    planted: bool,
    latest: u64,
    lost: bool,
}

impl Machine for Register {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message, .. } => self.latest = self.latest.max(message),
            Input::Request { .. } => {
                let wall = env.wall().as_nanos();
                let stamp = if self.planted { wall } else { wall.max(self.latest + 1) };
                self.lost |= stamp < self.latest;
                self.latest = self.latest.max(stamp);
                env.send(NodeId(1 - env.node().0), self.latest);
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Keeping"
    }
}

#[test]
fn only_clock_offset_finds_time_stamps_of_two_nodes_that_are_compared() {
    only_finds("clock offset", 0..200, |faults, planted| {
        // A clock that is set is ahead or behind, too.
        let faults = Faults { clock_step: Duration::ZERO, ..faults };
        let register = match planted {
            true => |_| Register { planted: true, ..Register::default() },
            false => |_| Register::default(),
        };
        Plain::new("register", 2, register)
            .settings(Settings { faults, ..Settings::default() })
            .ask(30, |_| 1)
            .always("a write replaces what its node has seen", |world, node| {
                ensure(!world.machine(node).lost, || format!("that of node {node} is lost"))
            })
    });
}
