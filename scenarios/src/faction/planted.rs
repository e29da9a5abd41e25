//! Which bug is planted where, and what must find it.

use stormglass_campaign::Planted;
use stormglass_faction::Bug;

use super::oracle::{conclusion, ending, lists, promise, quorum, table, talk};

/// Pairs of a bug and the property that must find it.
type Bugs = &'static [(Bug, &'static str)];

/// What is found where nothing ends it early.
pub const IN_BOOTSTRAP: Bugs = &[
    (Bug::QuorumOffByOne, quorum::ENOUGH),
    (Bug::SelfCountedTwice, lists::DISTINCT),
    (Bug::SelfNotCounted, lists::SELF),
    (Bug::DuplicateReadyCounted, lists::DISTINCT),
    (Bug::QuorumCheckedInPinging, quorum::OWN_PART),
    (Bug::ReadyLostAtCompletion, lists::GROW),
    (Bug::PromiseBeforePersist, promise::READY_DURABLE),
    (Bug::PromiseNotFlushed, promise::READY_DURABLE),
    (Bug::ConclusionBeforePersist, promise::CONCLUSION_DURABLE),
    (Bug::NoReadyRetry, ending::ALL_BOOTSTRAP),
    (Bug::RetryNotSetOnRestart, ending::ALL_BOOTSTRAP),
    (Bug::RetrySkipsHeardPeers, ending::ALL_BOOTSTRAP),
    (Bug::RetryIntervalUnbounded, talk::BOUNDED),
    (Bug::CompletionNotRetried, ending::ALL_BOOTSTRAP),
    (Bug::ReadyAnsweredInPinging, promise::FINISHED),
    (Bug::AnswersAnswered, talk::NO_ECHO),
    (Bug::ParticipationTakenForReady, promise::REAL),
    (Bug::SilenceTakenForParticipation, promise::HEARD),
    (Bug::RetryAfterConclusion, talk::SILENCE),
];

/// What takes processes that come and go, strangers, or operators.
pub const IN_CHURN: Bugs = &[
    (Bug::NonMemberCounted, lists::MEMBERS),
    (Bug::DeadlineReopensBootstrapped, conclusion::IS_FINAL),
    (Bug::RejectionMovesState, table::FOLLOWED),
    (Bug::ProbeMovesInitial, table::FOLLOWED),
    (Bug::TerminalListsNotFrozen, lists::FROZEN),
    (Bug::ReadyForgottenOnRestart, promise::KEPT),
    (Bug::ConclusionForgottenOnRestart, conclusion::SURVIVES),
    (Bug::BootstrappedIgnoresLatecomers, ending::NOBODY_LEFT_BEHIND),
];

/// What takes a deadline.
pub const IN_DEADLINE: Bugs = &[
    (Bug::ReadyReopensTimedOut, conclusion::IS_FINAL),
    (Bug::DeadlineNotSetOnRestart, ending::ALL_CONCLUDE),
    (Bug::DeadlineNotRetried, ending::ALL_CONCLUDE),
];

/// As the registry lists them.
pub fn listed(bugs: Bugs) -> Vec<Planted> {
    let listed = |(bug, caught_by): &(Bug, &'static str)| Planted {
        name: bug.name(),
        about: bug.description(),
        caught_by,
    };
    bugs.iter().map(listed).collect()
}

/// The bug of this name.
///
/// # Panics
///
/// If there is none: the registry builds scenarios with bugs from its own lists only.
pub fn named(name: Option<&'static str>) -> Option<Bug> {
    name.map(|name| {
        let found = Bug::ALL.iter().copied().find(|bug| bug.name() == name);
        found.unwrap_or_else(|| panic!("no bug is called {name}"))
    })
}
