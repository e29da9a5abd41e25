//! A node that counts and tells another what it has counted: the machine of several bugs.

use std::time::Duration;

use stormglass_machine::{AfterFlush, AfterGap, Env, FlushError, Gap, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

const PERIOD: Duration = Duration::from_millis(100);

/// Node 0 counts on ten times a second, writes it down, and tells node 1.
pub struct Announcer {
    habits: Habits,
    /// How many records node 0 has written.
    counted: u64,
    /// The highest number that node 1 has been told.
    told: u64,
}

/// What one announcer does and another does not.
#[derive(Clone, Copy)]
pub struct Habits {
    /// Tells before it flushes.
    pub tells_early: bool,
    /// Tries a failed flush again.
    pub retries: bool,
    /// Starts with a gap in its records, and with one at the end of them.
    pub passes_over: [bool; 2],
}

/// Without a bug.
pub const USUAL: Habits = Habits { tells_early: false, retries: false, passes_over: [false, true] };

impl Announcer {
    pub fn new(habits: Habits) -> Self {
        Announcer { habits, counted: 0, told: 0 }
    }
}

impl Machine for Announcer {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {
        self.counted += 1;
    }

    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        match self.habits.passes_over[usize::from(gap.at_end)] {
            true => AfterGap::Continue,
            false => AfterGap::Refuse,
        }
    }

    fn flush_failed(&mut self, _: FlushError) -> AfterFlush {
        if self.habits.retries { AfterFlush::Retry } else { AfterFlush::Stop }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message, .. } => self.told = self.told.max(message),
            Input::Start => env.set_timer((), PERIOD),
            Input::Timer(()) if env.node() == NodeId(0) => {
                self.counted += 1;
                env.write(self.counted);
                if self.habits.tells_early {
                    env.send(NodeId(1), self.counted);
                    env.flush();
                } else {
                    env.flush();
                    env.send(NodeId(1), self.counted);
                }
                env.set_timer((), PERIOD);
            }
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Counting"
    }
}

/// Two announcers whose disks take a while.
pub fn announcers(faults: Faults, announcer: fn(NodeId) -> Announcer) -> Plain<Announcer> {
    let flush = Duration::from_millis(20);
    Plain::new("announcers", 2, announcer)
        .settings(Settings { faults, flush, ..Settings::default() })
        .always("nobody is told what is forgotten", |world, _| {
            let counted = world.get(NodeId(0)).map_or(u64::MAX, |node| node.counted);
            let told = world.get(NodeId(1)).map_or(0, |node| node.told);
            match told <= counted {
                true => Ok(()),
                false => Err(Violation::new(format!("{told} was told, {counted} is known"))),
            }
        })
}
