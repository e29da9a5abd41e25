//! What a node is told about itself and its cluster.

use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::NodeId;

use crate::bug::{Bug, Planted};
use crate::constants::{
    BACKGROUND_PER_MILLION, BUDGET_PER_MILLION, CHUNK_BYTES_MAX, HEARTBEAT_INTERVAL,
    HEARTBEAT_INTERVAL_MAX, HEARTBEAT_INTERVAL_MIN, HIGH_LANE_CAPACITY, LOW_LANE_CAPACITY,
    NETWORK_BYTES_PER_SECOND, REPLICATION_FACTOR_MAX, SEGMENT_BYTES,
};
use crate::hardening::Hardening;
use crate::log::Retention;
use crate::message::{BandwidthClass, ChannelId};

/// Where the log lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Storage {
    /// In memory. A restart begins with an empty log.
    Heap,
    /// On disk.
    Persistent,
}

/// When a leader waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FsyncPolicy {
    /// Never: the operating system writes when it likes.
    Never,
    /// Before each append is acknowledged.
    EveryAppend,
}

/// What a replica without room does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OnUnderCapacity {
    /// It becomes idle.
    Withdraw,
    /// It throws away what its retention limits no longer allow, and goes on.
    EvictOldest,
}

/// The configuration of one node.
#[derive(Clone, Debug)]
pub struct Config {
    /// The node.
    pub node: NodeId,
    /// Everyone who may hold the channel. Fixed for the life of the process.
    pub replica_set: Vec<NodeId>,
    /// The channel.
    pub channel: ChannelId,
    /// The time between two ticks.
    pub heartbeat_interval: Duration,
    /// How much later than one interval after the start the first tick comes.
    pub tick_phase: Duration,
    /// Where the log lives.
    pub storage: Storage,
    /// When a leader waits for the disk.
    pub fsync: FsyncPolicy,
    /// How many payload bytes the log holds at most.
    pub segment_bytes: u64,
    /// What may stay in the log when it is swept.
    pub retention: Retention,
    /// How many bytes a request asks for at most.
    pub chunk_bytes_max: u64,
    /// Which share of the leader's budget requests draw on.
    pub bandwidth_class: BandwidthClass,
    /// What the network card is assumed to carry, in bytes per second.
    pub network_bytes_per_second: u64,
    /// The share of that for catch-up.
    pub budget_per_million: u32,
    /// The share of the budget for class Background.
    pub background_per_million: u32,
    /// What a replica without room does.
    pub on_under_capacity: OnUnderCapacity,
    /// How many answers and shutdowns may wait.
    pub high_lane_capacity: usize,
    /// How many heartbeats and requests may wait.
    pub low_lane_capacity: usize,
    /// How long after it has started or become idle placement selects the node; never if `None`.
    pub select_after: Option<Duration>,
    /// Make this node the first leader, at the first start of its life.
    pub bootstrap: bool,
    /// Which weaknesses are mended.
    pub hardening: Hardening,
    /// The planted bug, if any.
    pub planted: Planted,
}

/// Why a configuration is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// The heartbeat interval is not within 100 ms and 300 s.
    HeartbeatInterval(Duration),
    /// The replica set has no member, or more than 16.
    ReplicaSetSize(usize),
    /// This node stands in the replica set twice.
    DuplicateMember(NodeId),
    /// A share is more than the whole.
    Share(u32),
    /// A lane has no room for anything.
    LaneCapacity,
}

impl Config {
    /// A node that behaves as `net-mesh` 0.23.0 does by default, with a log on disk.
    pub fn faithful(node: NodeId, replica_set: Vec<NodeId>) -> Config {
        Config {
            node,
            replica_set,
            channel: ChannelId::default(),
            heartbeat_interval: HEARTBEAT_INTERVAL,
            tick_phase: Duration::ZERO,
            storage: Storage::Persistent,
            fsync: FsyncPolicy::Never,
            segment_bytes: SEGMENT_BYTES,
            retention: Retention::default(),
            chunk_bytes_max: CHUNK_BYTES_MAX,
            bandwidth_class: BandwidthClass::Foreground,
            network_bytes_per_second: NETWORK_BYTES_PER_SECOND,
            budget_per_million: BUDGET_PER_MILLION,
            background_per_million: BACKGROUND_PER_MILLION,
            on_under_capacity: OnUnderCapacity::Withdraw,
            high_lane_capacity: HIGH_LANE_CAPACITY,
            low_lane_capacity: LOW_LANE_CAPACITY,
            select_after: None,
            bootstrap: false,
            hardening: Hardening::NONE,
            planted: Planted::default(),
        }
    }

    /// The same with every weakness mended.
    pub fn hardened(node: NodeId, replica_set: Vec<NodeId>) -> Config {
        Config { hardening: Hardening::ALL, ..Config::faithful(node, replica_set) }
    }

    /// A cluster of the nodes `0..nodes` that comes up by itself: each is selected at once when it
    /// starts, and again an interval after it has become idle. Without hardening the first node
    /// makes itself the first leader; with it, the cluster elects one. The nodes do not tick at
    /// the same moment.
    ///
    /// # Panics
    ///
    /// If the number of nodes is not within 1 and 16.
    pub fn cluster(nodes: u32, hardening: Hardening) -> Vec<Config> {
        assert!((1..=REPLICATION_FACTOR_MAX as u32).contains(&nodes), "1 to 16 nodes: {nodes}");
        let replica_set: Vec<NodeId> = (0..nodes).map(NodeId).collect();
        let one = |&node: &NodeId| Config {
            tick_phase: HEARTBEAT_INTERVAL * node.0 / nodes,
            select_after: Some(HEARTBEAT_INTERVAL),
            bootstrap: node.0 == 0 && !hardening.silence_without_belief,
            hardening,
            ..Config::faithful(node, replica_set.clone())
        };
        replica_set.iter().map(one).collect()
    }

    /// The same with a bug planted.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> Config {
        Config { planted: Planted::new(bug), ..self }
    }

    /// Is this a configuration that a node can run with?
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(HEARTBEAT_INTERVAL_MIN..=HEARTBEAT_INTERVAL_MAX).contains(&self.heartbeat_interval) {
            return Err(ConfigError::HeartbeatInterval(self.heartbeat_interval));
        }
        let members = self.replica_set.len();
        if !(1..=REPLICATION_FACTOR_MAX).contains(&members) {
            return Err(ConfigError::ReplicaSetSize(members));
        }
        for (position, member) in self.replica_set.iter().enumerate() {
            if self.replica_set[..position].contains(member) {
                return Err(ConfigError::DuplicateMember(*member));
            }
        }
        let shares = [self.budget_per_million, self.background_per_million];
        if let Some(share) = shares.into_iter().find(|share| *share > 1_000_000) {
            return Err(ConfigError::Share(share));
        }
        if self.high_lane_capacity == 0 || self.low_lane_capacity == 0 {
            return Err(ConfigError::LaneCapacity);
        }
        Ok(())
    }

    /// The budget for catch-up, in bytes per second.
    pub fn budget_bytes_per_second(&self) -> u64 {
        let share = u128::from(self.network_bytes_per_second) * u128::from(self.budget_per_million);
        (share / 1_000_000) as u64
    }

    /// The switches that are on, less the one that a planted bug turns off.
    pub fn effective_hardening(&self) -> Hardening {
        Bug::ALL
            .into_iter()
            .filter(|bug| self.planted.has(*bug))
            .fold(self.hardening, |hardening, bug| bug.weaken(hardening))
    }
}
