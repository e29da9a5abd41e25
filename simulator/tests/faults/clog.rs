//! Clogged links: an order of a former leader that comes after those of its successor.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

/// Nodes 0 and 1 lead in turn, for a term of three seconds each, and give orders to node 2 in the
/// first second of theirs: so no order is late by so much that it meets the next term, as far as
/// single messages are late. Node 2 obeys the latest term; with the bug, whoever spoke last.
#[derive(Default)]
struct Soldier {
    planted: bool,
    term: u64,
    went_back: bool,
}

impl Machine for Soldier {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message: term, .. } if term > self.term || self.planted => {
                self.went_back = term < self.term;
                self.term = term;
            }
            Input::Start | Input::Timer(()) if env.node() != NodeId(2) => {
                let millis = env.now().as_nanos() / 1_000_000;
                let (term, passed) = (millis / 3_000, millis % 3_000);
                if passed < 1_000 && term % 2 == u64::from(env.node().0) {
                    env.send(NodeId(2), term);
                }
                env.set_timer((), Duration::from_millis(250));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Serving"
    }
}

#[test]
fn only_clog_finds_an_order_of_a_former_leader_that_comes_after_those_of_its_successor() {
    only_finds("clog", 0..200, |faults, planted| {
        let soldier = match planted {
            true => |_| Soldier { planted: true, ..Soldier::default() },
            false => |_| Soldier::default(),
        };
        Plain::new("soldier", 3, soldier)
            .settings(Settings { faults, ..Settings::default() })
            .always("nobody obeys a former leader", |world, node| {
                ensure(!world.machine(node).went_back, || format!("node {node} does"))
            })
    });
}
