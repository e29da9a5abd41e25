//! CPU time: what else the computer does meanwhile does not count.

use std::time::Duration;

use cpu_time::{ProcessTime, ThreadTime};

/// The CPU time that this thread spends on a piece of work.
pub fn time<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = ThreadTime::now();
    let result = work();
    (start.elapsed(), result)
}

/// The CPU time that all threads of the program spend on a piece of work.
pub fn time_of_all_threads<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = ProcessTime::now();
    let result = work();
    (start.elapsed(), result)
}
