//! Messages that arrive twice: a counter that counts a message twice.

use std::collections::BTreeSet;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// Two nodes. Who is asked tells the other, who counts; with the bug, whatever the number.
#[derive(Default)]
struct Counter {
    planted: bool,
    /// How many messages it has sent, which is durable before they are.
    sent: u64,
    heard: BTreeSet<u64>,
    counted: u64,
}

impl Machine for Counter {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, sent: u64) {
        self.sent = sent;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { .. } => {
                self.sent += 1;
                env.persist(self.sent);
                env.send(NodeId(1 - env.node().0), self.sent);
            }
            Input::Message { message, .. } if self.heard.insert(message) || self.planted => {
                self.counted += 1;
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Counting"
    }
}

#[test]
fn only_duplicate_finds_a_counter_that_counts_a_message_twice() {
    only_finds("duplicate", 0..200, |faults, planted| {
        let counter = match planted {
            true => |_| Counter { planted: true, ..Counter::default() },
            false => |_| Counter::default(),
        };
        Plain::new("counter", 2, counter)
            .settings(Settings { faults, ..Settings::default() })
            .ask(5, |_| 1)
            .always("nothing is counted that was not sent", |world, node| {
                let counted = world.machine(node).counted;
                let other = world.get(NodeId(1 - node.0));
                ensure(other.is_none_or(|other| counted <= other.sent), || format!("{counted}"))
            })
    });
}
