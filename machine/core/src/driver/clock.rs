//! The only place that reads the clocks of the operating system, and that waits for them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Time;

/// A node's two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock whose monotonic part counts from now.
    pub fn start() -> Clock {
        Clock { start: instant() }
    }

    /// The monotonic clock.
    pub fn now(&self) -> Time {
        Time::ZERO + instant().duration_since(self.start)
    }

    /// The wall clock: since the Unix epoch, or zero if it is set to a time before that.
    pub fn wall(&self) -> Time {
        Time::ZERO + system_time().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
    }
}

/// Stands still for so long.
#[expect(clippy::disallowed_methods, reason = "the driver runs in real time")]
pub fn wait(span: Duration) {
    std::thread::sleep(span);
}

#[expect(clippy::disallowed_methods, reason = "the driver runs in real time")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the driver runs in real time")]
fn system_time() -> SystemTime {
    SystemTime::now()
}
