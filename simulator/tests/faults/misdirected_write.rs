//! Misdirected writes: two copies that stand side by side, and are taken to fail one by one.

use std::time::Duration;

use stormglass_machine::{AfterGap, Env, Gap, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

use crate::only::only_finds;

/// Node 0 counts on ten times a second, writes each number down twice, and tells node 1. It starts
/// again if the disk has lost one copy; with the bug, it takes every gap for such a copy.
struct Twins {
    planted: bool,
    last: u64,
    counted: u64,
    told: u64,
}

impl Machine for Twins {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.counted += u64::from(record > self.last);
        self.last = record;
    }

    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        match gap.records == 1 || self.planted {
            true => AfterGap::Continue,
            false => AfterGap::Refuse,
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message, .. } => self.told = self.told.max(message),
            Input::Start | Input::Timer(()) if env.node() == NodeId(0) => {
                self.counted += 1;
                self.last = self.counted;
                env.write(self.counted);
                env.persist(self.counted);
                env.send(NodeId(1), self.counted);
                env.set_timer((), Duration::from_millis(100));
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Counting"
    }
}

#[test]
fn only_misdirected_write_finds_two_copies_that_stand_side_by_side() {
    only_finds("misdirected write", 0..400, |faults, planted| {
        // Other ways to lose what was durable. A record that is missed is missed after a crash.
        let faults = Faults {
            crash: true,
            lost_flush: false,
            rotten_record: false,
            replaced_disk: false,
            ..faults
        };
        let twins: fn(NodeId) -> Twins = match planted {
            true => |_| Twins { planted: true, last: 0, counted: 0, told: 0 },
            false => |_| Twins { planted: false, last: 0, counted: 0, told: 0 },
        };
        Plain::new("twins", 2, twins)
            .settings(Settings { faults, ..Settings::default() })
            .tolerates(&[NodeId(0)], 1)
            .always("nobody is told what is forgotten", |world, _| {
                let counted = world.get(NodeId(0)).map_or(u64::MAX, |node| node.counted);
                let told = world.get(NodeId(1)).map_or(0, |node| node.told);
                match told <= counted {
                    true => Ok(()),
                    false => Err(Violation::new(format!("{told} was told, {counted} is known"))),
                }
            })
    });
}
