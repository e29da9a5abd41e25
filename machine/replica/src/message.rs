//! What nodes say to each other.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Kind, NodeId};

use crate::constants::{ENTRY_OVERHEAD_BYTES, RESPONSE_HEADER_ESTIMATE_BYTES};
use crate::role::Role;

/// Names a channel. A message for another channel is dropped.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct ChannelId(pub u64);

/// Which leadership wrote an entry. Two leaderships never have the same stamp, provided that
/// epochs are durable; without epochs every stamp is the default one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// The epoch of the leadership.
    pub epoch: u64,
    /// The leader.
    pub leader: NodeId,
}

impl Default for Stamp {
    fn default() -> Self {
        Stamp { epoch: 0, leader: NodeId(0) }
    }
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The place in the log.
    pub seq: u64,
    /// Who wrote it.
    pub stamp: Stamp,
    /// What was appended.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// What the entry costs on the wire.
    pub fn cost(&self) -> u64 {
        ENTRY_OVERHEAD_BYTES + self.bytes.len() as u64
    }
}

/// Which share of the leader's budget a request draws on.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub enum BandwidthClass {
    /// May use the whole budget.
    #[default]
    Foreground,
    /// Leaves a reserve to others.
    Background,
    /// Goes first, and runs up a debt.
    Realtime,
}

/// I am here.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The channel.
    pub channel: ChannelId,
    /// The sender's next sequence number.
    pub tail: u64,
    /// What the sender is.
    pub role: Role,
    /// The sender's wall clock, in nanoseconds.
    pub wall_clock: u64,
    /// The highest epoch the sender knows of; a leader's own. Zero without epochs.
    pub epoch: u64,
    /// A leader's tail when it was elected. Zero without epochs.
    pub elected_at: u64,
    /// The stamp of the sender's last entry.
    pub last: Stamp,
}

/// Give me what comes from here on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The channel.
    pub channel: ChannelId,
    /// The first sequence number wanted.
    pub since_seq: u64,
    /// At most so many bytes; zero is no limit of the sender's.
    pub chunk_max: u64,
    /// Which share of the budget to draw on.
    pub class: BandwidthClass,
    /// To be repeated in the answer.
    pub request_id: u64,
    /// The stamp of the entry before `since_seq`.
    pub last: Stamp,
    /// Where the sender's run of entries with that stamp begins.
    pub run_start: u64,
}

/// Here you are. Empty if there is nothing to give.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The channel.
    pub channel: ChannelId,
    /// The sequence number of the first entry, or what was asked for.
    pub first_seq: u64,
    /// The lowest sequence number that the leader still holds.
    pub leader_first_retained: u64,
    /// The request answered.
    pub request_id: u64,
    /// The stamp of the entry before `first_seq`.
    pub previous: Stamp,
    /// Consecutive entries.
    pub entries: Vec<Entry>,
}

impl SyncResponse {
    /// What the leader reckons that the response costs.
    pub fn cost_estimate(&self) -> u64 {
        RESPONSE_HEADER_ESTIMATE_BYTES + self.entries.iter().map(Entry::cost).sum::<u64>()
    }
}

/// Why a request was not answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum NackCode {
    /// The receiver does not lead.
    NotLeader,
    /// The leader has nothing in that range.
    BadRange,
    /// The leader's budget is spent.
    Backpressure,
    /// The channel is closed here.
    ChannelClosed,
    /// The entry before the range is another one at the leader; `floor` says where to cut.
    PrefixMismatch,
}

/// No.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SyncNack {
    /// The channel.
    pub channel: ChannelId,
    /// What was asked for.
    pub since_seq: u64,
    /// Why not.
    pub code: NackCode,
    /// The lowest sequence number to be had, where that is the matter; otherwise zero.
    pub floor: u64,
    /// The request refused.
    pub request_id: u64,
    /// The stamp of the entry before `floor`.
    pub base: Stamp,
}

/// What nodes say to each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    /// I am here.
    Heartbeat(Heartbeat),
    /// Give me entries.
    SyncRequest(SyncRequest),
    /// Here are entries.
    SyncResponse(SyncResponse),
    /// No entries for you.
    SyncNack(SyncNack),
}

impl Message {
    /// The channel the message is about.
    pub fn channel(&self) -> ChannelId {
        match self {
            Message::Heartbeat(heartbeat) => heartbeat.channel,
            Message::SyncRequest(request) => request.channel,
            Message::SyncResponse(response) => response.channel,
            Message::SyncNack(nack) => nack.channel,
        }
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Heartbeat(_) => "Heartbeat",
            Message::SyncRequest(_) => "SyncRequest",
            Message::SyncResponse(_) => "SyncResponse",
            Message::SyncNack(_) => "SyncNack",
        }
    }
}
