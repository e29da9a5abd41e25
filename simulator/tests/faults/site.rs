//! Sites: a batch whose tail is lost when it is sent before it is full.

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

const FULL: usize = 4;

/// Collects what it is asked, and sends it on in batches. With the bug, it sends full batches only,
/// also when there is none.
struct Collector {
    planted: bool,
    taken: usize,
    sent: usize,
    batch: Vec<u64>,
}

impl Collector {
    fn new(planted: bool) -> Self {
        Collector { planted, taken: 0, sent: 0, batch: Vec::new() }
    }

    fn send(&mut self, env: &mut Env<'_, Self>) {
        let size = if self.planted { FULL } else { self.batch.len() };
        for full in self.batch.chunks_exact(size) {
            env.send(NodeId(1), full.iter().sum());
            self.sent += full.len();
        }
        self.batch.clear();
    }
}

impl Machine for Collector {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Request { request, .. } = input {
            self.taken += 1;
            self.batch.push(request % 1_000);
            let full = self.batch.len() == FULL;
            if full || env.sometimes_here("a batch is sent before it is full") {
                self.send(env);
            }
        }
    }

    fn state(&self) -> &'static str {
        "Collecting"
    }
}

#[test]
fn only_a_site_finds_a_batch_whose_tail_is_lost() {
    only_finds("site", 0..200, |faults, planted| {
        let collector = match planted {
            true => |_| Collector::new(true),
            false => |_| Collector::new(false),
        };
        Plain::new("collector", 2, collector)
            .settings(Settings { faults, ..Settings::default() })
            .ask(20, |dice| dice.next_u64())
            .always("what is taken is in the batch or was sent", |world, node| {
                let Collector { taken, sent, batch, .. } = world.machine(node);
                ensure(*taken == sent + batch.len(), || {
                    format!("{taken} taken, {sent} sent, {} in the batch", batch.len())
                })
            })
    });
}
