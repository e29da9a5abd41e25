//! Crashes: a promise that is made before it is durable.

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::{only_finds, without_other_crashes};

/// Node 0 counts what it is asked, writes the count down, and then tells node 1; with the bug it
/// tells first.
#[derive(Default)]
struct Promiser {
    planted: bool,
    count: u64,
    promised: u64,
}

impl Machine for Promiser {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, count: u64) {
        self.count = count;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { .. } if env.node() == NodeId(0) => {
                self.count += 1;
                if self.planted {
                    env.send(NodeId(1), self.count);
                    env.persist(self.count);
                } else {
                    env.persist(self.count);
                    env.send(NodeId(1), self.count);
                }
            }
            Input::Message { message, .. } => self.promised = self.promised.max(message),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Promising"
    }
}

#[test]
fn only_crash_finds_a_promise_that_is_made_before_it_is_durable() {
    only_finds("crash", 0..200, |faults, planted| {
        let faults = without_other_crashes(faults);
        let promiser = match planted {
            true => |_| Promiser { planted: true, ..Promiser::default() },
            false => |_| Promiser::default(),
        };
        Plain::new("promiser", 2, promiser)
            .settings(Settings { faults, ..Settings::default() })
            .ask(20, |_| 1)
            .always("a promise is kept", |world, _| {
                let (Some(one), Some(other)) = (world.get(NodeId(0)), world.get(NodeId(1))) else {
                    return Ok(());
                };
                let (count, promised) = (one.count, other.promised);
                ensure(promised <= count, || format!("{promised} promised, {count} known"))
            })
    });
}
