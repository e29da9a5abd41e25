//! Known bugs that a configuration can plant, to show that the checkers find them.
//!
//! The first ones each leave out one mended weakness, and so change nothing without hardening.
//! The others are bugs that real replication code has had. Without the feature `planted-bugs`
//! none can be planted, and every question for one compiles to `false`.

use crate::hardening::Hardening;

/// The planted bug of a node, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Planted {
    #[cfg(feature = "planted-bugs")]
    bug: Option<Bug>,
}

impl Planted {
    /// This bug.
    #[cfg(feature = "planted-bugs")]
    pub const fn new(bug: Bug) -> Planted {
        Planted { bug: Some(bug) }
    }

    /// Is it this bug?
    #[cfg(feature = "planted-bugs")]
    pub fn has(self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Is it this bug? Never.
    #[cfg(not(feature = "planted-bugs"))]
    pub const fn has(self, _bug: Bug) -> bool {
        false
    }
}

/// A bug that can be planted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bug {
    /// A replica that believes in nobody never stands for election.
    WaitsForBeliefForever,
    /// Any heartbeat of the believed leader keeps the belief alive, even one that says it does not lead.
    BelievesDemotedLeader,
    /// A new leader says nothing until its next tick.
    WinsInSilence,
    /// Leaders are compared by how much they have written so far, which moves while they write.
    RanksByLiveTail,
    /// The nearest node wins an election, whatever it lacks.
    ElectsByDistance,
    /// Catch-up never compares what both sides already hold.
    SplicesHistories,
    /// A node appends for its clients although it does not lead.
    AppendsInAnyRole,
    /// A candidate without anyone to elect never tries again.
    StaysCandidate,
    /// A log on disk cannot skip to what the leader still holds.
    PersistentNeverSkips,
    /// A leader that holds nothing says so as if it had everything.
    EmptyLogBeginsAtZero,
    /// A log that was swept empty starts again at zero after a restart.
    ForgetsTailOfEmptyLog,
    /// A tag that could not be announced or withdrawn is never tried again.
    TagNeverRefreshed,
    /// The registry of unanswered requests grows without bound.
    RegistryUnbounded,
    /// A shutdown that finds its lane full ends the node without withdrawing its tag.
    ShutdownLeavesTag,
    /// A leader ignores every other leader.
    NoConcession,
    /// Any heartbeat of any leader moves the belief to it.
    BelievesLatestLeader,
    /// The belief moves to leaders of lower id only, whatever their logs.
    BelievesLowestId,
    /// Of two leaders that stand equal, both make way.
    BothConcedeTie,
    /// A replica that is told it has asked the wrong node asks it again.
    IgnoresNotLeader,
    /// A replica below what the leader holds skips a single entry per refusal.
    SkipsOneByOne,
    /// Answers and refusals count although nothing was asked, or long ago.
    AcceptsUnaskedAnswers,
    /// An answer does not use its request up, so a duplicate counts again.
    ReusesRequests,
    /// Answers count although their sender is no longer believed to lead.
    TrustsFormerLeader,
    /// A replica advertises what its disk has not yet.
    AdvertisesBeforeFsync,
    /// A node that does not lead answers requests as if it did.
    AnswersInAnyRole,
    /// Received entries are given the next free numbers instead of their own.
    RenumbersChunks,
    /// A replica without room withdraws by the leader's signal, which is refused.
    WithdrawsAsLeader,
    /// A winner whose announcement fails goes on believing in the leader that it missed.
    KeepsBeliefOnTagFailure,
    /// A leader that lets go leaves its tag behind.
    TagKeptOnRelinquish,
    /// Observers are not told that a leader has stepped down.
    StepDownWithoutEvent,
    /// A node sends its heartbeats to itself as well.
    TalksToItself,
    /// Every peer gets each heartbeat twice.
    DuplicateHeartbeats,
    /// A node without a part in the channel sends heartbeats.
    IdleHeartbeats,
    /// Messages of nodes outside the replica set count.
    AcceptsStrangers,
    /// Silence is measured by the wall clock.
    SilenceByWallClock,
    /// Nodes without a measured distance cannot be elected, and a node has none to itself.
    NoDistanceNoVote,
    /// A request that is refused for lack of budget is charged all the same.
    ChargesRefusedRequests,
    /// Class Background leaves no reserve to the others.
    BackgroundUsesWholeBudget,
    /// Answers and shutdowns wait in one lane with heartbeats, and are lost with them.
    SingleLaneInbox,
}

