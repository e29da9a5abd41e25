//! CPU time: what else the computer does meanwhile does not count.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time that this thread spends on a piece of work.
pub fn time<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    measured(ClockId::ThreadCPUTime, work)
}

/// The CPU time that all threads of the program spend on a piece of work.
pub fn time_of_all_threads<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    measured(ClockId::ProcessCPUTime, work)
}

fn measured<R>(clock: ClockId, work: impl FnOnce() -> R) -> (Duration, R) {
    let now = || {
        let time = clock_gettime(clock);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    let result = work();
    (now().saturating_sub(start), result)
}
