//! Wall clocks that are set: a wall clock that is taken to go forward only.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// Gives out numbers that grow: what the wall clock shows, but more than the last; with the bug,
/// just what the clock shows.
#[derive(Default)]
struct Numberer {
    planted: bool,
    last: u64,
    went_back: bool,
}

impl Machine for Numberer {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Start | Input::Timer(()) = input {
            let wall = env.wall().as_nanos();
            let number = if self.planted { wall } else { wall.max(self.last + 1) };
            self.went_back = number <= self.last;
            self.last = number;
            env.set_timer((), Duration::from_millis(100));
        }
    }

    fn state(&self) -> &'static str {
        "Numbering"
    }
}

#[test]
fn only_clock_step_finds_a_wall_clock_that_is_taken_to_go_forward_only() {
    only_finds("clock step", 0..200, |faults, planted| {
        let numberer = match planted {
            true => |_| Numberer { planted: true, ..Numberer::default() },
            false => |_| Numberer::default(),
        };
        Plain::new("numberer", 2, numberer)
            .settings(Settings { faults, ..Settings::default() })
            .always("numbers grow", |world, node| {
                ensure(!world.machine(node).went_back, || format!("those of node {node} do not"))
            })
    });
}
