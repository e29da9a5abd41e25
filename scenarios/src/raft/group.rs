//! What is remembered of one group: of each node, of the log, of what was asked and answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stormglass_machine::{NodeId, RequestId, Time};
use stormglass_raft::{
    ClientId, Configuration, LogIndex, Message, Record, Request, Role, Stamp, Term, Timer,
};

use super::disk::{Configurations, Disk, Terms, Written};
use super::entries::Entries;
use super::findings::{Findings, Judge};
use super::history::History;
use super::host::{Act, Ask, Given, Node};
use super::judge;
use super::store::{Answer, Command};

/// No cluster here has more nodes than this.
pub const MOST_NODES: usize = 9;

/// What is remembered of one group.
#[derive(Debug)]
pub struct Group {
    pub witnesses: Vec<Witness>,
    pub history: History,
    pub entries: Entries,
    /// Its nodes have a part in other groups, too.
    pub has_neighbours: bool,
    /// Who leads each term.
    pub leaders: Vec<Option<NodeId>>,
    /// The bytes of each snapshot, by its index.
    pub snapshots: BTreeMap<LogIndex, Arc<[u8]>>,
    /// What the commands of sessions were answered.
    pub answers: BTreeMap<(ClientId, u64), (LogIndex, Answer)>,
    /// The term in which something was committed since the last look.
    pub committed_in: Option<Term>,
    /// The highest term at the end of the faults, and how often a node was asked to stand by then.
    pub term_at_heal: Term,
    pub asked_at_heal: u64,
    /// How often a node was asked to stand.
    pub asked_to_stand: u64,
    pub findings: Findings,
    pub tally: Tally,
}

/// What is counted, not judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub elections: u64,
    pub commits: u64,
    pub snapshots_installed: u64,
    pub reads: u64,
    pub configurations: u64,
    pub joint: u64,
    pub transfers: u64,
    pub stale_reads: u64,
    pub truncations: u64,
}

/// What is remembered of a node.
#[derive(Debug)]
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
    /// Who has granted it a vote in a term, and who a pre-vote for one, as bits.
    pub granted: (Term, u32),
    pub pre_granted: (Term, u32),
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

/// A step that has been made.
pub struct Step<'a> {
    pub node: NodeId,
    pub raft: &'a Node,
    /// How the node was before.
    pub before: Seen,
    pub heard: Heard,
    pub now: Time,
    /// How long the faults have been over.
    pub calm: Option<Duration>,
    /// The clock of each node.
    pub clocks: &'a dyn Fn(NodeId) -> Time,
}

impl Step<'_> {
    /// The node's own clock.
    pub fn clock(&self) -> Time {
        (self.clocks)(self.node)
    }

    /// It has become leader in this step, or leads another term.
    pub fn was_elected(&self) -> bool {
        let leads = self.raft.role() == Role::Leader;
        let term = self.raft.current_term();
        leads && (self.before.role != Role::Leader || self.before.term != term)
    }
}

