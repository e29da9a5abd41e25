use core::time::Duration;

use crate::Planted;

/// How a worker and the systems outside behave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// So many inputs of clients wait at most; who asks when they do is told to come back.
    pub queue: usize,
    /// So many actions are under way at most; others wait for them.
    pub window: usize,
    /// So many clients are remembered at most; inputs of others are not taken.
    pub sessions: usize,
    /// An action that is not answered for so long is asked for again. Doubles each time.
    pub answer_timeout: Duration,
    /// Neither a wait for an answer nor one for the store is ever longer.
    pub longest_backoff: Duration,
    /// What a slow read of the store takes, and the first wait after a conflict.
    pub store_latency: Duration,
    /// A transition that waits for so long is taken over by another worker.
    pub patience: Duration,
    /// How late the late answers of a system outside are.
    pub lateness: Duration,
    /// The bug that is planted.
    pub planted: Planted,
}

impl Default for Config {
    /// A queue of 16, a window of 8, 64 sessions; half a second until an action is asked for again,
    /// at most 2 s of waiting; 20 ms for the store and 200 ms of patience with it; answers that are a
    /// second late; no bug.
    fn default() -> Self {
        Config {
            queue: 16,
            window: 8,
            sessions: 64,
            answer_timeout: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(2),
            store_latency: Duration::from_millis(20),
            patience: Duration::from_millis(200),
            lateness: Duration::from_secs(1),
            planted: Planted::default(),
        }
    }
}

impl Config {
    /// How long to wait after so many tries.
    pub(crate) fn backoff(&self, first: Duration, tries: u32) -> Duration {
        first.saturating_mul(1 << tries.min(16)).min(self.longest_backoff)
    }
}
