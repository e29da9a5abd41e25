//! Crash loops: a node that stays down for good after a few quick starts.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, Time};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// So many starts in so short a time, and it is better to wait; with the bug, for ever.
const STARTS: usize = 6;
const TOGETHER: Duration = Duration::from_millis(500);

/// Writes down when it starts, and works.
#[derive(Default)]
struct Worker {
    planted: bool,
    starts: Vec<Time>,
    given_up: bool,
}

impl Machine for Worker {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, start: u64) {
        self.starts.push(Time::from_nanos(start));
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Start = input {
            self.starts.push(env.now());
            env.persist(env.now().as_nanos());
            let before = self.starts.iter().rev().nth(STARTS - 1);
            let loops = before.is_some_and(|before| env.now().since(*before) < TOGETHER);
            self.given_up = loops && self.planted;
            env.set_timer((), if loops { Duration::from_secs(1) } else { Duration::ZERO });
        }
    }

    fn state(&self) -> &'static str {
        "Working"
    }
}

#[test]
fn only_crash_loop_finds_a_node_that_stays_down_for_good_after_a_few_quick_starts() {
    only_finds("crash loop", 0..200, |faults, planted| {
        let worker = match planted {
            true => |_| Worker { planted: true, ..Worker::default() },
            false => |_| Worker::default(),
        };
        Plain::new("worker", 5, worker)
            .settings(Settings { faults, ..Settings::default() })
            .always("nobody gives up", |world, node| {
                ensure(!world.machine(node).given_up, || format!("node {node} does"))
            })
    });
}