impl Bug {
    /// Every bug.
    pub const ALL: [Bug; 39] = [
        Bug::WaitsForBeliefForever,
        Bug::BelievesDemotedLeader,
        Bug::WinsInSilence,
        Bug::RanksByLiveTail,
        Bug::ElectsByDistance,
        Bug::SplicesHistories,
        Bug::AppendsInAnyRole,
        Bug::StaysCandidate,
        Bug::PersistentNeverSkips,
        Bug::EmptyLogBeginsAtZero,
        Bug::ForgetsTailOfEmptyLog,
        Bug::TagNeverRefreshed,
        Bug::RegistryUnbounded,
        Bug::ShutdownLeavesTag,
        Bug::NoConcession,
        Bug::BelievesLatestLeader,
        Bug::BelievesLowestId,
        Bug::BothConcedeTie,
        Bug::IgnoresNotLeader,
        Bug::SkipsOneByOne,
        Bug::AcceptsUnaskedAnswers,
        Bug::ReusesRequests,
        Bug::TrustsFormerLeader,
        Bug::AdvertisesBeforeFsync,
        Bug::AnswersInAnyRole,
        Bug::RenumbersChunks,
        Bug::WithdrawsAsLeader,
        Bug::KeepsBeliefOnTagFailure,
        Bug::TagKeptOnRelinquish,
        Bug::StepDownWithoutEvent,
        Bug::TalksToItself,
        Bug::DuplicateHeartbeats,
        Bug::IdleHeartbeats,
        Bug::AcceptsStrangers,
        Bug::SilenceByWallClock,
        Bug::NoDistanceNoVote,
        Bug::ChargesRefusedRequests,
        Bug::BackgroundUsesWholeBudget,
        Bug::SingleLaneInbox,
    ];

