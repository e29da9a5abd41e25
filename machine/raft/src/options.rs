//! What a node is told about itself, its group and its world.

use alloc::vec::Vec;
use core::ops::RangeInclusive;
use core::time::Duration;

use stormglass_machine::NodeId;

use crate::Planted;
#[cfg(feature = "planted-bugs")]
use crate::bug::Bug;

/// The options of one node. Those that say how the replicated state comes about
/// (`initial_voters`, `session_limit`) must be equal on all nodes of a group.
#[derive(Clone, Debug)]
pub struct Options {
    /// The node.
    pub node: NodeId,
    /// The voters that the group began with. A node that joins later may be given the same, or
    /// none: what it does not stand in, it does not vote by.
    pub initial_voters: Vec<NodeId>,
    /// How long a follower waits for a leader: each time as long as the dice say. The shorter
    /// bound is also how long a node that has heard a leader votes for nobody else.
    pub election_timeout: RangeInclusive<Duration>,
    /// The time between two rounds of a leader.
    pub heartbeat_interval: Duration,
    /// Ask before standing for election, so that a node that cannot win begins no term.
    pub pre_vote: bool,
    /// Whether a leader answers reads by its lease, and for how long after the start of a round
    /// that a quorum has confirmed. `None`: each read is confirmed by a round.
    pub lease_duration: Option<Duration>,
    /// By how many parts in a million a clock may run fast or slow. Leases rest on it.
    pub clock_drift_per_million: u32,
    /// Whether a follower asks the leader for the index and answers reads itself.
    pub follower_reads: bool,
    /// A snapshot is taken when so many entries have been applied since the last.
    pub snapshot_threshold: u64,
    /// How many entries before a snapshot stay in the log for followers that are a little behind.
    pub trailing_entries: u64,
    /// How many bytes of a snapshot go into one message.
    pub snapshot_chunk_bytes: usize,
    /// How many entries go into one message.
    pub entries_per_message: usize,
    /// How many bytes of commands go into one message; a larger command goes alone.
    pub bytes_per_message: usize,
    /// How many messages with entries may be on their way to one follower.
    pub in_flight_messages: usize,
    /// How many bytes of commands may be on their way to one follower; a larger message goes alone.
    pub in_flight_bytes: usize,
    /// How long a proposal may wait for others to share its write and its messages. Zero: none
    /// waits.
    pub batch_delay: Duration,
    /// How many proposals wait at most before they are appended together.
    pub batch_size: usize,
    /// How many entries may be proposed but not committed.
    pub uncommitted_limit: usize,
    /// How many sessions may be open.
    pub session_limit: usize,
    /// The planted bug, if any.
    pub planted: Planted,
}

/// Why options are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionsError {
    /// The range of election timeouts is empty.
    ElectionTimeout,
    /// Rounds are not more frequent than the shortest election timeout, or never end.
    HeartbeatInterval,
    /// The lease may outlive the promise it rests on.
    LeaseDuration,
    /// A limit is zero, and nothing would ever happen.
    ZeroLimit,
}

impl Options {
    /// A node with the defaults: elections after 150 to 300 ms, rounds every 50 ms, a snapshot
    /// every 10 entries, and the longest lease that clocks within 1 % permit.
    pub fn new(node: NodeId, initial_voters: Vec<NodeId>) -> Options {
        let options = Options {
            node,
            initial_voters,
            election_timeout: Duration::from_millis(150)..=Duration::from_millis(300),
            heartbeat_interval: Duration::from_millis(50),
            pre_vote: true,
            lease_duration: None,
            clock_drift_per_million: 10_000,
            follower_reads: false,
            snapshot_threshold: 10,
            trailing_entries: 0,
            snapshot_chunk_bytes: 64 * 1024,
            entries_per_message: 64,
            bytes_per_message: 1024 * 1024,
            in_flight_messages: 16,
            in_flight_bytes: 8 * 1024 * 1024,
            batch_delay: Duration::ZERO,
            batch_size: 64,
            uncommitted_limit: 1_024,
            session_limit: 1_024,
            planted: Planted::default(),
        };
        let longest = options.lease_duration_max();
        options.with_lease_duration(Some(longest))
    }

