//! Known bugs that the options can plant, to show that the checkers find them. Real systems have
//! had most of them. The numbers are there to be cited; they have gaps.
//!
//! Without the feature `planted-bugs` none can be planted, and every question for one compiles to
//! `false`.

/// The planted bug of a node, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Planted(Option<Bug>);

impl Planted {
    /// This bug.
    #[cfg(feature = "planted-bugs")]
    pub const fn new(bug: Bug) -> Planted {
        Planted(Some(bug))
    }

    /// Is it this bug?
    #[inline]
    pub fn has(self, bug: Bug) -> bool {
        cfg!(feature = "planted-bugs") && self.0 == Some(bug)
    }

    /// Is there none?
    pub fn is_sound(self) -> bool {
        self == Planted::default()
    }
}

macro_rules! bugs {
    ($($variant:ident $name:literal $expected:literal $description:literal)*) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug {
            $(#[doc = $description] $variant,)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &[Bug] = &[$(Bug::$variant),*];

            /// The name, for command lines and logs.
            pub const fn name(self) -> &'static str {
                match self { $(Bug::$variant => $name),* }
            }

            /// The property that should be the first to fail.
            pub const fn expected(self) -> &'static str {
                match self { $(Bug::$variant => $expected),* }
            }

            /// What goes wrong, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Bug::$variant => $description),* }
            }
        }
    };
}

