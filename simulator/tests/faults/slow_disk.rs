//! Slow disks: one that is given up for good after a few slow flushes in a row.

use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};
use stormglass_simulator::{Plain, Settings, Violation};

use crate::only::only_finds;

/// Writes something down every 50 ms and sees how long it takes. After six slow flushes in a row
/// it takes its disk to be broken, until one is fast; with the bug, for good.
struct Gauge {
    planted: bool,
    begun: Time,
    slow_in_a_row: u32,
    broken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Timer {
    Write,
    Written,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Timer::Write => "Write",
            Timer::Written => "Written",
        }
    }
}

impl Machine for Gauge {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = Timer;
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Timer(Timer::Written) = input {
            let slow = env.now().since(self.begun) > Duration::from_millis(250);
            self.slow_in_a_row = if slow { self.slow_in_a_row + 1 } else { 0 };
            let broken = self.slow_in_a_row >= 6;
            self.broken = broken || self.broken && self.planted;
            env.set_timer(Timer::Write, Duration::from_millis(50));
        } else {
            self.begun = env.now();
            env.persist(());
            env.set_timer(Timer::Written, Duration::ZERO);
        }
    }

    fn state(&self) -> &'static str {
        if self.broken { "Broken" } else { "Writing" }
    }
}

#[test]
fn only_slow_disk_finds_a_disk_that_is_given_up_for_good() {
    only_finds("slow disk", 0..600, |faults, planted| {
        const fn gauge(planted: bool) -> Gauge {
            Gauge { planted, begun: Time::ZERO, slow_in_a_row: 0, broken: false }
        }
        let gauge: fn(NodeId) -> Gauge = match planted {
            true => |_| gauge(true),
            false => |_| gauge(false),
        };
        Plain::new("gauge", 1, gauge).settings(Settings { faults, ..Settings::default() }).finally(
            "the disk is trusted",
            |world| match world.machine(NodeId(0)).broken {
                true => Err(Violation::new("it is taken to be broken")),
                false => Ok(()),
            },
        )
    });
}
