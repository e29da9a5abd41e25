//! Records lost in a crash: one that is announced before it is flushed.

use stormglass_simulator::Faults;

use crate::announcer::{Announcer, Habits, USUAL, announcers};
use crate::only::only_finds;

#[test]
fn only_lose_unflushed_finds_a_record_that_is_announced_before_it_is_flushed() {
    only_finds("lose unflushed", 0..200, |faults, planted| {
        // Other ways to lose what is not flushed.
        let faults = Faults {
            crash: true,
            failing_flush: false,
            torn_record: false,
            full_disk: false,
            ..faults
        };
        announcers(
            faults,
            match planted {
                true => |_| Announcer::new(Habits { tells_early: true, ..USUAL }),
                false => |_| Announcer::new(USUAL),
            },
        )
    });
}
