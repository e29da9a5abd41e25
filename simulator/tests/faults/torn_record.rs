//! Torn records: one that is taken for damage.

use stormglass_machine::NodeId;
use stormglass_simulator::{Faults, Violation};

use crate::announcer::{Announcer, Habits, USUAL, announcers};
use crate::only::only_finds;

#[test]
fn only_torn_record_finds_a_torn_record_that_is_taken_for_damage() {
    only_finds("torn record", 0..600, |faults, planted| {
        let faults = Faults { crash: true, ..faults };
        let announcer: fn(NodeId) -> Announcer = match planted {
            true => |_| Announcer::new(Habits { passes_over: [false, false], ..USUAL }),
            false => |_| Announcer::new(USUAL),
        };
        announcers(faults, announcer).finally("every node starts again", |world| {
            match world.ids().find(|node| world.refused(*node)) {
                Some(node) => Err(Violation::new(format!("node {node} refuses its disk"))),
                None => Ok(()),
            }
        })
    });
}
