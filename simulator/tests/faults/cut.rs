//! Links that are cut: a sender that gives up after a few dozen tries.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, ensure};

use crate::only::only_finds;

/// With the bug: more tries than anybody will ever need.
const MOST_TRIES: u32 = 30;

/// Two nodes. Who is asked tells the other, ten times a second until that is acknowledged.
#[derive(Default)]
struct Teller {
    planted: bool,
    /// What is not acknowledged yet.
    news: Option<u64>,
    tries: u32,
}

impl Teller {
    fn tell(&mut self, env: &mut Env<'_, Self>) {
        let Some(news) = self.news else { return };
        self.tries += 1;
        if self.tries <= MOST_TRIES || !self.planted {
            env.send(NodeId(1 - env.node().0), news);
            env.set_timer((), Duration::from_millis(100));
        }
    }
}

/// What an acknowledgement says beyond the news.
const ACKNOWLEDGED: u64 = 1 << 32;

impl Machine for Teller {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { request, .. } => {
                (self.news, self.tries) = (Some(request), 0);
                self.tell(env);
            }
            Input::Message { message, .. } if message >= ACKNOWLEDGED => {
                self.news.take_if(|news| *news + ACKNOWLEDGED == message);
            }
            Input::Message { from, message } => env.send(from, message + ACKNOWLEDGED),
            Input::Timer(()) => self.tell(env),
            Input::Start => {}
        }
    }

    fn state(&self) -> &'static str {
        "Telling"
    }
}

#[test]
fn only_cut_finds_a_sender_that_gives_up_after_a_few_dozen_tries() {
    only_finds("cut", 0..200, |faults, planted| {
        // A node that is down for long does not hear either.
        let faults = Faults { crash: false, blackout: false, crash_loop: false, ..faults };
        let teller = match planted {
            true => |_| Teller { planted: true, ..Teller::default() },
            false => |_| Teller::default(),
        };
        Plain::new("teller", 2, teller)
            .settings(Settings { faults, ..Settings::default() })
            .ask(4, |dice| dice.below(1_000_000))
            .finally("all news is acknowledged", |world| {
                let waits = world.live().find(|(_, teller)| teller.news.is_some());
                ensure(waits.is_none(), || format!("{:?}", waits.map(|(node, _)| node)))
            })
    });
}
