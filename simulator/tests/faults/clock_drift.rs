//! Clocks that run fast or slow: a lease without a margin for drift.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId, Time};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

const LEASE: Duration = Duration::from_secs(8);
/// By so much sooner a careful tenant leaves.
const MARGIN: Duration = Duration::from_millis(80);

/// Node 0 asks node 1 for a lease, and counts its time from the question. Node 1 counts it from the
/// answer, which is later, and then takes the place itself for a second.
#[derive(Default)]
struct Party {
    planted: bool,
    /// Of node 0: when its lease ends.
    until: Time,
    /// Of node 1: the place is its own.
    owns: bool,
}

impl Machine for Party {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let tenant = env.node() == NodeId(0);
        match input {
            Input::Message { message: asked, .. } if tenant => {
                let margin = if self.planted { Duration::ZERO } else { MARGIN };
                self.until = self.until.max(Time::from_nanos(asked) + (LEASE - margin));
            }
            Input::Message { from, message: asked } if !self.owns => {
                env.send(from, asked);
                env.set_timer((), LEASE);
            }
            Input::Start | Input::Timer(()) if tenant => {
                if env.now() >= self.until {
                    env.send(NodeId(1), env.now().as_nanos());
                }
                env.set_timer((), Duration::from_millis(500));
            }
            // It may have given a lease before it crashed.
            Input::Start => env.set_timer((), LEASE),
            Input::Timer(()) => {
                self.owns = !self.owns;
                env.set_timer((), if self.owns { Duration::from_secs(1) } else { LEASE });
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Dealing"
    }
}

#[test]
fn only_clock_drift_finds_a_lease_without_a_margin_for_drift() {
    only_finds("clock drift", 0..200, |faults, planted| {
        let party = match planted {
            true => |_| Party { planted: true, ..Party::default() },
            false => |_| Party::default(),
        };
        // In eight seconds, clocks drift apart by more than a message takes.
        let latency = Duration::from_millis(1);
        Plain::new("lease", 2, party)
            .settings(Settings { faults, latency, ..Settings::default() })
            .always("the place has one owner", |world, node| {
                let owner = node == NodeId(1) && world.machine(node).owns;
                let tenant = world.get(NodeId(0)).filter(|_| owner);
                let still = tenant.is_some_and(|tenant| world.clock(NodeId(0)) < tenant.until);
                ensure(!still, || format!("two at {}", world.now()))
            })
    });
}
