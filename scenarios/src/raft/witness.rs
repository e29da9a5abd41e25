//! What is remembered of one node of a group: what its disk has, what it has in memory, how it was
//! after its last step, and what it is being given.

use std::sync::Arc;

use stormglass_machine::{NodeId, RequestId, Time};
use stormglass_raft::{
    AppendOutcome, ClientId, Configuration, LogIndex, Message, Request, Role, Stamp, Term, Timer,
};

use super::disk::{Configurations, Disk, Terms};
use super::host::{Ask, Given, Node, Said};
use super::store::Command;

/// No cluster here has more nodes than this.
pub const MOST_NODES: usize = 9;

/// What is remembered of a node.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What its disk has.
    pub disk: Disk,
    /// Its log as it is in memory.
    pub memory: Terms,
    /// The configurations in that log.
    pub configurations: Configurations,
    /// How it was after its last step.
    pub seen: Seen,
    /// What it has been given in the step under way.
    pub heard: Heard,
    /// For whom it has voted, by term.
    pub votes: Vec<Option<NodeId>>,
    /// Who has granted it a vote in a term, and who a pre-vote for one.
    pub granted: Grants,
    pub pre_granted: Grants,
    /// As a leader, which round each node has answered last, and when it was heard, by its clock.
    pub answered: [u64; MOST_NODES],
    pub heard_at: [Time; MOST_NODES],
    /// As a leader, up to where each node was last known to have the log.
    pub matched: [LogIndex; MOST_NODES],
    /// When it has heard a leader, by its clock, and which.
    pub led_by: Option<(Time, NodeId)>,
    /// Up to where what it takes for committed was compared.
    pub compared: LogIndex,
    /// Up to where a quorum was seen to have what it has committed as a leader.
    pub justified: LogIndex,
    /// The terms of what it has committed and its own disk has not yet, from an index on.
    pub claim: (LogIndex, Vec<Term>),
    /// Up to where its state was compared.
    pub verified: Option<LogIndex>,
    /// A lease, its term, and its end by the node's clock.
    pub lease: Option<(Term, Time)>,
    pub transfer_since: Option<Time>,
    /// The term for which a leader has asked it to stand.
    pub asked_to_stand: Term,
    pub pending: Vec<Pending>,
    /// As a leader, what followers read on behalf of others, by their tickets, and the round when
    /// they asked first.
    pub tickets: Vec<(NodeId, u64, u64)>,
    /// Whether these timers are set.
    pub election_armed: bool,
    pub heartbeat_armed: bool,
}

/// Who has granted something in a term.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grants {
    pub term: Term,
    /// As bits.
    pub voters: u32,
    /// Somebody has said so more than once.
    pub repeated: bool,
}

impl Grants {
    fn note(&mut self, term: Term, from: NodeId) {
        if term > self.term {
            *self = Grants { term, ..Grants::default() };
        }
        if term == self.term {
            self.repeated |= self.has(from);
            self.voters |= 1 << from.0;
        }
    }

    /// This node has.
    pub fn has(&self, node: NodeId) -> bool {
        self.voters & 1 << node.0 != 0
    }
}

/// How a node was after a step.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub role: Role,
    pub term: Term,
    pub vote: Option<NodeId>,
    pub commit: LogIndex,
    pub applied: LogIndex,
    pub last: LogIndex,
    pub configuration: LogIndex,
    pub confirmed: u64,
    pub in_transfer: bool,
}

/// What a node has been given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    pub start: bool,
    /// A message about a pre-vote; an answer to one, and of which term; and anything else.
    pub pre_vote: bool,
    pub pre_vote_response: bool,
    /// The term of an election, and where the log of who asks for it ends.
    pub pre_vote_request: Option<(Term, (Term, LogIndex))>,
    pub pre_vote_term: Term,
    pub other: bool,
    /// A leader has appended, or sent a snapshot.
    pub leader: bool,
    pub append: Option<(NodeId, Term)>,
    /// And was answered.
    pub append_answered: bool,
    /// A vote was given.
    pub vote: bool,
    /// A leader of an earlier term has appended.
    pub stale: bool,
    pub install: Option<(LogIndex, Term)>,
    /// An answer to a leader, and whose.
    pub answer: Option<NodeId>,
    pub heartbeat: bool,
    pub command: Option<RequestId>,
    pub higher_term: Term,
    /// Of messages that nobody may disregard.
    pub later_term: Term,
}

/// Something that was asked and is not answered yet.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: RequestId,
    pub asked: Asked,
    pub at: Time,
    /// What was committed then.
    pub committed: LogIndex,
    /// If the node led, the number of its last round then.
    pub round: Option<u64>,
}

/// What was asked.
#[derive(Clone, Debug)]
pub enum Asked {
    Command(Command, Option<Stamp>),
    Register(ClientId),
    Read,
    Other,
}

impl Seen {
    /// How it is now.
    pub fn of(raft: &Node) -> Self {
        Seen {
            role: raft.role(),
            term: raft.current_term(),
            vote: raft.voted_for(),
            commit: raft.commit_index(),
            applied: raft.last_applied(),
            last: raft.log().last_index(),
            configuration: raft.configuration_index(),
            confirmed: raft.leadership().confirmed_round(),
            in_transfer: raft.leadership().transfer_target().is_some(),
        }
    }
}

