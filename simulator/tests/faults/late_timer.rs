//! Late timers: two timers that are taken to fire in the order of their spans.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// Cooks when the one timer fires and serves when the other does, which is set for later; with the
/// bug, without looking whether it has cooked.
#[derive(Default)]
struct Cook {
    planted: bool,
    cooked: bool,
    served_raw: bool,
}

impl Machine for Cook {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = &'static str;
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Timer("cook") => self.cooked = true,
            Input::Timer(_) if !self.cooked && !self.planted => {
                env.set_timer("serve", Duration::from_millis(100));
            }
            Input::Start | Input::Timer(_) => {
                self.served_raw = matches!(input, Input::Timer(_)) && !self.cooked;
                self.cooked = false;
                env.set_timer("cook", Duration::from_millis(100));
                env.set_timer("serve", Duration::from_millis(200));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Cooking"
    }
}

#[test]
fn only_late_timer_finds_timers_that_are_taken_to_fire_in_the_order_of_their_spans() {
    only_finds("late timer", 0..200, |faults, planted| {
        let cook = match planted {
            true => |_| Cook { planted: true, ..Cook::default() },
            false => |_| Cook::default(),
        };
        Plain::new("cook", 2, cook).settings(Settings { faults, ..Settings::default() }).always(
            "nothing is served raw",
            |world, node| {
                ensure(!world.machine(node).served_raw, || format!("node {node} served it raw"))
            },
        )
    });
}
