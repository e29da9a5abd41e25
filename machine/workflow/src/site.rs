//! Where a store and a container may misbehave, by the names of
//! [`Env::sometimes_here`](stormglass_machine::Env::sometimes_here).

/// A read takes as long as [`Config::store_latency`](crate::Config::store_latency).
pub const SLOW_READ: &str = "a read of the store is slow";
/// A read takes longer than anybody waits for it.
pub const STALLS: &str = "a worker stands still while it reads";
/// Nothing was committed, and the whole transition is to be run again.
pub const CONFLICT: &str = "a commit meets a conflict";
/// The same, where the result of an action is committed.
pub const COMPLETION_CONFLICT: &str = "the commit of a completion meets a conflict";
/// The same, since the store has no time.
pub const RETRY: &str = "the store asks to try again";
/// Nothing was committed, and the worker is not told.
pub const LOST: &str = "a commit is lost, and nobody knows";
/// It is committed, and the worker is not told.
pub const UNKNOWN: &str = "a commit is made, and nobody knows";
/// The container is full at the first action.
pub const NO_ROOM: &str = "there is no room for an action";
/// The container is full at the second action.
pub const ROOM_FOR_ONE: &str = "there is room for one action only";

/// All of them.
pub const ALL: [&str; 9] =
    [SLOW_READ, STALLS, CONFLICT, COMPLETION_CONFLICT, RETRY, LOST, UNKNOWN, NO_ROOM, ROOM_FOR_ONE];