impl Witness {
    /// A node whose process has just begun.
    pub fn new(raft: &Node) -> Self {
        let first = Configuration::new(raft.options().initial_voters.clone());
        Witness {
            disk: Disk::default(),
            memory: Terms::default(),
            configurations: Configurations::new(Arc::new(first)),
            seen: Seen::of(raft),
            heard: Heard::default(),
            votes: Vec::new(),
            granted: Grants::default(),
            pre_granted: Grants::default(),
            answered: [0; MOST_NODES],
            heard_at: [Time::ZERO; MOST_NODES],
            matched: [0; MOST_NODES],
            led_by: None,
            compared: 0,
            justified: 0,
            claim: (0, Vec::new()),
            verified: None,
            lease: None,
            transfer_since: None,
            asked_to_stand: 0,
            pending: Vec::new(),
            tickets: Vec::new(),
            election_armed: false,
            heartbeat_armed: false,
        }
    }

    /// The configuration in force by the log.
    pub fn configuration(&self) -> &Arc<Configuration> {
        &self.configurations.newest().1
    }

    /// It is about to be given something, when so much is committed.
    pub fn given(
        &mut self,
        node: NodeId,
        raft: &Node,
        given: &Given<'_>,
        (now, clock): (Time, Time),
        committed: LogIndex,
    ) {
        self.heard.note(given);
        match given {
            // It may have heard a leader just before it went down.
            Given::Start if raft.current_term() > 0 => self.led_by = Some((clock, node)),
            Given::Start => {}
            Given::Message { from, message } => {
                let term = raft.current_term();
                self.heard.note_message(*from, message, term);
                self.hears(raft, *from, message, clock);
            }
            Given::Timer(timer) => self.arm(*timer, false),
            Given::Request { id, request } => {
                let round = (raft.role() == Role::Leader).then(|| raft.leadership().round());
                let asked = Asked::of(request);
                self.pending.push(Pending { id: *id, asked, at: now, committed, round });
            }
        }
    }

    fn hears(&mut self, raft: &Node, from: NodeId, message: &Said, clock: Time) {
        let (term, current) = (message.term(), raft.current_term());
        match message {
            Message::TimeoutNow { term } => self.asked_to_stand = term + 1,
            Message::PreVoteResponse(response) if response.vote_granted => {
                self.pre_granted.note(response.election_term, from);
            }
            Message::RequestVoteResponse(response) if response.vote_granted => {
                self.granted.note(response.term, from);
            }
            Message::AppendEntries(_) | Message::InstallSnapshot(_) if term >= current => {
                self.led_by = Some((clock, from));
            }
            Message::AppendEntriesResponse(response) if term == current => {
                // Who was asked by the leader of an earlier term has confirmed nothing.
                let stale = response.outcome == AppendOutcome::Stale;
                self.is_answered(from, if stale { 0 } else { response.round }, clock);
            }
            Message::InstallSnapshotResponse(response) if term == current => {
                self.is_answered(from, response.round, clock);
            }
            Message::ReadIndexRequest(request) if raft.role() == Role::Leader => {
                let known = |(node, ticket, _): &(NodeId, u64, u64)| {
                    (*node, *ticket) == (from, request.ticket)
                };
                if !self.tickets.iter().any(known) {
                    self.tickets.push((from, request.ticket, raft.leadership().round()));
                }
            }
            _ => {}
        }
    }

    fn is_answered(&mut self, from: NodeId, round: u64, clock: Time) {
        self.heard_at[from.index()] = clock;
        let answered = &mut self.answered[from.index()];
        *answered = (*answered).max(round);
    }

    /// A timer is set, or no longer.
    pub fn arm(&mut self, timer: Timer, armed: bool) {
        match timer {
            Timer::Election => self.election_armed = armed,
            Timer::Heartbeat => self.heartbeat_armed = armed,
            _ => {}
        }
    }
}

impl Heard {
    fn note(&mut self, given: &Given<'_>) {
        let pre_vote = matches!(
            given,
            Given::Message {
                message: Message::PreVoteRequest(_) | Message::PreVoteResponse(_),
                ..
            }
        );
        self.pre_vote |= pre_vote;
        self.other |= !pre_vote;
        match given {
            Given::Start => self.start = true,
            Given::Timer(timer) => self.heartbeat = *timer == Timer::Heartbeat,
            Given::Request { id, request: Request::ClientCommand { .. } } => {
                self.command = Some(*id);
            }
            _ => {}
        }
    }

    fn note_message(&mut self, from: NodeId, message: &Said, current: Term) {
        let term = message.term();
        if !matches!(message, Message::PreVoteRequest(_)) {
            self.higher_term = self.higher_term.max(term);
        }
        // A candidate is not followed by those who hear a leader.
        if !matches!(message, Message::PreVoteRequest(_) | Message::RequestVote(_)) {
            self.later_term = self.later_term.max(term);
        }
        match message {
            Message::PreVoteRequest(request) => {
                let last = (request.last_log_term, request.last_log_index);
                self.pre_vote_request = Some((request.term, last));
            }
            Message::PreVoteResponse(response) => {
                self.pre_vote_response = true;
                self.pre_vote_term = self.pre_vote_term.max(response.term);
            }
            Message::RequestVoteResponse(response) => self.vote |= response.vote_granted,
            Message::AppendEntries(_) if term < current => self.stale = true,
            Message::AppendEntries(_) => {
                self.leader = true;
                self.append = Some((from, term));
            }
            Message::InstallSnapshot(request) if term >= current => {
                let metadata = &request.metadata;
                self.leader = true;
                self.install = Some((metadata.last_included_index, metadata.last_included_term));
            }
            Message::AppendEntriesResponse(_) | Message::InstallSnapshotResponse(_)
                if term == current =>
            {
                self.answer = Some(from);
            }
            _ => {}
        }
    }
}

impl Asked {
    fn of(request: &Ask) -> Self {
        match request {
            Request::ClientCommand { command, session } => {
                Asked::Command(command.clone(), *session)
            }
            Request::Register { client } => Asked::Register(*client),
            Request::Read(_) => Asked::Read,
            Request::ConfigChange(_) | Request::TransferLeadership { .. } => Asked::Other,
        }
    }
}
