//! Records that go bad: a gap that is passed over.

use stormglass_machine::NodeId;
use stormglass_simulator::Faults;

use crate::announcer::{Announcer, Habits, USUAL, announcers};
use crate::only::only_finds;

#[test]
fn only_rotten_record_finds_a_gap_that_is_passed_over() {
    only_finds("rotten record", 0..200, |faults, planted| {
        // Other ways to lose what was durable. A record that is missed is missed after a crash.
        let faults = Faults {
            crash: true,
            lost_flush: false,
            misdirected_write: false,
            replaced_disk: false,
            ..faults
        };
        // A machine that cannot do without its last record refuses torn ones, too.
        announcers(
            faults,
            match planted {
                true => |_| Announcer::new(Habits { passes_over: [true, false], ..USUAL }),
                false => |_| Announcer::new(Habits { passes_over: [false, false], ..USUAL }),
            },
        )
        .tolerates(&[NodeId(0)], 1)
    });
}
