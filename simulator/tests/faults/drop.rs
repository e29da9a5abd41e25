//! Lost messages: a sender that never sends again.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

use crate::only::only_finds;

/// Node 0 tells node 1 something, once a second until that is acknowledged; with the bug, once.
struct Teller {
    planted: bool,
    acknowledged: bool,
}

impl Machine for Teller {
    type Message = &'static str;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { from, message: "news" } => env.send(from, "thanks"),
            Input::Message { .. } => self.acknowledged = true,
            Input::Start | Input::Timer(()) if env.node() == NodeId(0) && !self.acknowledged => {
                env.send(NodeId(1), "news");
                if !self.planted {
                    env.set_timer((), Duration::from_secs(1));
                }
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Telling"
    }
}

#[test]
fn only_drop_finds_a_sender_that_never_sends_again() {
    only_finds("drop", 0..200, |faults, planted| {
        // A cut, corruption and any crash lose messages, too.
        let faults = Faults { cut: false, corrupt: false, ..faults };
        let faults = Faults { crash: false, blackout: false, crash_loop: false, ..faults };
        let teller = match planted {
            true => |_| Teller { planted: true, acknowledged: false },
            false => |_| Teller { planted: false, acknowledged: false },
        };
        Plain::new("teller", 2, teller)
            .settings(Settings { faults, ..Settings::default() })
            .finally("the news is acknowledged", |world| {
                match world.machine(NodeId(0)).acknowledged {
                    true => Ok(()),
                    false => Err(Violation::new("it is not")),
                }
            })
    });
}