    /// The name, for command lines and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Bug::WaitsForBeliefForever => "waits-for-belief-forever",
            Bug::BelievesDemotedLeader => "believes-demoted-leader",
            Bug::WinsInSilence => "wins-in-silence",
            Bug::RanksByLiveTail => "ranks-by-live-tail",
            Bug::ElectsByDistance => "elects-by-distance",
            Bug::SplicesHistories => "splices-histories",
            Bug::AppendsInAnyRole => "appends-in-any-role",
            Bug::StaysCandidate => "stays-candidate",
            Bug::PersistentNeverSkips => "persistent-never-skips",
            Bug::EmptyLogBeginsAtZero => "empty-log-begins-at-zero",
            Bug::ForgetsTailOfEmptyLog => "forgets-tail-of-empty-log",
            Bug::TagNeverRefreshed => "tag-never-refreshed",
            Bug::RegistryUnbounded => "registry-unbounded",
            Bug::ShutdownLeavesTag => "shutdown-leaves-tag",
            Bug::NoConcession => "no-concession",
            Bug::BelievesLatestLeader => "believes-latest-leader",
            Bug::BelievesLowestId => "believes-lowest-id",
            Bug::BothConcedeTie => "both-concede-tie",
            Bug::IgnoresNotLeader => "ignores-not-leader",
            Bug::SkipsOneByOne => "skips-one-by-one",
            Bug::AcceptsUnaskedAnswers => "accepts-unasked-answers",
            Bug::ReusesRequests => "reuses-requests",
            Bug::TrustsFormerLeader => "trusts-former-leader",
            Bug::AdvertisesBeforeFsync => "advertises-before-fsync",
            Bug::AnswersInAnyRole => "answers-in-any-role",
            Bug::RenumbersChunks => "renumbers-chunks",
            Bug::WithdrawsAsLeader => "withdraws-as-leader",
            Bug::KeepsBeliefOnTagFailure => "keeps-belief-on-tag-failure",
            Bug::TagKeptOnRelinquish => "tag-kept-on-relinquish",
            Bug::StepDownWithoutEvent => "step-down-without-event",
            Bug::TalksToItself => "talks-to-itself",
            Bug::DuplicateHeartbeats => "duplicate-heartbeats",
            Bug::IdleHeartbeats => "idle-heartbeats",
            Bug::AcceptsStrangers => "accepts-strangers",
            Bug::SilenceByWallClock => "silence-by-wall-clock",
            Bug::NoDistanceNoVote => "no-distance-no-vote",
            Bug::ChargesRefusedRequests => "charges-refused-requests",
            Bug::BackgroundUsesWholeBudget => "background-uses-whole-budget",
            Bug::SingleLaneInbox => "single-lane-inbox",
        }
    }

    /// What goes wrong, in one sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Bug::WaitsForBeliefForever => {
                "A replica that believes in nobody never stands for election."
            }
            Bug::BelievesDemotedLeader => {
                "Any heartbeat of the believed leader keeps the belief alive, even one that \
                 says it does not lead."
            }
            Bug::WinsInSilence => "A new leader says nothing until its next tick.",
            Bug::RanksByLiveTail => {
                "Leaders are compared by how much they have written so far, which moves \
                 while they write."
            }
            Bug::ElectsByDistance => "The nearest node wins an election, whatever it lacks.",
            Bug::SplicesHistories => "Catch-up never compares what both sides already hold.",
            Bug::AppendsInAnyRole => "A node appends for its clients although it does not lead.",
            Bug::StaysCandidate => "A candidate without anyone to elect never tries again.",
            Bug::PersistentNeverSkips => {
                "A log on disk cannot skip to what the leader still holds."
            }
            Bug::EmptyLogBeginsAtZero => {
                "A leader that holds nothing says so as if it had everything."
            }
            Bug::ForgetsTailOfEmptyLog => {
                "A log that was swept empty starts again at zero after a restart."
            }
            Bug::TagNeverRefreshed => {
                "A tag that could not be announced or withdrawn is never tried again."
            }
            Bug::RegistryUnbounded => "The registry of unanswered requests grows without bound.",
            Bug::ShutdownLeavesTag => {
                "A shutdown that finds its lane full ends the node without withdrawing its tag."
            }
            Bug::NoConcession => "A leader ignores every other leader.",
            Bug::BelievesLatestLeader => "Any heartbeat of any leader moves the belief to it.",
            Bug::BelievesLowestId => {
                "The belief moves to leaders of lower id only, whatever their logs."
            }
            Bug::BothConcedeTie => "Of two leaders that stand equal, both make way.",
            Bug::IgnoresNotLeader => {
                "A replica that is told it has asked the wrong node asks it again."
            }
            Bug::SkipsOneByOne => {
                "A replica below what the leader holds skips a single entry per refusal."
            }
            Bug::AcceptsUnaskedAnswers => {
                "Answers and refusals count although nothing was asked, or long ago."
            }
            Bug::ReusesRequests => {
                "An answer does not use its request up, so a duplicate counts again."
            }
            Bug::TrustsFormerLeader => {
                "Answers count although their sender is no longer believed to lead."
            }
            Bug::AdvertisesBeforeFsync => "A replica advertises what its disk has not yet.",
            Bug::AnswersInAnyRole => "A node that does not lead answers requests as if it did.",
            Bug::RenumbersChunks => {
                "Received entries are given the next free numbers instead of their own."
            }
            Bug::WithdrawsAsLeader => {
                "A replica without room withdraws by the leader's signal, which is refused."
            }
            Bug::KeepsBeliefOnTagFailure => {
                "A winner whose announcement fails goes on believing in the leader that it missed."
            }
            Bug::TagKeptOnRelinquish => "A leader that lets go leaves its tag behind.",
            Bug::StepDownWithoutEvent => "Observers are not told that a leader has stepped down.",
            Bug::TalksToItself => "A node sends its heartbeats to itself as well.",
            Bug::DuplicateHeartbeats => "Every peer gets each heartbeat twice.",
            Bug::IdleHeartbeats => "A node without a part in the channel sends heartbeats.",
            Bug::AcceptsStrangers => "Messages of nodes outside the replica set count.",
            Bug::SilenceByWallClock => "Silence is measured by the wall clock.",
            Bug::NoDistanceNoVote => {
                "Nodes without a measured distance cannot be elected, and a node has none \
                 to itself."
            }
            Bug::ChargesRefusedRequests => {
                "A request that is refused for lack of budget is charged all the same."
            }
            Bug::BackgroundUsesWholeBudget => "Class Background leaves no reserve to the others.",
            Bug::SingleLaneInbox => {
                "Answers and shutdowns wait in one lane with heartbeats, and are lost with them."
            }
        }
    }

    /// The hardening without the one switch that this bug is about. Nothing changes if it is
    /// about none.
    #[must_use]
    pub const fn weaken(self, mut hardening: Hardening) -> Hardening {
        match self {
            Bug::WaitsForBeliefForever => hardening.silence_without_belief = false,
            Bug::BelievesDemotedLeader => hardening.revoke_demoted_leader = false,
            Bug::WinsInSilence => hardening.announce_on_winning = false,
            Bug::RanksByLiveTail => hardening.epoch_order = false,
            Bug::ElectsByDistance => hardening.tail_aware_election = false,
            Bug::SplicesHistories => hardening.prefix_check = false,
            Bug::AppendsInAnyRole => hardening.append_gate = false,
            Bug::StaysCandidate => hardening.candidate_retry = false,
            Bug::PersistentNeverSkips => hardening.persistent_skip = false,
            Bug::EmptyLogBeginsAtZero => hardening.empty_floor = false,
            Bug::ForgetsTailOfEmptyLog => hardening.persisted_next_seq = false,
            Bug::TagNeverRefreshed => hardening.tag_refresh = false,
            Bug::RegistryUnbounded => hardening.registry_bound = false,
            Bug::ShutdownLeavesTag => hardening.orderly_shutdown = false,
            _ => {}
        }
        hardening
    }
}
