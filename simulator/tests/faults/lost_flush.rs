//! Lost flushes: a leader that never believes that a follower has less than it said.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

use crate::only::only_finds;

/// Node 0 sends the numbers from 1 to node 1, one after the other, ten times a second until each
/// is acknowledged. Node 1 writes down what follows its last and says what it has.
struct Shipper {
    planted: bool,
    /// What node 1 has; as node 0 believes, on node 0.
    has: u64,
}

impl Machine for Shipper {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.has = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message, .. } if env.node() == NodeId(0) => {
                let least = if self.planted { self.has } else { 0 };
                self.has = message.max(least);
            }
            Input::Message { from, message } => {
                if message == self.has + 1 {
                    self.has = message;
                    env.persist(message);
                }
                env.send(from, self.has);
            }
            Input::Start | Input::Timer(()) if env.node() == NodeId(0) => {
                env.send(NodeId(1), self.has + 1);
                env.set_timer((), Duration::from_millis(100));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Shipping"
    }
}

#[test]
fn only_lost_flush_finds_a_leader_that_never_believes_that_a_follower_has_less() {
    only_finds("lost flush", 0..600, |faults, planted| {
        // Other ways to lose what was durable. What is missing shows after a crash.
        let faults = Faults {
            crash: true,
            rotten_record: false,
            misdirected_write: false,
            replaced_disk: false,
            ..faults
        };
        let shipper: fn(NodeId) -> Shipper = match planted {
            true => |_| Shipper { planted: true, has: 0 },
            false => |_| Shipper { planted: false, has: 0 },
        };
        Plain::new("shipper", 2, shipper)
            .settings(Settings { faults, ..Settings::default() })
            .tolerates(&[NodeId(1)], 1)
            .finally("the numbers arrive", |world| {
                // In the calm alone there is time for a hundred.
                let has = world.machine(NodeId(1)).has;
                match has >= 50 {
                    true => Ok(()),
                    false => Err(Violation::new(format!("node 1 has {has} of them"))),
                }
            })
    });
}
