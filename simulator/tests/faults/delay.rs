//! Late messages: a register that takes whatever came last for the newest.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, ensure};

use crate::only::only_finds;

/// Node 0 sends what its clock shows to node 1, which keeps the newest; with the bug, the last.
#[derive(Default)]
struct Register {
    planted: bool,
    newest: u64,
    went_back: bool,
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
            Input::Message { message, .. } if message > self.newest || self.planted => {
                self.went_back = message < self.newest;
                self.newest = message;
            }
            Input::Start | Input::Timer(()) if env.node() == NodeId(0) => {
                env.send(NodeId(1), env.now().as_nanos());
                env.set_timer((), Duration::from_millis(50));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Keeping"
    }
}

#[test]
fn only_delay_finds_a_register_that_takes_whatever_came_last_for_the_newest() {
    only_finds("delay", 0..200, |faults, planted| {
        // The copy of a message comes late, too.
        let faults = Faults { duplicate: false, ..faults };
        let register = match planted {
            true => |_| Register { planted: true, ..Register::default() },
            false => |_| Register::default(),
        };
        Plain::new("register", 2, register)
            .settings(Settings { faults, ..Settings::default() })
            .always("the register never goes back", |world, node| {
                ensure(!world.machine(node).went_back, || format!("node {node} went back"))
            })
    });
}
