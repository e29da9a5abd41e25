//! What the judges have found wrong.

use stormglass_simulator::{Verdict, Violation};

/// What a judge has found.
#[derive(Clone, Debug)]
pub struct Finding {
    judge: Judge,
    cause: &'static str,
    detail: String,
}

/// Everything that was found, in the order in which it was.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Takes note of something.
    #[cold]
    pub fn add(&mut self, judge: Judge, cause: &'static str, detail: String) {
        self.0.push(Finding { judge, cause, detail });
    }

    /// True while nothing was found.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that others have found.
    pub fn append(&mut self, others: &mut Findings) {
        self.0.append(&mut others.0);
    }

    /// What a judge says.
    #[inline]
    pub fn verdict(&self, judge: Judge) -> Verdict {
        if self.0.is_empty() { Ok(()) } else { self.first(judge) }
    }

    /// How often a judge has found something.
    pub fn count(&self, judge: Judge) -> u64 {
        self.0.iter().filter(|finding| finding.judge == judge).count() as u64
    }

    #[cold]
    fn first(&self, judge: Judge) -> Verdict {
        match self.0.iter().find(|finding| finding.judge == judge) {
            Some(finding) => Err(Violation::new(finding.detail.clone()).because(finding.cause)),
            None => Ok(()),
        }
    }
}

macro_rules! judges {
    ($($(#[$doc:meta])* $judge:ident $name:literal)*) => {
        /// Who judges each step.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Judge {
            $($(#[$doc])* $judge,)*
        }

        impl Judge {
            /// The name of the property.
            pub const fn name(self) -> &'static str {
                match self { $(Judge::$judge => $name),* }
            }
        }
    };
}

// In the order in which they are looked at: the nearest to a cause come first.
judges! {
    /// What a message promises is on its sender's disk when it leaves.
    PromiseOnDisk "promise-on-disk"
    /// A term never falls, neither in memory nor on disk.
    TermMonotone "term-monotone"
    /// Who is told of a later term follows it.
    LaterTermFollowed "later-term-followed"
    /// A node votes for one candidate of a term, across restarts.
    OneVote "one-vote"
    /// Whose votes, answers and acknowledgements are counted are voters, and each counts once.
    Electorate "electorate"
    /// A term has one leader, whom a quorum has elected.
    ElectionSafety "election-safety"
    /// A leader has everything that is committed.
    LeaderCompleteness "leader-completeness"
    /// A leader only appends to its log.
    LeaderAppendOnly "leader-append-only"
    /// Whoever is asked whether it would vote changes nothing by that.
    PreVotePure "pre-vote-pure"
    /// Nobody would depose a leader that it hears.
    StableLeader "stable-leader"
    /// Who has no reason to refuse a pre-vote gives it.
    VoteGiven "vote-given"
    /// Who is sent an append answers it.
    AppendAnswered "append-answered"
    /// What is said of a log is so.
    MessageTruth "message-truth"
    /// Entries of one index and term are the same, and so is everything before them.
    LogMatching "log-matching"
    /// The configuration in force is the newest in the log; one is changed at a time.
    ConfigurationChain "configuration-chain"
    /// Leadership is handed to a voter that has everything, and nothing is proposed meanwhile.
    Transfer "transfer"
    /// The pieces of a snapshot are put together again as they were.
    ChunkAssembly "chunk-assembly"
    /// A snapshot is the state, the term and the configuration at its index.
    SnapshotExact "snapshot-exact"
    /// What follows from what: compacted, applied, committed, appended.
    Bounds "bounds"
    /// What is committed is never lost.
    CommittedForEver "committed-for-ever"
    /// A follower has what its leader thinks it has.
    MatchSound "match-sound"
    /// What a follower will be sent is behind what it has, which does not become less.
    ProgressSane "progress-sane"
    /// A leader commits what a quorum has on its disks, if it is of its own term.
    CommitJustified "commit-justified"
    /// What is applied is applied in order.
    ApplyOrder "apply-order"
    /// A command of a session is applied once, and answered always the same.
    ExactlyOnce "exactly-once"
    /// Every node applies what is committed, with the same result.
    StateMachineSafety "state-machine-safety"
    /// What a client is told is true.
    ReplyTruth "reply-truth"
    /// A read takes into account what was committed when it was asked.
    FreshRead "fresh-read"
    /// One node at a time holds a lease, and meanwhile nobody else commits anything.
    LeaseExclusive "lease-exclusive"
    /// What happens in one group is no concern of the others.
    GroupIsolation "group-isolation"
    /// A leader that hears no quorum makes way.
    LeaderStepsDown "leader-steps-down"
    /// A log is not longer than its threshold and what is under way.
    LogBounded "log-bounded"
    /// Whoever has to wait has a timer set.
    TimersArmed "timers-armed"
    /// A transfer ends, in one way or the other.
    TransferInTime "transfer-in-time"
    /// Reads are answered or refused in time.
    ReadAnswered "read-answered"
    /// Commands are answered in time.
    CommandAnswered "command-answered"
}