bugs! {
    VoteNotDurable "R01-vote-not-durable" "promise-on-disk" "A vote is given before the disk has it."
    VoteClearedFirst "R03-vote-cleared-first" "one-vote" "A new term first clears the vote on disk, then raises the term."
    VoteClearedInTerm "R04-vote-cleared-in-term" "one-vote" "A candidate that hears the leader of its own term forgets its vote."
    DuplicateGrants "R06-duplicate-grants" "electorate" "A vote that arrives twice counts twice."
    OldGrants "R07-old-grants" "electorate" "A vote from an earlier term counts."
    VotesTwice "R09-votes-twice" "one-vote" "A candidate or leader votes for another node in its own term."
    StaleLeaderResetsTimer "R10-stale-leader-resets-timer" "timers-armed" "An append from an earlier term keeps followers from standing for election."
    SameTimeout "R12-same-timeout" "leader-elected" "All nodes wait equally long before they stand for election."
    TermFalls "R13-term-falls" "term-monotone" "An append from an earlier term is accepted, and the term falls."
    HalfIsMajority "R15-half-is-majority" "election-safety" "Half of an even number of voters passes for a majority."
    CommitsOldTerms "R16-commits-old-terms" "commit-justified" "A leader counts copies of entries of earlier terms and commits them."
    IndexAmbiguous "R17-index-ambiguous" "promise-on-disk" "Indices are taken to count from one or from zero: an append fits one entry too early, too."
    NeverTruncates "R18-never-truncates" "log-matching" "Where logs differ the follower keeps its own entry."
    MatchIsLastIndex "R19-match-is-last-index" "match-sound" "A follower reports its last index, not the last one it was sent."
    OverwritesNeedlessly "R20-overwrites-needlessly" "bounds" "Entries that come late or twice overwrite the same entries, and what came after is gone."
    MatchFalls "R21-match-falls" "progress-sane" "A late response lowers what a follower is known to have."
    RefusalUnmatched "R22-refusal-unmatched" "progress-sane" "A refusal counts whatever it refuses."
    PreviousTermZero "R24-previous-term-zero" "message-truth" "What comes before a compacted log has term zero, and zero matches anything."
    CompactedIsConflict "R25-compacted-is-conflict" "committed-for-ever" "An append from before the snapshot makes the follower drop its log."
    AppliedBeforeEffect "R27-applied-before-effect" "state-machine-safety" "After a restart what was applied counts as applied, though its effect is gone."
    CommitsBeforeFlush "R28-commits-before-flush" "promise-on-disk" "A leader counts its own copy before the disk has it."
    LossUndetected "R30-loss-undetected" "follower-catches-up" "A leader that sends ahead takes refusals for noise."
    BatchAnsweredAtOnce "R31-batch-answered-at-once" "reply-truth" "All proposals of a batch are answered with the first one's result."
    RetryAppliedTwice "R33-retry-applied-twice" "exactly-once" "A repeated command is applied again."
    HigherTermUnanswered "R34-higher-term-unanswered" "append-answered" "An append that raises the term is dropped."
    CommandsBeforeElected "R35-commands-before-elected" "log-matching" "A candidate takes commands into its log before it leads."
    DeposedLeaderAppends "R36-deposed-leader-appends" "log-matching" "Proposals that waited are appended although the node leads no longer."
    OldSnapshotRewinds "R37-old-snapshot-rewinds" "bounds" "A snapshot older than what is applied is installed."
    InstallKeepsTail "R39-install-keeps-tail" "log-matching" "Installing a snapshot keeps the log behind it whatever stands at its index."
    SnapshotTermWrong "R40-snapshot-term-wrong" "snapshot-exact" "A snapshot is given the term of the last entry of the log."
    CompactsBeforeSnapshot "R42-compacts-before-snapshot" "bounds" "The log is compacted before the snapshot is durable."
    ChunksUnkeyed "R43-chunks-unkeyed" "chunk-assembly" "Pieces of different snapshots are put together."
    ChunkNotRepeated "R45-chunk-not-repeated" "follower-catches-up" "A piece of a snapshot, or the answer to it, that is lost is not sent again."
    SnapshotMissesEntry "R46-snapshot-misses-entry" "snapshot-exact" "A snapshot is taken before its last entry is applied."
    SnapshotReplacedInPlace "R48-snapshot-replaced-in-place" "bounds" "The old snapshot is gone from the disk before the new one is there."
    ReadUnconfirmed "R49-read-unconfirmed" "fresh-read" "A leader answers reads without making sure that it still leads."
    ReadKeyedByClient "R51-read-keyed-by-client" "fresh-read" "A read asked twice is confirmed by the first asking's round, and all before it too."
    OldRoundConfirms "R52-old-round-confirms" "fresh-read" "A read is confirmed by a round that began before it."
    LearnerConfirms "R54-learner-confirms" "electorate" "Learners and removed nodes confirm reads."
    LeaseFromReceipt "R55-lease-from-receipt" "lease-exclusive" "A lease counts from when answers arrive, not from when the round began."
    LeaseByWallClock "R57-lease-by-wall-clock" "lease-exclusive" "Leases are measured by a clock that may go back."
    VotesInsideLease "R58-votes-inside-lease" "lease-exclusive" "A vote is given although a leader was heard a moment ago, and a transfer leaves the lease alone."
    FollowerServesReads "R60-follower-serves-reads" "fresh-read" "A follower answers reads from what it has."
    ReadDropped "R61-read-dropped" "read-answered" "A leader that steps down forgets the reads that wait."
    TwoChangesAtOnce "R63-two-changes-at-once" "configuration-chain" "A second membership change begins before the first is committed."
    ConfigurationWhenCommitted "R64-configuration-when-committed" "configuration-chain" "A configuration comes into force when it is committed."
    RemovedLeaderCounts "R66-removed-leader-counts" "electorate" "A leader that removes itself counts its own copy."
    OneMajorityInJoint "R67-one-majority-in-joint" "commit-justified" "In a joint configuration the majority of the voters to be is enough."
    NoRollback "R69-no-rollback" "configuration-chain" "A configuration stays in force when its entry is overwritten."
    ConfigurationForgotten "R70-configuration-forgotten" "configuration-chain" "A restart brings back the configuration the group began with."
    LearnerNeverVotes "R72-learner-never-votes" "leader-elected" "A node that does not know it is a voter refuses its vote."
    RemovedLeaderStays "R73-removed-leader-stays" "commit-in-time" "A leader that was removed keeps its followers and takes no proposals."
    QuorumNotRecounted "R75-quorum-not-recounted" "commit-in-time" "A smaller quorum does not commit what it already has."
    PreVoteIgnoresLeader "R76-pre-vote-ignores-leader" "stable-leader" "A pre-vote is granted although the leader is alive."
    PreVoteTermIgnored "R78-pre-vote-term-ignored" "later-term-followed" "A refused candidate does not learn that its term is old."
    FormerLeaderRefused "R79-former-leader-refused" "vote-given" "The leader that was heard last is refused a pre-vote because it was heard."
    NoCheckQuorum "R81-no-check-quorum" "leader-steps-down" "A leader that hears nobody goes on leading."
    TransferToLagging "R82-transfer-to-lagging" "transfer" "Leadership is handed to a node that lacks entries, and proposals go on meanwhile."
    TransferNeverEnds "R84-transfer-never-ends" "transfer-in-time" "A failed transfer leaves the leader refusing proposals."
    GroupsMixedUp "R85-groups-mixed-up" "group-isolation" "What arrives together for many groups is all given to the first."
    ReplyMixedUp "R87-reply-mixed-up" "reply-truth" "The result of a command goes to whoever asked last."
}
