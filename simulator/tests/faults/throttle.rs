//! Links with little bandwidth: news taken for fresh because some has just come.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId, Time};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// News is fresh up to this age.
const FRESH: Duration = Duration::from_secs(2);
/// With the bug: as long as something has come within this time.
const QUIET: Duration = Duration::from_millis(400);

/// Node 1 asks again and again what is new, with the time of its own clock, and node 0 answers with
/// that time. So node 1 knows how old the answer is at most; with the bug it looks at when the last
/// answer came.
#[derive(Default)]
struct Reader {
    planted: bool,
    /// When the newest answer was asked for.
    asked: Time,
    came: Time,
    /// How often in a row it has taken for fresh what was not.
    mistaken: u32,
}

impl Machine for Reader {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let now = env.now();
        match input {
            Input::Message { from, message } if env.node() == NodeId(0) => env.send(from, message),
            Input::Message { message, .. } => {
                self.asked = self.asked.max(Time::from_nanos(message));
                self.came = now;
            }
            Input::Start | Input::Timer(()) if env.node() == NodeId(1) => {
                let stale = now.since(self.asked) > FRESH;
                let believed = if self.planted { now.since(self.came) <= QUIET } else { !stale };
                self.mistaken = if believed && stale { self.mistaken + 1 } else { 0 };
                env.send(NodeId(0), now.as_nanos());
                env.set_timer((), Duration::from_millis(50));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Reading"
    }
}

#[test]
fn only_throttle_finds_news_taken_for_fresh_because_some_has_just_come() {
    only_finds("throttle", 0..150, |faults, planted| {
        let reader = match planted {
            true => |_| Reader { planted: true, ..Reader::default() },
            false => |_| Reader::default(),
        };
        let storm = Duration::from_secs(30);
        Plain::new("reader", 2, reader)
            .settings(Settings { faults, storm, ..Settings::default() })
            .always("what is taken for fresh is", |world, node| {
                // A burst of old answers passes. What counts is a mistake that lasts for seconds.
                let mistaken = world.machine(node).mistaken;
                ensure(mistaken < 40, || format!("{mistaken} times it was not"))
            })
    });
}
