//! What must hold of a group, in the order in which it is looked at.

use std::time::Duration;

use stormglass_simulator::{Property, World};

use super::findings::Judge;
use super::liveness::{self, Judged};

/// What comes true after the faults, by name.
pub mod name {
    /// What clients see could have happened one after another.
    pub const LINEARIZABLE: &str = "linearizable";
    /// A leader is elected, and a quorum follows it.
    pub const LEADER_ELECTED: &str = "leader-elected";
    /// What is proposed is committed.
    pub const COMMIT_IN_TIME: &str = "commit-in-time";
    /// Every member gets everything.
    pub const FOLLOWER_CATCHES_UP: &str = "follower-catches-up";
    /// A change of the members comes to an end.
    pub const CHANGE_FINISHES: &str = "change-finishes";
    /// There are few elections.
    pub const FEW_TERMS: &str = "few-terms";
    /// The states are the same in every part.
    pub const STATES_AGREE: &str = "states-agree";
}

/// Ten election timeouts.
pub const ELECTED: Duration = Duration::from_secs(3);
/// By then nearly all have a leader; from then on those that have one commit without delay.
pub const LAST_RECOVERY: Duration = Duration::from_millis(1_500);
/// And time to commit what was left over.
pub const COMMITTED: Duration = Duration::from_millis(3_500);
/// And to bring up those that have fallen behind.
pub const CAUGHT_UP: Duration = Duration::from_millis(4_200);
/// No leader is elected later than this.
pub const LAST_ELECTION: Duration = Duration::from_secs(4);
/// And to finish what operators have begun.
pub const SETTLED: Duration = Duration::from_millis(4_600);
/// How long a world is calm: a little longer than anything may take.
pub const CALM: Duration = Duration::from_secs(5);

macro_rules! judged {
    ($($judge:ident)*) => {
        vec![$(
            Property::always(Judge::$judge.name(), |world: &World<'_, S>, _| {
                world.ghost().verdict(Judge::$judge)
            }),
        )*]
    };
}

/// What each step is judged by, whatever the clocks do.
pub fn of_steps<S: Judged>() -> Vec<Property<S>> {
    judged![
        PromiseOnDisk TermMonotone LaterTermFollowed OneVote Electorate ElectionSafety
        LeaderCompleteness LeaderAppendOnly PreVotePure StableLeader VoteGiven AppendAnswered
        MessageTruth LogMatching ConfigurationChain Transfer ChunkAssembly SnapshotExact Bounds
        CommittedForEver MatchSound ProgressSane CommitJustified ApplyOrder ExactlyOnce
        StateMachineSafety ReplyTruth LeaderStepsDown LogBounded TimersArmed TransferInTime
        ReadAnswered CommandAnswered
    ]
}

/// What reads by lease rest on: clocks within their bound.
pub fn of_clocks<S: Judged>() -> Vec<Property<S>> {
    judged![FreshRead LeaseExclusive]
}

/// What only many groups on one node can get wrong.
pub fn of_neighbours<S: Judged>() -> Vec<Property<S>> {
    judged![GroupIsolation]
}

/// Everything that does not rest on clocks.
pub fn all<S: Judged>() -> Vec<Property<S>> {
    let mut all = of_steps();
    all.extend([
        Property::eventually(name::LEADER_ELECTED, ELECTED, liveness::leader_elected),
        Property::eventually(name::COMMIT_IN_TIME, COMMITTED, liveness::commit_in_time),
        Property::eventually(name::FOLLOWER_CATCHES_UP, CAUGHT_UP, liveness::follower_catches_up),
        Property::eventually(name::CHANGE_FINISHES, SETTLED, liveness::change_finishes),
        Property::finally(name::FEW_TERMS, liveness::few_terms),
        Property::finally(name::STATES_AGREE, liveness::states_agree),
    ]);
    all
}
