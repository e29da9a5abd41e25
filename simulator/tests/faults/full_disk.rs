//! Full disks: a node that takes no writes for lack of room, and none when there is room again.

use std::time::Duration;

use stormglass_machine::{AfterFlush, Env, FlushError, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, Violation};

use crate::only::only_finds;

/// Writes something down ten times a second, unless the disk was full the last time. It waits for
/// room, and writes again once there is; with the bug, it never writes again.
struct Scribe {
    planted: bool,
    read_only: bool,
}

impl Machine for Scribe {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn flush_failed(&mut self, error: FlushError) -> AfterFlush {
        self.read_only = error == FlushError::Full;
        if self.read_only { AfterFlush::Retry } else { AfterFlush::Stop }
    }

    fn step(&mut self, _: Input<Self>, env: &mut Env<'_, Self>) {
        // It is not asked before what it waits for is written.
        self.read_only &= self.planted;
        if !self.read_only {
            env.persist(());
        }
        env.set_timer((), Duration::from_millis(100));
    }

    fn state(&self) -> &'static str {
        if self.read_only { "ReadOnly" } else { "Writing" }
    }
}

#[test]
fn only_full_disk_finds_a_node_that_takes_no_writes_when_there_is_room_again() {
    only_finds("full disk", 0..200, |faults, planted| {
        let scribe: fn(NodeId) -> Scribe = match planted {
            true => |_| Scribe { planted: true, read_only: false },
            false => |_| Scribe { planted: false, read_only: false },
        };
        Plain::new("scribe", 1, scribe)
            .settings(Settings { faults, ..Settings::default() })
            .finally("it writes", |world| match world.machine(NodeId(0)).read_only {
                true => Err(Violation::new("it takes no writes")),
                false => Ok(()),
            })
    });
}