    /// The same with this lease, or without leases.
    #[must_use]
    pub fn with_lease_duration(self, lease_duration: Option<Duration>) -> Options {
        Options { lease_duration, ..self }
    }

    /// The same with a bug planted.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> Options {
        Options { planted: Planted::new(bug), ..self }
    }

    /// The shortest election timeout.
    pub fn election_timeout_min(&self) -> Duration {
        *self.election_timeout.start()
    }

    /// The longest election timeout: also how long a leader leads without hearing a quorum, and
    /// how long a transfer of leadership or a read that was passed on may take.
    pub fn election_timeout_max(&self) -> Duration {
        *self.election_timeout.end()
    }

    /// The longest lease that is safe: a follower with a fast clock keeps its promise for the
    /// shortest election timeout / (1 + drift) of true time, and a leader with a slow clock counts
    /// the lease for its duration / (1 - drift).
    pub fn lease_duration_max(&self) -> Duration {
        let drift = u128::from(self.clock_drift_per_million);
        let slow = 1_000_000_u128.saturating_sub(drift);
        let nanos = self.election_timeout_min().as_nanos() * slow / (1_000_000 + drift);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Are these options that a node can run with?
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn validate(&self) -> Result<(), OptionsError> {
        let limits = [
            self.snapshot_chunk_bytes,
            self.entries_per_message,
            self.bytes_per_message,
            self.in_flight_messages,
            self.in_flight_bytes,
            self.batch_size,
            self.uncommitted_limit,
            self.session_limit,
        ];
        let interval = self.heartbeat_interval;
        let too_slow = interval.is_zero() || interval >= self.election_timeout_min();
        let wrong = [
            (self.election_timeout.is_empty(), OptionsError::ElectionTimeout),
            (too_slow, OptionsError::HeartbeatInterval),
            (self.lease_duration > Some(self.lease_duration_max()), OptionsError::LeaseDuration),
            (limits.contains(&0) || self.snapshot_threshold == 0, OptionsError::ZeroLimit),
        ];
        wrong.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, error)| Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(NodeId(0), Vec::from([NodeId(0)]))
    }

    #[test]
    fn the_defaults_are_valid_and_a_lease_that_is_too_long_is_not() {
        assert_eq!(options().validate(), Ok(()));
        let longest = options().lease_duration_max();
        assert!(longest < options().election_timeout_min());
        let too_long = options().with_lease_duration(Some(longest + Duration::from_nanos(1)));
        assert_eq!(too_long.validate(), Err(OptionsError::LeaseDuration));
        assert_eq!(options().with_lease_duration(None).validate(), Ok(()));
    }

    #[test]
    fn a_lease_ends_before_the_promise_it_rests_on_whatever_the_clocks_do() {
        for drift in [0, 1, 10_000, 500_000] {
            let options = Options { clock_drift_per_million: drift, ..options() };
            let (lease, drift) = (options.lease_duration_max().as_nanos(), u128::from(drift));
            let promise = options.election_timeout_min().as_nanos();
            // In true time: lease / (1 - drift) and promise / (1 + drift).
            assert!(lease * (1_000_000 + drift) <= promise * (1_000_000 - drift));
        }
    }

    #[test]
    fn what_could_never_work_is_refused() {
        let timeout = Duration::from_millis(9)..=Duration::from_millis(8);
        let backwards = Options { election_timeout: timeout, ..options() };
        assert_eq!(backwards.validate(), Err(OptionsError::ElectionTimeout));
        let slow = Options { heartbeat_interval: Duration::from_millis(150), ..options() };
        assert_eq!(slow.validate(), Err(OptionsError::HeartbeatInterval));
        let stuck = Options { in_flight_messages: 0, ..options() };
        assert_eq!(stuck.validate(), Err(OptionsError::ZeroLimit));
        let never = Options { snapshot_threshold: 0, ..options() };
        assert_eq!(never.validate(), Err(OptionsError::ZeroLimit));
    }
}
