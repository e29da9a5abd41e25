//! Knobs: an outbox that is never full with its usual size.

use std::collections::VecDeque;
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Knob, Knobs, Plain, Settings, ensure};

use crate::only::only_finds;

/// Passes on what it is asked to, one item a second. With the bug, it accepts what no longer fits
/// and lets go of the oldest.
struct Outbox {
    planted: bool,
    size: usize,
    accepted: usize,
    delivered: usize,
    waiting: VecDeque<u64>,
}

impl Outbox {
    fn new(planted: bool, knobs: &Knobs) -> Self {
        let size = knobs.get("outbox size") as usize;
        Outbox { planted, size, accepted: 0, delivered: 0, waiting: VecDeque::new() }
    }

    fn accept(&mut self, item: u64) {
        if self.waiting.len() == self.size {
            if !self.planted {
                return;
            }
            self.waiting.pop_front();
        }
        self.accepted += 1;
        self.waiting.push_back(item);
    }
}

impl Machine for Outbox {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { request, .. } => self.accept(request),
            Input::Start | Input::Timer(()) => {
                if let Some(item) = self.waiting.pop_front() {
                    self.delivered += 1;
                    env.send(NodeId(1 - env.node().0), item);
                }
                env.set_timer((), Duration::from_secs(1));
            }
            Input::Message { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        "Passing on"
    }
}

#[test]
fn only_a_knob_finds_an_outbox_that_is_never_full_with_its_usual_size() {
    only_finds("knob", 0..200, |faults, planted| {
        let outbox = match planted {
            true => |_, knobs: &Knobs| Outbox::new(true, knobs),
            false => |_, knobs: &Knobs| Outbox::new(false, knobs),
        };
        Plain::new("outbox", 2, |_| unreachable!("every machine is tuned"))
            .tuned([Knob::one_of("outbox size", 64, [16, 4, 1])], outbox)
            .settings(Settings { faults, ..Settings::default() })
            .ask(20, |dice| dice.next_u64())
            .always("what is accepted waits or is delivered", |world, node| {
                let Outbox { accepted, delivered, waiting, .. } = world.machine(node);
                ensure(*accepted == delivered + waiting.len(), || {
                    format!("{accepted} accepted, {delivered} delivered, {} wait", waiting.len())
                })
            })
    });
}
