//! One node of one group.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};

use crate::{
    Bug, Chunk, Configuration, ForwardedRead, Leadership, Log, LogIndex, Memberships, Message,
    MessageOf, Observation, Observer, Options, Payload, Peer, Record, Request, Response, Role,
    Sessions, Snapshot, StateMachine, Step, Term, Timer,
};

/// One node of one group: its log, its state machine, and what it knows of the others.
#[derive(Clone, Debug)]
pub struct Raft<S: StateMachine> {
    pub(crate) options: Options,
    pub(crate) machine: S,
    pub(crate) observer: S::Observer,

    // On disk, or about to be: see `unflushed`.
    pub(crate) term: Term,
    pub(crate) voted_for: Option<NodeId>,
    pub(crate) log: Log<S::Command>,
    pub(crate) snapshot: Option<Arc<Snapshot<S::Response>>>,
    /// What has arrived of a snapshot that is on its way, in order.
    pub(crate) incoming: Vec<Chunk>,
    /// Something was written, but the disk was not waited for.
    pub(crate) unflushed: bool,
    /// Up to where the disk has the log.
    pub(crate) durable_index: LogIndex,

    // What follows from the log.
    pub(crate) memberships: Memberships,
    pub(crate) sessions: Sessions<S::Response>,
    pub(crate) commit_index: LogIndex,
    pub(crate) last_applied: LogIndex,

    pub(crate) role: Role,
    pub(crate) leader: Option<NodeId>,
    /// When the promise to vote for nobody but the leader was last renewed.
    pub(crate) promised_at: Option<Time>,
    /// Who has granted the (pre-)vote that is under way. A set.
    pub(crate) votes: Vec<NodeId>,
    pub(crate) leadership: Leadership<S>,
    pub(crate) forwarded: Vec<ForwardedRead<S::Query>>,
    pub(crate) next_ticket: u64,
}

impl<S: StateMachine> Raft<S> {
    /// A node whose process is about to start, with a state machine in its first state.
    ///
    /// # Panics
    ///
    /// If the options are not valid.
    pub fn new(options: Options, machine: S) -> Raft<S> {
        if let Err(error) = options.validate() {
            panic!("the options of node {} are not valid: {error:?}", options.node);
        }
        let initial = Arc::new(Configuration::new(options.initial_voters.clone()));
        Raft {
            machine,
            observer: S::Observer::default(),
            term: 0,
            voted_for: None,
            log: Log::new(0, 0),
            snapshot: None,
            incoming: Vec::new(),
            unflushed: false,
            durable_index: 0,
            memberships: Memberships::new(0, initial),
            sessions: Sessions::default(),
            commit_index: 0,
            last_applied: 0,
            role: Role::Follower,
            leader: None,
            promised_at: None,
            votes: Vec::new(),
            leadership: Leadership::default(),
            forwarded: Vec::new(),
            next_ticket: 0,
            options,
        }
    }