impl Seen {
    fn of(raft: &Node) -> Self {
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
    fn new(raft: &Node) -> Self {
        let first = Configuration::new(raft.options().initial_voters.clone());
        Witness {
            disk: Disk::default(),
            memory: Terms::default(),
            configurations: Configurations::new(Arc::new(first)),
            seen: Seen::of(raft),
            heard: Heard::default(),
            votes: Vec::new(),
            granted: (0, 0),
            pre_granted: (0, 0),
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
}

impl Group {
    /// A group of so many nodes that all begin as this one.
    pub fn new(raft: &Node, count: u32) -> Self {
        let first = Configuration::new(raft.options().initial_voters.clone());
        Group {
            witnesses: (0..count).map(|_| Witness::new(raft)).collect(),
            history: History::new(Arc::new(first), raft.options().session_limit),
            entries: Entries::default(),
            has_neighbours: false,
            leaders: Vec::new(),
            snapshots: BTreeMap::new(),
            answers: BTreeMap::new(),
            committed_in: None,
            term_at_heal: 0,
            asked_at_heal: 0,
            asked_to_stand: 0,
            findings: Findings::default(),
            tally: Tally::default(),
        }
    }

    /// What is remembered of a node.
    pub fn of(&self, node: NodeId) -> &Witness {
        &self.witnesses[node.index()]
    }

    pub fn of_mut(&mut self, node: NodeId) -> &mut Witness {
        &mut self.witnesses[node.index()]
    }

    /// Takes note of what is wrong, if it is.
    #[inline(always)]
    pub fn ensure(
        &mut self,
        holds: bool,
        judge: Judge,
        cause: &'static str,
        detail: impl FnOnce(&Group) -> String,
    ) {
        if !holds {
            let detail = detail(self);
            self.findings.add(judge, cause, detail);
        }
    }

    /// A process has taken its records back, and is about to be told so.
    pub fn started(&mut self, node: NodeId, raft: &Node) {
        let first = Arc::new(Configuration::new(raft.options().initial_voters.clone()));
        let witness = self.of_mut(node);
        let disk = std::mem::take(&mut witness.disk);
        let votes = std::mem::take(&mut witness.votes);
        *witness = Witness { disk, votes, ..Witness::new(raft) };
        witness.configurations.replace(0, first);
        witness.memory = witness.disk.log.clone();
        // What is compacted away is not looked at again, but for the last of it.
        witness.compared = witness.memory.base().saturating_sub(1);
        judge::terms::restarted(self, node, raft);
    }

    /// One of the records that it has taken back, after all were read.
    pub fn took_back(&mut self, node: NodeId, record: &Written) {
        self.of_mut(node).configurations.follow(record);
    }

    /// A node is about to be given something.
    pub fn given(&mut self, node: NodeId, raft: &Node, given: &Given<'_>, now: Time, clock: Time) {
        let mut heard = self.of(node).heard;
        let pre_votes = matches!(
            given,
            Given::Message {
                message: Message::PreVoteRequest(_) | Message::PreVoteResponse(_),
                ..
            }
        );
        heard.pre_vote |= pre_votes;
        heard.other |= !pre_votes;
        match given {
            Given::Start => {
                heard.start = true;
                // It may have heard a leader just before it went down.
                if raft.current_term() > 0 {
                    self.of_mut(node).led_by = Some((clock, node));
                }
            }
            Given::Message { from, message } => {
                self.hears(node, raft, *from, message, clock, &mut heard)
            }
            Given::Timer(timer) => {
                heard.heartbeat = *timer == Timer::Heartbeat;
                self.fired(node, *timer);
            }
            Given::Request { id, request } => {
                let round = (raft.role() == Role::Leader).then(|| raft.leadership().round());
                self.asked(node, *id, request, (now, round), &mut heard);
            }
        }
        self.of_mut(node).heard = heard;
    }

    fn hears(
        &mut self,
        node: NodeId,
        raft: &Node,
        from: NodeId,
        message: &super::host::Said,
        clock: Time,
        heard: &mut Heard,
    ) {
        let (term, current) = (message.term(), raft.current_term());
        let witness = self.of_mut(node);
        if !matches!(message, Message::PreVoteRequest(_)) {
            heard.higher_term = heard.higher_term.max(term);
        }
        // A candidate is not followed by those who hear a leader.
        if !matches!(message, Message::PreVoteRequest(_) | Message::RequestVote(_)) {
            heard.later_term = heard.later_term.max(term);
        }
        match message {
            Message::PreVoteRequest(request) => {
                let last = (request.last_log_term, request.last_log_index);
                heard.pre_vote_request = Some((request.term, last));
            }
            Message::TimeoutNow { term } => {
                witness.asked_to_stand = term + 1;
                self.asked_to_stand += 1;
            }
            Message::AppendEntries(_) if term < current => heard.stale = true,
            Message::PreVoteResponse(response) => {
                heard.pre_vote_response = true;
                heard.pre_vote_term = heard.pre_vote_term.max(response.term);
                if response.vote_granted {
                    note_grant(&mut witness.pre_granted, response.election_term, from);
                }
            }
            Message::RequestVoteResponse(response) if response.vote_granted => {
                heard.vote = true;
                note_grant(&mut witness.granted, response.term, from);
            }
            Message::AppendEntries(_) | Message::InstallSnapshot(_) if term >= current => {
                heard.leader = true;
                witness.led_by = Some((clock, from));
                match message {
                    Message::InstallSnapshot(request) => {
                        let metadata = &request.metadata;
                        heard.install =
                            Some((metadata.last_included_index, metadata.last_included_term));
                    }
                    _ => heard.append = Some((from, term)),
                }
            }
            Message::AppendEntriesResponse(_) | Message::InstallSnapshotResponse(_)
                if term == current =>
            {
                heard.answer = Some(from);
                let round = match message {
                    Message::AppendEntriesResponse(response) => response.round,
                    Message::InstallSnapshotResponse(response) => response.round,
                    _ => 0,
                };
                witness.heard_at[from.index()] = clock;
                let answered = &mut witness.answered[from.index()];
                *answered = (*answered).max(round);
            }
            Message::ReadIndexRequest(request) if raft.role() == Role::Leader => {
                let known = |(node, ticket, _): &(NodeId, u64, u64)| {
                    (*node, *ticket) == (from, request.ticket)
                };
                if !witness.tickets.iter().any(known) {
                    witness.tickets.push((from, request.ticket, raft.leadership().round()));
                }
            }
            _ => {}
        }
    }

    fn fired(&mut self, node: NodeId, timer: Timer) {
        let witness = self.of_mut(node);
        match timer {
            Timer::Election => witness.election_armed = false,
            Timer::Heartbeat => witness.heartbeat_armed = false,
            _ => {}
        }
    }

    fn asked(
        &mut self,
        node: NodeId,
        id: RequestId,
        request: &Ask,
        (at, round): (Time, Option<u64>),
        heard: &mut Heard,
    ) {
        let asked = match request {
            Request::ClientCommand { command, session } => {
                heard.command = Some(id);
                Asked::Command(command.clone(), *session)
            }
            Request::Register { client } => Asked::Register(*client),
            Request::Read(_) => Asked::Read,
            Request::ConfigChange(_) | Request::TransferLeadership { .. } => Asked::Other,
        };
        let committed = self.history.last();
        self.of_mut(node).pending.push(Pending { id, asked, at, committed, round });
    }

    /// A step was made, and this is something that is going to happen.
    #[inline]
    pub fn planned(&mut self, node: NodeId, raft: &Node, act: Act<'_>, clock: Time) {
        match act {
            Act::Send { to, message } => {
                judge::messages::truth(self, node, raft, to, message);
                judge::elections::would_depose(self, node, raft, to, message, clock);
                judge::elections::would_vote(self, node, raft, to, message, clock);
                judge::transfers::hands_over(self, node, to, message);
                judge::reads::allowed(self, node, raft, to, message, clock);
                if let Message::AppendEntriesResponse(_) = message {
                    self.of_mut(node).heard.append_answered = true;
                }
            }
            Act::Write(record) => {
                if let Record::Ballot { .. } = record {
                    judge::elections::ballot(self, node, raft);
                }
                judge::log::written(self, node, raft, record);
            }
            Act::SetTimer(timer) => {
                judge::time::set(self, node, timer);
                self.arm(node, timer, true);
            }
            Act::CancelTimer(timer) => self.arm(node, timer, false),
            Act::Respond { id, response } => {
                judge::replies::planned(self, node, id, response);
                judge::reads::served(self, node, raft, id, response, clock);
            }
        }
    }

    fn arm(&mut self, node: NodeId, timer: Timer, armed: bool) {
        let witness = self.of_mut(node);
        match timer {
            Timer::Election => witness.election_armed = armed,
            Timer::Heartbeat => witness.heartbeat_armed = armed,
            _ => {}
        }
    }

    /// A step was made, and all that is going to happen has been looked at.
    pub fn stepped(
        &mut self,
        node: NodeId,
        raft: &Node,
        now: Time,
        calm: Option<Duration>,
        clocks: &dyn Fn(NodeId) -> Time,
    ) {
        let Witness { seen: before, heard, .. } = *self.of(node);
        let silent = heard.append.is_some() && !heard.append_answered;
        self.ensure(!silent, Judge::AppendAnswered, "", |_| {
            format!("node {node} does not answer an append: {:?}", heard.append)
        });
        let step = Step { node, raft, before, heard, now, calm, clocks };
        judge::terms::stepped(self, &step);
        judge::elections::stepped(self, &step);
        judge::configurations::stepped(self, &step);
        judge::commits::stepped(self, &step);
        judge::state::stepped(self, &step);
        judge::progress::stepped(self, &step);
        judge::reads::stepped(self, &step);
        judge::transfers::stepped(self, &step);
        judge::time::stepped(self, &step);
        if self.has_neighbours {
            judge::isolation::stepped(self, &step);
        }
        let witness = self.of_mut(node);
        (witness.seen, witness.heard) = (Seen::of(raft), Heard::default());
    }

    /// Something happens.
    #[inline]
    pub fn done(&mut self, node: NodeId, act: Act<'_>) {
        match act {
            Act::Send { to, message } => judge::promises::sent(self, node, to, message),
            Act::Write(record) => self.of_mut(node).disk.write(record),
            Act::Respond { id, response } => judge::replies::answered(self, node, id, response),
            Act::SetTimer(_) | Act::CancelTimer(_) => {}
        }
    }

    /// What was on its way to a disk has arrived.
    pub fn flushed(&mut self, node: NodeId) {
        if self.of(node).disk.is_settled() {
            return;
        }
        let mut records = self.of_mut(node).disk.take_unflushed();
        for record in &records {
            judge::log::durable(self, node, record);
            self.of_mut(node).disk.keep(record);
        }
        records.clear();
        self.of_mut(node).disk.reuse(records);
        judge::commits::flushed(self, node);
    }

    /// A process has ended; its disk has been read again.
    pub fn crashed(&mut self, node: NodeId) {
        judge::commits::crashed(self, node);
        let witness = self.of_mut(node);
        witness.pending.clear();
        witness.claim.1.clear();
        witness.lease = None;
        witness.heard = Heard::default();
    }
}

fn note_grant((term, voters): &mut (Term, u32), of: Term, from: NodeId) {
    if of > *term {
        (*term, *voters) = (of, 0);
    }
    if of == *term {
        *voters |= 1 << from.0;
    }
}

/// A majority of a set of voters.
pub fn majority(voters: &[NodeId], counts: impl Fn(NodeId) -> bool) -> bool {
    let counted = voters.iter().filter(|voter| counts(**voter)).count();
    counted * 2 > voters.len()
}

/// A majority of the voters, and of those they take the place of.
pub fn quorum(configuration: &Configuration, counts: impl Fn(NodeId) -> bool) -> bool {
    majority(configuration.voters(), &counts)
        && (!configuration.is_joint() || majority(configuration.outgoing(), &counts))
}
