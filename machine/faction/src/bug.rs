//! Mistakes that can be planted on purpose.

macro_rules! bugs {
    ($($variant:ident $name:literal $description:literal)*) => {
        /// A mistake that can be planted, to show that a simulation finds it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug {
            $(#[doc = $description] $variant,)*
        }

        impl Bug {
            /// All of them, those of the machine first.
            pub const ALL: &'static [Bug] = &[$(Bug::$variant,)*];

            /// Its name, by which it is planted.
            pub const fn name(self) -> &'static str {
                match self { $(Bug::$variant => $name,)* }
            }

            /// What is wrong with it, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Bug::$variant => $description,)* }
            }
        }
    };
}

bugs! {
    QuorumOffByOne "quorum-off-by-one"
        "One ready peer too few is taken for a quorum."
    SelfCountedTwice "self-counted-twice"
        "On finishing its own part the node counts itself twice."
    SelfNotCounted "self-not-counted"
        "On finishing its own part the node forgets to count itself."
    DuplicateReadyCounted "duplicate-ready-counted"
        "A peer that says twice that it is ready is counted twice."
    NonMemberCounted "non-member-counted"
        "A stranger that says it is ready is counted."
    QuorumCheckedInPinging "quorum-checked-in-pinging"
        "A quorum of peers concludes although the node's own part is not finished."
    ReadyLostAtCompletion "ready-lost-at-completion"
        "On finishing its own part the node forgets which peers it has counted."
    DeadlineReopensBootstrapped "deadline-reopens-bootstrapped"
        "A deadline that expires after bootstrapping turns the conclusion into a time-out."
    ReadyReopensTimedOut "ready-reopens-timed-out"
        "A peer that becomes ready after the time-out can turn it into bootstrapped."
    RejectionMovesState "rejection-moves-state"
        "A command rejected in the initial state moves the machine on all the same."
    TerminalListsNotFrozen "terminal-lists-not-frozen"
        "Readiness that is rejected after the conclusion is added to the list all the same."
    ProbeMovesInitial "probe-moves-initial"
        "A probe in the initial state moves the machine on."
    PromiseBeforePersist "promise-before-persist"
        "Readiness is announced first and made durable afterwards."
    PromiseNotFlushed "promise-not-flushed"
        "Readiness is announced after handing the record to the disk, without waiting for it."
    ConclusionBeforePersist "conclusion-before-persist"
        "The conclusion is announced first and made durable afterwards."
    ReadyForgottenOnRestart "ready-forgotten-on-restart"
        "A restarted node ignores the record that says it has announced its readiness."
    ConclusionForgottenOnRestart "conclusion-forgotten-on-restart"
        "A restarted node goes back to collecting although it had bootstrapped."
    NoReadyRetry "no-ready-retry"
        "A node that collects asks once and never again."
    RetryNotSetOnRestart "retry-not-set-on-restart"
        "A node restarted while collecting asks once and never again."
    RetrySkipsHeardPeers "retry-skips-heard-peers"
        "A node that collects does not ask those again whose participation it has seen."
    RetryIntervalUnbounded "retry-interval-unbounded"
        "The time between two retries doubles without end."
    BootstrappedIgnoresLatecomers "bootstrapped-ignores-latecomers"
        "A node that has bootstrapped does not answer those who ask."
    DeadlineNotSetOnRestart "deadline-not-set-on-restart"
        "A node restarted while collecting has no deadline."
    DeadlineNotRetried "deadline-not-retried"
        "A deadline that is rejected because nobody has been heard is never set again."
    CompletionNotRetried "completion-not-retried"
        "A collection window that ends before anybody has been heard is never opened again."
    ReadyAnsweredInPinging "ready-answered-in-pinging"
        "A node answers that it is ready before its own part is finished."
    AnswersAnswered "answers-answered"
        "A node answers answers, so that two nodes never stop talking."
    ParticipationTakenForReady "participation-taken-for-ready"
        "A peer that takes part is counted as if it were ready."
    SilenceTakenForParticipation "silence-taken-for-participation"
        "At its start a node takes for granted that all members take part."
    RetryAfterConclusion "retry-after-conclusion"
        "A node that has concluded keeps asking for readiness."
}

/// Which bug is planted, if any. Without the feature `planted-bugs` it has no size and holds none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Planted {
    #[cfg(feature = "planted-bugs")]
    bug: Option<Bug>,
}

impl Planted {
    /// No bug.
    pub const NOTHING: Planted = Planted {
        #[cfg(feature = "planted-bugs")]
        bug: None,
    };

    /// This bug.
    #[cfg(feature = "planted-bugs")]
    pub const fn bug(bug: Bug) -> Planted {
        Planted { bug: Some(bug) }
    }

    /// Whether it is this bug.
    #[cfg(feature = "planted-bugs")]
    pub(crate) fn is(self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Whether it is this bug: it is not.
    #[cfg(not(feature = "planted-bugs"))]
    pub(crate) const fn is(self, _: Bug) -> bool {
        false
    }
}
