//! Who is told what happens inside a node. For people and metrics, not for the protocol.

use stormglass_machine::NodeId;

use crate::{Configuration, LogIndex, Role, Term, Timer};

/// How much an observer wants to be told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Nothing.
    None,
    /// Who leads.
    Essential,
    /// And elections, commits and snapshots.
    Info,
    /// And votes, appends, timers and what is applied.
    Debug,
    /// And every message.
    Trace,
}

/// Is told what happens, in order, with the node it happens on.
pub trait Observer<C> {
    /// The finest level wanted; nothing finer is even put together.
    fn min_level(&self) -> Level {
        Level::Trace
    }

    /// Something has happened.
    fn observe(&mut self, node: NodeId, observation: &Observation<'_, C>);
}

/// Observes nothing, and costs nothing.
impl<C> Observer<C> for () {
    fn min_level(&self) -> Level {
        Level::None
    }

    fn observe(&mut self, _node: NodeId, _observation: &Observation<'_, C>) {}
}

macro_rules! observations {
    ($($level:ident: $($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),+ })*;)*) => {
        /// Something that has happened. The fields say which term, index or node it is about.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the names of the fields are the vocabulary of the protocol")]
        pub enum Observation<'a, C> {
            $($($(#[$doc])* $name { $($field: $type),+ },)*)*
        }

        impl<C> Observation<'_, C> {
            /// The name of every kind of observation, and the coarsest level at which it is told.
            pub const ALL: &'static [(&'static str, Level)] =
                &[$($((stringify!($name), Level::$level),)*)*];

            /// The coarsest level at which this is told.
            pub const fn level(&self) -> Level {
                match self { $($(Observation::$name { .. } => Level::$level,)*)* }
            }
        }
    };
}

observations! {
    Essential:
    /// The node has become leader.
    LeaderElected { term: Term }
    /// The role has changed.
    RoleChanged { old: Role, new: Role, term: Term }
    /// The node leads no longer.
    LeaderLost { old_term: Term, new_term: Term };
    Info:
    /// The node stands for election.
    ElectionStarted { term: Term }
    /// No leader was heard for too long.
    ElectionTimeout { term: Term }
    /// The node asks whether it would win.
    PreVoteStarted { election_term: Term }
    /// The node was asked whether it would vote for another.
    PreVoteRequested { candidate: NodeId, election_term: Term }
    /// And this is what it has answered.
    PreVoteGranted { candidate: NodeId, granted: bool, election_term: Term }
    /// A quorum would vote for the node.
    PreVoteSucceeded { election_term: Term }
    /// More is committed, as far as the node knows.
    CommitAdvanced { old: LogIndex, new: LogIndex }
    /// The log has grown.
    LogAppended { first: LogIndex, last: LogIndex }
    /// The log has lost everything behind this index.
    LogTruncated { after: LogIndex }
    /// The node has taken a snapshot.
    SnapshotCreated { last_included_index: LogIndex }
    /// The node has put a leader's snapshot in place of its own state.
    SnapshotInstalled { last_included_index: LogIndex };
    Debug:
    /// The node was asked for its vote.
    VoteRequested { candidate: NodeId, term: Term }
    /// And this is what it has answered.
    VoteGranted { candidate: NodeId, granted: bool, term: Term }
    /// The node has given its vote away, perhaps to itself.
    VotedFor { candidate: NodeId, term: Term }
    /// A leader has sent an append without entries.
    HeartbeatSent { to: NodeId, round: u64 }
    /// A leader has sent entries.
    AppendEntriesSent { to: NodeId, prev_log_index: LogIndex, entries: usize }
    /// A leader has been answered; `None` is a refusal.
    AppendEntriesResponse { from: NodeId, match_index: Option<LogIndex> }
    /// A timer has fired.
    TimerFired { timer: Timer }
    /// A timer has been set.
    TimerReset { timer: Timer }
    /// A command has been applied.
    StateMachineApplied { index: LogIndex, command: &'a C }
    /// A read has been answered from the state at this index.
    StateMachineRead { index: LogIndex };
    Trace:
    /// A message has been handed to the network.
    MessageSent { to: NodeId, kind: &'static str }
    /// A message has arrived.
    MessageReceived { from: NodeId, kind: &'static str }
    /// Another node knows of a later term.
    HigherTermDiscovered { term: Term }
    /// A configuration is committed.
    ConfigurationChangeApplied { index: LogIndex, configuration: &'a Configuration };
}