    /// The same with this observer.
    #[must_use]
    pub fn with_observer(self, observer: S::Observer) -> Raft<S> {
        Raft { observer, ..self }
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The node.
    pub fn id(&self) -> NodeId {
        self.options.node
    }

    /// The observer.
    pub fn observer(&self) -> &S::Observer {
        &self.observer
    }

    /// The state machine, with everything up to [`last_applied`](Raft::last_applied).
    pub fn state_machine(&self) -> &S {
        &self.machine
    }

    /// The current term. The disk has it, and the vote, before any message tells of it.
    pub fn current_term(&self) -> Term {
        self.term
    }

    /// Who has this node's vote in the current term.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.voted_for
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The leader of the current term, if it has been heard.
    pub fn current_leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// The log behind what is compacted away.
    pub fn log(&self) -> &Log<S::Command> {
        &self.log
    }

    /// The last index known to be committed.
    pub fn commit_index(&self) -> LogIndex {
        self.commit_index
    }

    /// The last index that the state machine has seen.
    pub fn last_applied(&self) -> LogIndex {
        self.last_applied
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot<S::Response>> {
        self.snapshot.as_deref()
    }

    /// The sessions of the clients.
    pub fn sessions(&self) -> &Sessions<S::Response> {
        &self.sessions
    }

    /// The configuration in force: the newest in the log, committed or not.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration_entry().1
    }

    /// The index of the entry that brought the configuration in force; zero for the first one.
    pub fn configuration_index(&self) -> LogIndex {
        self.configuration_entry().0
    }

    /// What a leader knows of its followers, its reads and its lease; only of interest while the
    /// node leads.
    pub fn leadership(&self) -> &Leadership<S> {
        &self.leadership
    }

    /// The candidates' and pre-candidates' tally: who has granted so far.
    pub fn votes(&self) -> &[NodeId] {
        &self.votes
    }

    pub(crate) fn configuration_entry(&self) -> &(LogIndex, Arc<Configuration>) {
        if self.has(Bug::ConfigurationWhenCommitted) {
            return self.memberships.at(self.commit_index);
        }
        self.memberships.newest()
    }

    pub(crate) fn snapshot_index(&self) -> LogIndex {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.metadata.last_included_index)
    }

    /// Is this bug planted?
    #[inline]
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.options.planted.has(bug)
    }

    /// What must hold. With a planted bug it may not: that is then for the checkers to find.
    pub(crate) fn insist(&self, holds: bool, sentence: &str) {
        assert!(holds || !self.options.planted.is_sound(), "node {}: {sentence}", self.id());
    }

    #[inline]
    pub(crate) fn observe(&mut self, observation: Observation<'_, S::Command>) {
        if observation.level() <= self.observer.min_level() {
            self.observer.observe(self.options.node, &observation);
        }
    }

    /// Is a quorum of the configuration in force among those that count?
    pub(crate) fn has_quorum(&self, counts: impl Fn(NodeId) -> bool) -> bool {
        match self.options.planted.is_sound() {
            true => self.configuration().has_quorum(counts),
            false => self.has_flawed_quorum(&counts),
        }
    }

    /// The highest value that a quorum of voters has reached, by what is known of the followers;
    /// this node's is known anyway. `None` if too few have a value at all.
    pub(crate) fn agreed<T: Ord + Copy>(
        &self,
        own: T,
        of: impl Fn(&Peer<S::Response>) -> T,
    ) -> Option<T> {
        let value = |node| match self.leadership.peer(node) {
            Some(peer) => Some(of(peer)),
            None => (node == self.id()).then_some(own),
        };
        // Most have the same value, and it is counted once who has reached that.
        let agrees = |one, best| one > best && self.has_quorum(|node| value(node) >= one);
        let higher = |best, one| if agrees(one, best) { one } else { best };
        self.configuration().members().map(value).fold(None, higher)
    }

    fn has_flawed_quorum(&self, counts: &impl Fn(NodeId) -> bool) -> bool {
        let configuration = self.configuration();
        let voters = configuration.voters();
        let counted = voters.iter().filter(|node| counts(**node)).count();
        if self.has(Bug::HalfIsMajority) {
            counted >= voters.len() / 2 && counted > 0
        } else if self.has(Bug::OneMajorityInJoint) {
            counted > voters.len() / 2
        } else if self.has(Bug::RemovedLeaderCounts) && !configuration.is_voter(self.id()) {
            counted + usize::from(self.role == Role::Leader) > voters.len() / 2
        } else {
            configuration.has_quorum(counts)
        }
    }

    pub(crate) fn settled(&mut self) {
        self.unflushed = false;
        self.durable_index = self.log.last_index();
    }

    fn check_invariants(&self) {
        self.insist(self.last_applied <= self.commit_index, "applied more than is committed");
        self.insist(self.commit_index <= self.log.last_index(), "committed more than it has");
        self.insist(self.log.base() <= self.snapshot_index(), "compacted without a snapshot");
        self.insist(self.snapshot_index() <= self.last_applied, "a snapshot of the future");
    }
}

