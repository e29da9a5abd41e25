//! One node of one group.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};

use crate::bug::Bug;
use crate::configuration::Configuration;
use crate::entry::{LogIndex, Term};
use crate::install::Incoming;
use crate::leadership::Leadership;
use crate::log::Log;
use crate::memberships::Memberships;
use crate::message::Message;
use crate::observer::{Level, Observation, Observer};
use crate::options::Options;
use crate::reads::Forwarded;
use crate::record::Record;
use crate::request::{Request, Response};
use crate::role::Role;
use crate::sessions::Sessions;
use crate::snapshot::Snapshot;
use crate::state_machine::StateMachine;
use crate::timer::Timer;

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
    pub(crate) incoming: Option<Incoming>,
    pub(crate) forwarded: Forwarded<S::Query>,
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
            incoming: None,
            forwarded: Forwarded::default(),
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

    /// Up to where the disk has the log once the effects of the last step have happened.
    pub fn durable_index(&self) -> LogIndex {
        self.durable_index
    }

    /// The last index known to be committed.
    pub fn commit_index(&self) -> LogIndex {
        self.commit_index
    }

    /// Is this index known to be committed?
    pub fn is_committed(&self, index: LogIndex) -> bool {
        index <= self.commit_index
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
    pub(crate) fn observe<'a>(
        &mut self,
        level: Level,
        observation: impl FnOnce() -> Observation<'a, S::Command>,
    ) where
        S::Command: 'a,
    {
        if level <= self.observer.min_level() {
            self.observer.observe(self.options.node, &observation());
        }
    }

    /// Is a quorum of the configuration in force among those that count?
    pub(crate) fn has_quorum(&self, counts: impl Fn(NodeId) -> bool) -> bool {
        let configuration = self.configuration();
        if self.options.planted.is_sound() {
            return configuration.has_quorum(counts);
        }
        self.has_flawed_quorum(configuration, &counts)
    }

    /// The highest value that a quorum of voters has reached.
    pub(crate) fn agreed(&self, value: impl Fn(NodeId) -> u64) -> u64 {
        if self.options.planted.is_sound() {
            return self.configuration().agreed(value);
        }
        let voters = self.configuration().members();
        let values = voters.map(&value).filter(|one| self.has_quorum(|node| value(node) >= *one));
        values.max().unwrap_or(0)
    }

    fn has_flawed_quorum(
        &self,
        configuration: &Configuration,
        counts: &impl Fn(NodeId) -> bool,
    ) -> bool {
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

    /// Hands a record to the disk. Whoever makes a promise that rests on it waits for the disk.
    pub(crate) fn write(
        &mut self,
        record: Record<S::Command, S::Response>,
        env: &mut Env<'_, Self>,
    ) {
        env.write(record);
        self.unflushed = true;
    }

    /// Waits for the disk, if it has anything to do.
    pub(crate) fn settle(&mut self, env: &mut Env<'_, Self>) {
        if self.unflushed {
            env.flush();
            self.settled();
        }
    }

    pub(crate) fn settled(&mut self) {
        self.unflushed = false;
        self.durable_index = self.log.last_index();
    }

    /// Sends a message that is true only of what the disk has.
    pub(crate) fn promise(
        &mut self,
        to: NodeId,
        message: Message<S::Command, S::Response>,
        env: &mut Env<'_, Self>,
    ) {
        self.settle(env);
        self.send(to, message, env);
    }

    /// Sends a message that promises nothing but a term that the disk has.
    pub(crate) fn send(
        &mut self,
        to: NodeId,
        message: Message<S::Command, S::Response>,
        env: &mut Env<'_, Self>,
    ) {
        let kind = message.kind();
        self.observe(Level::Trace, || Observation::MessageSent { to, kind });
        env.send(to, message);
    }

    pub(crate) fn set_timer(&mut self, timer: Timer, after: Duration, env: &mut Env<'_, Self>) {
        self.observe(Level::Debug, || Observation::TimerReset { timer });
        env.set_timer(timer, after);
    }

    fn receive(
        &mut self,
        from: NodeId,
        message: Message<S::Command, S::Response>,
        env: &mut Env<'_, Self>,
    ) {
        let kind = message.kind();
        self.observe(Level::Trace, || Observation::MessageReceived { from, kind });
        if from == self.id() || !self.take_term(from, &message, env) {
            return;
        }
        match message {
            Message::PreVoteRequest(request) => self.pre_vote_request(from, &request, env),
            Message::PreVoteResponse(response) => self.pre_vote_response(from, &response, env),
            Message::RequestVote(request) => self.request_vote(from, &request, env),
            Message::RequestVoteResponse(response) => {
                self.request_vote_response(from, &response, env);
            }
            Message::AppendEntries(request) => self.append_entries(from, &request, env),
            Message::AppendEntriesResponse(response) => {
                self.append_entries_response(from, &response, env);
            }
            Message::InstallSnapshot(request) => self.install_snapshot(from, request, env),
            Message::InstallSnapshotResponse(response) => {
                self.install_snapshot_response(from, &response, env);
            }
            Message::TimeoutNow { .. } => self.timeout_now(from, env),
            Message::ReadIndexRequest(request) => self.read_index_request(from, &request, env),
            Message::ReadIndexResponse(response) => self.read_index_response(&response, env),
        }
    }

    fn fire(&mut self, timer: Timer, env: &mut Env<'_, Self>) {
        self.observe(Level::Debug, || Observation::TimerFired { timer });
        match timer {
            Timer::Election => self.election_timeout(env),
            Timer::Heartbeat => self.heartbeat(env),
            Timer::Batch => self.append_batch(env),
            Timer::Transfer => self.transfer_timed_out(env),
            Timer::Read => self.forwarded_reads_timed_out(env),
        }
    }

    fn serve(
        &mut self,
        id: stormglass_machine::RequestId,
        request: Request<S::Command, S::Query>,
        env: &mut Env<'_, Self>,
    ) {
        match request {
            Request::ClientCommand { command, session } => {
                self.submit_client_command(id, command, session, env);
            }
            Request::Register { client } => self.submit_registration(id, client, env),
            Request::Read(query) => self.read(id, query, env),
            Request::ConfigChange(change) => self.change_configuration(id, change, env),
            Request::TransferLeadership { to } => self.transfer_leadership(id, to, env),
        }
    }

    fn check_invariants(&self) {
        self.insist(self.last_applied <= self.commit_index, "applied more than is committed");
        self.insist(self.commit_index <= self.log.last_index(), "committed more than it has");
        self.insist(self.log.base() <= self.snapshot_index(), "compacted without a snapshot");
        self.insist(self.snapshot_index() <= self.last_applied, "a snapshot of the future");
    }
}

impl<S: StateMachine> Machine for Raft<S> {
    type Message = Message<S::Command, S::Response>;
    type Request = Request<S::Command, S::Query>;
    type Response = Response<S::Response>;
    type Timer = Timer;
    type Record = Record<S::Command, S::Response>;

    fn restore(&mut self, record: Self::Record) {
        self.take_back(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start => self.start(env),
            Input::Message { from, message } => self.receive(from, message, env),
            Input::Timer(timer) => self.fire(timer, env),
            Input::Request { id, request } => self.serve(id, request, env),
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
