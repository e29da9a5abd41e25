//! Nodes that stand still: a lease that is not looked at again after waking.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, Time};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// A request gives it a lease of two seconds, and half a second later it makes use of that, far
/// earlier than it must even if the timer is late; with the bug, without looking at the clock.
#[derive(Default)]
struct Tenant {
    planted: bool,
    until: Time,
    trespassed: bool,
}

impl Machine for Tenant {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { .. } => {
                self.until = env.now() + Duration::from_secs(2);
                env.set_timer((), Duration::from_millis(500));
            }
            Input::Timer(()) if self.planted || env.now() < self.until => {
                self.trespassed = env.now() >= self.until;
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Living"
    }
}

#[test]
fn only_pause_finds_a_lease_that_is_not_looked_at_again_after_waking() {
    only_finds("pause", 0..200, |faults, planted| {
        let tenant = match planted {
            true => |_| Tenant { planted: true, ..Tenant::default() },
            false => |_| Tenant::default(),
        };
        Plain::new("tenant", 1, tenant)
            .settings(Settings { faults, ..Settings::default() })
            .ask(8, |_| 1)
            .always("a lease is not used after its end", |world, node| {
                ensure(!world.machine(node).trespassed, || format!("used at {}", world.now()))
            })
    });
}
