use core::time::Duration;

use crate::{Config, PeerId, QuorumPolicy};

/// What a [`FactionNode`](crate::FactionNode) needs to know. Nodes of a cluster should agree on the
/// members and on the quorum; the durations may differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeConfig {
    /// Who this node is, who the members are, and how many of them are needed.
    pub cluster: Config,
    /// How long to wait for an answer before asking again. Doubles with every retry.
    pub retry_interval: Duration,
    /// The most the wait between two retries grows to.
    pub retry_interval_limit: Duration,
    /// How long after its start the node finishes its own part. Without it an operator has to.
    pub collection_window: Option<Duration>,
    /// How long after its start the node gives up. Without it, only if an operator says so.
    pub deadline: Option<Duration>,
}

impl NodeConfig {
    /// Asks again after 200 ms at first and every 2 s at last, finishes its own part 500 ms after
    /// its start, and never gives up.
    pub fn new(cluster: Config) -> NodeConfig {
        NodeConfig {
            cluster,
            retry_interval: Duration::from_millis(200),
            retry_interval_limit: Duration::from_secs(2),
            collection_window: Some(Duration::from_millis(500)),
            deadline: None,
        }
    }

    /// The same for node `peer_id` of a cluster whose members are `0..size`.
    pub fn of_cluster(peer_id: PeerId, size: u32, quorum: usize) -> NodeConfig {
        let members = (0..PeerId::from(size)).collect();
        NodeConfig::new(Config::new(peer_id, members, QuorumPolicy::new(quorum)))
    }

    /// The longest wait between two retries.
    pub fn longest_retry(&self) -> Duration {
        self.retry_interval_limit.max(self.retry_interval)
    }

    /// Every timer that is set again when it fires takes some time.
    pub(super) fn lets_time_pass(&self) -> bool {
        let optional = [self.collection_window, self.deadline].into_iter().flatten();
        optional.chain([self.retry_interval]).all(|duration| !duration.is_zero())
    }
}
