//! Lost answers: a server that does again what it has done.

use std::collections::BTreeSet;
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine};
use stormglass_simulator::{Clients, Faults, Plain, Reply, Settings, ensure};

use crate::only::{only_finds, without_other_crashes};

/// Counts requests, each of which has a number of its own, so that one that comes again is counted
/// once; with the bug, it is counted again.
#[derive(Default)]
struct Counter {
    planted: bool,
    seen: BTreeSet<u64>,
    count: usize,
}

impl Machine for Counter {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Request { id, request } = input {
            let is_new = self.seen.insert(request);
            self.count += usize::from(is_new || self.planted);
            env.respond(id, ());
        }
    }

    fn state(&self) -> &'static str {
        "Counting"
    }
}

/// Clients that give each operation a number, and ask again for it with the same.
fn clients() -> Clients<Counter> {
    Clients::new(|_, ()| Reply::Done)
        .repeat(|_| true)
        .stamp(|attempt, _| u64::from(attempt.client) << 32 | u64::from(attempt.nth))
        .timeout(Duration::from_secs(11))
}

#[test]
fn only_the_links_of_clients_find_a_server_that_does_again_what_it_has_done() {
    only_finds("client link", 0..200, |faults, planted| {
        // A process that ends, or stands still for too long, is asked again, too; here no pause is
        // as long as clients wait.
        let faults = Faults { crash: false, core: false, ..without_other_crashes(faults) };
        let counter = match planted {
            true => |_| Counter { planted: true, ..Counter::default() },
            false => |_| Counter::default(),
        };
        Plain::new("counter", 1, counter)
            .settings(Settings { faults, calm: Duration::from_secs(20), ..Settings::default() })
            .ask(8, |_| 0)
            .clients(2, clients())
            .always("each request is counted once", |world, node| {
                let Counter { seen, count, .. } = world.machine(node);
                ensure(*count == seen.len(), || format!("{count} of {}", seen.len()))
            })
    });
}
