//! The ways in which this machine can be made better than the protocol it is compatible with.
//!
//! Without any it behaves as the crate `net-mesh` 0.23.0 does, with its leaderless states and its
//! silent divergence. With all of them, a quiet cluster always ends with one leader and equal logs.

/// One switch per weakness.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hardening {
    /// A replica that believes in no leader for as long as a silence lasts stands for election.
    pub silence_without_belief: bool,
    /// A heartbeat by which the believed leader says that it does not lead ends the belief.
    pub revoke_demoted_leader: bool,
    /// A new leader says so at once, not at its next tick.
    pub announce_on_winning: bool,
    /// Each leadership has an epoch, and leaders are compared by it, not by how much they have
    /// written meanwhile.
    pub epoch_order: bool,
    /// The most advanced log wins an election, not the nearest node.
    pub tail_aware_election: bool,
    /// Catch-up compares the entry before the range, and takes back what the leader does not have.
    pub prefix_check: bool,
    /// Only a leader appends.
    pub append_gate: bool,
    /// A candidate without anyone to elect tries again at each tick.
    pub candidate_retry: bool,
    /// A log on disk can skip ahead, too.
    pub persistent_skip: bool,
    /// A leader that holds nothing says from where on it will.
    pub empty_floor: bool,
    /// A log on disk that holds nothing keeps its tail through a restart.
    pub persisted_next_seq: bool,
    /// Recovery stops at the first hole, instead of going on behind it.
    pub recovery_stops_at_hole: bool,
    /// Each tick makes the tag say what the role and the tail are.
    pub tag_refresh: bool,
    /// The registry of unanswered requests never exceeds its capacity.
    pub registry_bound: bool,
    /// A shutdown that finds its lane full leaves the node idle all the same.
    pub orderly_shutdown: bool,
}

impl Hardening {
    /// Compatible in every weakness.
    pub const NONE: Hardening = Hardening::all_set_to(false);
    /// Every weakness mended.
    pub const ALL: Hardening = Hardening::all_set_to(true);

    const fn all_set_to(on: bool) -> Hardening {
        Hardening {
            silence_without_belief: on,
            revoke_demoted_leader: on,
            announce_on_winning: on,
            epoch_order: on,
            tail_aware_election: on,
            prefix_check: on,
            append_gate: on,
            candidate_retry: on,
            persistent_skip: on,
            empty_floor: on,
            persisted_next_seq: on,
            recovery_stops_at_hole: on,
            tag_refresh: on,
            registry_bound: on,
            orderly_shutdown: on,
        }
    }
}
