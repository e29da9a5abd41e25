//! Failing flushes: one that is asked for again and believed.

use stormglass_simulator::Faults;

use crate::announcer::{Announcer, Habits, USUAL, announcers};
use crate::only::only_finds;

#[test]
fn only_failing_flush_finds_a_flush_that_is_asked_for_again_and_believed() {
    only_finds("failing flush", 0..600, |faults, planted| {
        // What is missing shows after a crash.
        let faults = Faults { crash: true, ..faults };
        announcers(
            faults,
            match planted {
                true => |_| Announcer::new(Habits { retries: true, ..USUAL }),
                false => |_| Announcer::new(USUAL),
            },
        )
    });
}
