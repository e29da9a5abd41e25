//! What the nodes of a group say to each other.

use alloc::sync::Arc;

use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;

use crate::{Entries, LogIndex, Sessions, SnapshotMetadata, StateMachine, Term};

/// What the nodes of a group say to each other. Whatever is large is shared: a clone copies a few
/// words and counts a reference.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message<C, R> {
    /// Would you vote for me?
    PreVoteRequest(PreVoteRequest),
    /// I would, or not.
    PreVoteResponse(PreVoteResponse),
    /// Vote for me.
    RequestVote(RequestVote),
    /// I do, or not.
    RequestVoteResponse(RequestVoteResponse),
    /// Take these entries; without any it is a heartbeat.
    AppendEntries(AppendEntries<C>),
    /// I have them, or your log and mine differ.
    AppendEntriesResponse(AppendEntriesResponse),
    /// Take this piece of a snapshot.
    InstallSnapshot(InstallSnapshot<R>),
    /// I have so much of it.
    InstallSnapshotResponse(InstallSnapshotResponse),
    /// Stand for election at once.
    TimeoutNow {
        /// The term of the leader that asks for it.
        term: Term,
    },
    /// From which index on may I answer a read?
    ReadIndexRequest(ReadIndexRequest),
    /// From this one on.
    ReadIndexResponse(ReadIndexResponse),
}

/// What is said about this state machine.
pub(crate) type MessageOf<S> = Message<<S as StateMachine>::Command, <S as StateMachine>::Response>;

/// Would you vote for me?
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PreVoteRequest {
    /// The term that the election would have: one more than the sender's.
    pub term: Term,
    /// The sender's last index.
    pub last_log_index: LogIndex,
    /// The term there.
    pub last_log_term: Term,
}

/// I would vote for you, or not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PreVoteResponse {
    /// The sender's term. A candidate that is refused and behind takes it over.
    pub term: Term,
    /// The term that was asked about.
    pub election_term: Term,
    /// Would the sender vote so?
    pub vote_granted: bool,
}

/// Vote for me.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct RequestVote {
    /// The sender's term.
    pub term: Term,
    /// The sender's last index.
    pub last_log_index: LogIndex,
    /// The term there.
    pub last_log_term: Term,
    /// The leader itself has asked the sender to stand, so its being alive is no objection.
    pub transfer: bool,
}

/// I vote for you, or not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct RequestVoteResponse {
    /// The sender's term.
    pub term: Term,
    /// Does the receiver have the sender's vote in this term?
    pub vote_granted: bool,
}

/// Take these entries.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AppendEntries<C> {
    /// The leader's term; the leader is the sender.
    pub term: Term,
    /// The index before the entries.
    pub prev_log_index: LogIndex,
    /// The term there.
    pub prev_log_term: Term,
    /// The entries.
    pub entries: Entries<C>,
    /// The leader's commit index.
    pub leader_commit: LogIndex,
    /// The leader's round, to be repeated in the response.
    pub round: u64,
}

/// What came of an [`AppendEntries`], or of anything that the leader of an earlier term has sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AppendEntriesResponse {
    /// The sender's term.
    pub term: Term,
    /// The round of the request; zero if that was of an earlier term.
    pub round: u64,
    /// Whether the logs met.
    pub outcome: AppendOutcome,
}

/// Whether the logs of leader and follower met.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AppendOutcome {
    /// The sender's durable log is the leader's up to here.
    Success {
        /// The last index the request was about.
        match_index: LogIndex,
    },
    /// The request comes from an earlier term.
    Stale,
    /// There is nothing, or something else, at the index before the entries.
    Conflict {
        /// That index.
        prev_log_index: LogIndex,
        /// The last index up to there at which the sender's log may be the same: before, it has no
        /// later term than the request has at its index.
        hint_index: LogIndex,
        /// The term of the sender's log there.
        hint_term: Term,
    },
}

/// Take this piece of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct InstallSnapshot<R> {
    /// The leader's term; the leader is the sender.
    pub term: Term,
    /// The snapshot that the piece belongs to.
    pub metadata: SnapshotMetadata,
    /// How many bytes come before the piece.
    pub offset: u64,
    /// The piece.
    pub data: Arc<[u8]>,
    /// The sessions come with the last piece, and so tell that it is the last.
    pub done: Option<Arc<Sessions<R>>>,
    /// The leader's round, to be repeated in the response.
    pub round: u64,
}

/// What has arrived of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct InstallSnapshotResponse {
    /// The sender's term.
    pub term: Term,
    /// The round of the request.
    pub round: u64,
    /// Which snapshot.
    pub last_included_index: LogIndex,
    /// How many bytes the sender has; the next piece begins there.
    pub next_offset: u64,
    /// The sender's durable state includes everything up to `last_included_index`.
    pub done: bool,
}

/// From which index on may I answer a read?
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ReadIndexRequest {
    /// The sender's term.
    pub term: Term,
    /// To be repeated in the response. Never the same again, also after a restart.
    pub ticket: u64,
}

/// From this index on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ReadIndexResponse {
    /// The sender's term.
    pub term: Term,
    /// The ticket of the request.
    pub ticket: u64,
    /// The index; `None` if the sender does not lead.
    pub read_index: Option<LogIndex>,
}

impl AppendOutcome {
    /// The last index the request was about, if the logs met.
    pub fn match_index(&self) -> Option<LogIndex> {
        let AppendOutcome::Success { match_index } = self else { return None };
        Some(*match_index)
    }
}

impl<C, R> Message<C, R> {
    /// The sender's term; of a [`PreVoteRequest`], the term it asks about.
    pub fn term(&self) -> Term {
        match self {
            Message::PreVoteRequest(message) => message.term,
            Message::PreVoteResponse(message) => message.term,
            Message::RequestVote(message) => message.term,
            Message::RequestVoteResponse(message) => message.term,
            Message::AppendEntries(message) => message.term,
            Message::AppendEntriesResponse(message) => message.term,
            Message::InstallSnapshot(message) => message.term,
            Message::InstallSnapshotResponse(message) => message.term,
            Message::TimeoutNow { term } => *term,
            Message::ReadIndexRequest(message) => message.term,
            Message::ReadIndexResponse(message) => message.term,
        }
    }
}

impl<C, R> Kind for Message<C, R> {
    fn kind(&self) -> &'static str {
        match self {
            Message::AppendEntries(append) if append.entries.is_empty() => "Heartbeat",
            _ => name_of!(self, Message: PreVoteRequest PreVoteResponse RequestVote
                RequestVoteResponse AppendEntries AppendEntriesResponse InstallSnapshot
                InstallSnapshotResponse TimeoutNow ReadIndexRequest ReadIndexResponse),
        }
    }
}
