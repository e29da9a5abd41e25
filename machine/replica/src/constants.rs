//! Every fixed number of the protocol, by name. What a configuration may change starts from here.

use core::time::Duration;

/// The default time between two ticks, and so between two heartbeats.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
/// The shortest heartbeat interval that a configuration may ask for.
pub const HEARTBEAT_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// The longest heartbeat interval that a configuration may ask for.
pub const HEARTBEAT_INTERVAL_MAX: Duration = Duration::from_millis(300_000);
/// A peer not heard of for this many heartbeat intervals is silent.
pub const SILENCE_INTERVALS: u32 = 3;

/// The default number of bytes a request asks for at most.
pub const CHUNK_BYTES_MAX: u64 = 256 * 1024;
/// No response carries more bytes than this, whatever was asked.
pub const RESPONSE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// No response of class Background carries more bytes than this.
pub const BACKGROUND_RESPONSE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What an entry costs besides its payload.
pub const ENTRY_OVERHEAD_BYTES: u64 = 12;
/// What the leader reckons for the head of a response when it asks its budget.
pub const RESPONSE_HEADER_ESTIMATE_BYTES: u64 = 47;

/// An unanswered request is forgotten after this time.
pub const REQUEST_LIFETIME: Duration = Duration::from_secs(30);
/// From this many unanswered requests on, expired ones are swept out.
pub const REQUEST_REGISTRY_CAPACITY: usize = 256;

/// So many useless answers in a row are forgiven before a leader is left alone for a while.
pub const BACKOFF_FORGIVEN: u32 = 3;
/// The first pause.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A pause that ended so long ago is forgotten.
pub const BACKOFF_FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// How many heartbeats and requests wait to be handled, at most.
pub const LOW_LANE_CAPACITY: usize = 1024;
/// How many responses, refusals and shutdowns wait to be handled, at most.
pub const HIGH_LANE_CAPACITY: usize = 128;

/// What the network card is assumed to carry, in bytes per second.
pub const NETWORK_BYTES_PER_SECOND: u64 = 125_000_000;
/// The share of the network card that catch-up may use.
pub const BUDGET_PER_MILLION: u32 = 500_000;
/// The share of the budget that class Background may use.
pub const BACKGROUND_PER_MILLION: u32 = 300_000;
/// After this time without any admission, class Background is admitted once.
pub const STARVATION_WINDOW: Duration = Duration::from_secs(60);
/// The share of the budget that such an admission may cost at most.
pub const STARVATION_GRANT_PER_MILLION: u32 = 100_000;
/// The share of the budget that one admission of class Realtime may cost at most.
pub const REALTIME_GRANT_PER_MILLION: u32 = 500_000;

/// The longest replica set.
pub const REPLICATION_FACTOR_MAX: usize = 16;
/// How many payload bytes a log holds at most, by default.
pub const SEGMENT_BYTES: u64 = 3_000_000_000;
