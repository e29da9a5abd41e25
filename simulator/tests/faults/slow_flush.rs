//! Slow flushes: a watchdog that takes a slow disk for a process that is stuck.

use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

use crate::only::only_finds;

/// Writes something down ten times a second. A watchdog barks if that is not done for a second;
/// with the bug, it is wound up before the write and not after it.
struct Watched {
    planted: bool,
    barked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Timer {
    Write,
    Watchdog,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Timer::Write => "Write",
            Timer::Watchdog => "Watchdog",
        }
    }
}

impl Machine for Watched {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = Timer;
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Timer(Timer::Watchdog) = input {
            self.barked = true;
            return;
        }
        let second = Duration::from_secs(1);
        if self.planted {
            env.set_timer(Timer::Watchdog, second);
        }
        env.persist(());
        if !self.planted {
            env.set_timer(Timer::Watchdog, second);
        }
        env.set_timer(Timer::Write, Duration::from_millis(100));
    }

    fn state(&self) -> &'static str {
        "Writing"
    }
}

#[test]
fn only_slow_flush_finds_a_watchdog_that_takes_a_slow_disk_for_a_process_that_is_stuck() {
    only_finds("slow flush", 0..600, |faults, planted| {
        // A late timer is a reason to bark; a disk that is slow for a while has slow flushes.
        let faults = Faults { late_timer: false, slow_disk: false, ..faults };
        let watched: fn(NodeId) -> Watched = match planted {
            true => |_| Watched { planted: true, barked: false },
            false => |_| Watched { planted: false, barked: false },
        };
        Plain::new("watched", 1, watched)
            .settings(Settings { faults, ..Settings::default() })
            .always("the watchdog is quiet", |world, node| match world.machine(node).barked {
                true => Err(Violation::new("it barks at its own disk")),
                false => Ok(()),
            })
    });
}