impl<S: StateMachine> Step<'_, '_, S> {
    /// Hands a record to the disk. Whoever makes a promise that rests on it waits for the disk.
    pub(crate) fn write(&mut self, record: Record<S::Command, S::Response>) {
        self.env.write(record);
        self.unflushed = true;
    }

    /// Waits for the disk, if it has anything to do.
    pub(crate) fn settle(&mut self) {
        if self.unflushed {
            self.env.flush();
            self.settled();
        }
    }

    /// Sends a message that is true only of what the disk has.
    pub(crate) fn promise(&mut self, to: NodeId, message: MessageOf<S>) {
        self.settle();
        self.send(to, message);
    }

    /// Sends a message that promises nothing but a term that the disk has.
    pub(crate) fn send(&mut self, to: NodeId, message: MessageOf<S>) {
        let kind = message.kind();
        self.observe(Observation::MessageSent { to, kind });
        self.env.send(to, message);
    }

    pub(crate) fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.observe(Observation::TimerReset { timer });
        self.env.set_timer(timer, after);
    }

    fn receive(&mut self, from: NodeId, message: MessageOf<S>) {
        let kind = message.kind();
        self.observe(Observation::MessageReceived { from, kind });
        if from == self.id() || !self.take_term(from, &message) {
            return;
        }
        match message {
            Message::PreVoteRequest(request) => self.pre_vote_request(from, &request),
            Message::PreVoteResponse(reply) => self.pre_vote_response(from, &reply),
            Message::RequestVote(request) => self.request_vote(from, &request),
            Message::RequestVoteResponse(reply) => self.request_vote_response(from, &reply),
            Message::AppendEntries(request) => self.append_entries(from, &request),
            Message::AppendEntriesResponse(reply) => self.append_entries_response(from, &reply),
            Message::InstallSnapshot(request) => self.install_snapshot(from, request),
            Message::InstallSnapshotResponse(reply) => self.chunk_response(from, &reply),
            Message::TimeoutNow { .. } => self.timeout_now(from),
            Message::ReadIndexRequest(request) => self.read_index_request(from, &request),
            Message::ReadIndexResponse(reply) => self.read_index_response(&reply),
        }
    }

    fn fire(&mut self, timer: Timer) {
        self.observe(Observation::TimerFired { timer });
        match timer {
            Timer::Election => self.election_timeout(),
            Timer::Heartbeat => self.heartbeat(),
            Timer::Batch => self.append_batch(),
            Timer::Transfer => self.transfer_timed_out(),
            Timer::Read => self.forwarded_reads_timed_out(),
        }
    }

    fn serve(&mut self, id: stormglass_machine::RequestId, request: Request<S::Command, S::Query>) {
        match request {
            Request::ClientCommand { command, session } => {
                let command = Arc::new(command);
                self.propose(id, Payload::Command { command, session });
            }
            Request::Register { client } => self.propose(id, Payload::Register(client)),
            Request::Read(query) => self.read(id, query),
            Request::ConfigChange(change) => self.change_configuration(id, change),
            Request::TransferLeadership { to } => self.transfer_leadership(id, to),
        }
    }
}

impl<S: StateMachine> Machine for Raft<S> {
    type Message = MessageOf<S>;
    type Request = Request<S::Command, S::Query>;
    type Response = Response<S::Response>;
    type Timer = Timer;
    type Record = Record<S::Command, S::Response>;

    fn restore(&mut self, record: Self::Record) {
        self.take_back(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let mut step = Step { raft: self, env };
        match input {
            Input::Start => step.start(),
            Input::Message { from, message } => step.receive(from, message),
            Input::Timer(timer) => step.fire(timer),
            Input::Request { id, request } => step.serve(id, request),
        }
        self.check_invariants();
    }

    /// The role; a follower without a vote is a `"Learner"`.
    fn state(&self) -> &'static str {
        match self.role {
            Role::Follower if !self.configuration().is_voter(self.id()) => "Learner",
            role => role.name(),
        }
    }
}
