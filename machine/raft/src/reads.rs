//! Linearizable reads. A read is answered from a state that includes everything committed when it
//! was asked, by a leader that makes sure, after it was asked, that it still leads: by a round that
//! a quorum confirms, or by a lease, which is such a round from a moment ago and the promise of
//! its quorum to elect nobody else for a while (Ongaro 2014, section 6.4).

use alloc::vec::Vec;

use stormglass_machine::{Env, NodeId, RequestId, Time};

use crate::bug::Bug;
use crate::entry::LogIndex;
use crate::message::{Message, ReadIndexRequest, ReadIndexResponse};
use crate::observer::{Level, Observation};
use crate::raft::Raft;
use crate::request::{ReadError, Response};
use crate::role::Role;
use crate::state_machine::StateMachine;
use crate::timer::Timer;

/// A read that waits for its round. Invariant: rounds do not fall along the queue.
#[derive(Clone, Debug)]
pub(crate) struct PendingRead<Q> {
    /// The first round that began after the read was asked.
    round: u64,
    reader: Reader<Q>,
}

/// Who reads.
#[derive(Clone, Debug)]
enum Reader<Q> {
    /// A client of this node.
    Client { id: RequestId, query: Q },
    /// A follower, for a client of its own.
    Follower { node: NodeId, ticket: u64 },
}

/// The reads that a follower has asked its leader about.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded<Q> {
    next_ticket: u64,
    waiting: Vec<ForwardedRead<Q>>,
}

#[derive(Clone, Debug)]
struct ForwardedRead<Q> {
    ticket: u64,
    id: RequestId,
    query: Q,
    deadline: Time,
    /// Known once the leader has answered.
    read_index: Option<LogIndex>,
}

impl<Q> Default for Forwarded<Q> {
    fn default() -> Self {
        Forwarded { next_ticket: 0, waiting: Vec::new() }
    }
}

impl<Q> Forwarded<Q> {
    /// Tickets start anywhere, so that no answer from before a restart fits one of today.
    pub(crate) fn start(&mut self, ticket: u64) {
        self.next_ticket = ticket;
    }
}

impl<S: StateMachine> Raft<S> {
    /// Does this leader hold a lease at `now`, by its own monotonic clock?
    pub fn lease_is_valid(&self, now: Time) -> bool {
        self.lease_expires_at().is_some_and(|end| now < end)
    }

    /// When this leader's lease ends, by its own monotonic clock, if it has one.
    pub fn lease_expires_at(&self) -> Option<Time> {
        let leads = self.role == Role::Leader && !self.leadership.lease_forfeited;
        let duration = self.options.lease_duration.filter(|_| leads)?;
        Some(self.leadership.lease_from? + duration)
    }

    /// The clock that leases are measured by.
    pub(crate) fn lease_clock(&self, env: &Env<'_, Self>) -> Time {
        if self.has(Bug::LeaseByWallClock) { env.wall() } else { env.now() }
    }

    /// A leader knows everything that is committed once an entry of its own term is.
    fn knows_commit_index(&self) -> bool {
        self.log.term_at(self.commit_index) == Some(self.term)
    }

    pub(crate) fn read(&mut self, id: RequestId, query: S::Query, env: &mut Env<'_, Self>) {
        let leader = self.leader.filter(|_| self.options.follower_reads);
        if self.role == Role::Leader {
            self.confirm_read(Reader::Client { id, query }, env);
        } else if self.has(Bug::FollowerServesReads) {
            self.answer_client(id, &query, env);
        } else if let Some(leader) = leader {
            self.forward_read(id, query, leader, env);
        } else {
            let error = ReadError::NotLeader { leader_hint: self.leader };
            env.respond(id, Response::ReadRefused(error));
        }
    }

    /// Answers at once under a lease; otherwise the read waits for a round that begins now, or, if
    /// reads wait for one already, for the round after that.
    fn confirm_read(&mut self, reader: Reader<S::Query>, env: &mut Env<'_, Self>) {
        let leased = self.lease_is_valid(self.lease_clock(env)) || self.has(Bug::ReadUnconfirmed);
        if leased && self.knows_commit_index() {
            self.answer_reader(reader, env);
            return;
        }
        let idle = self.leadership.reads.is_empty();
        let round = match self.round_of_twin(&reader) {
            Some(round) if self.has(Bug::ReadKeyedByClient) => round,
            _ if self.has(Bug::OldRoundConfirms) => self.leadership.round,
            _ => self.leadership.round + 1,
        };
        self.leadership.reads.push_back(PendingRead { round, reader });
        if self.has(Bug::OldRoundConfirms) {
            self.serve_confirmed_reads(env);
        } else if idle {
            self.begin_round(env);
        }
    }

    /// The round of a read that waits with the same ticket.
    fn round_of_twin(&self, reader: &Reader<S::Query>) -> Option<u64> {
        let Reader::Follower { ticket, .. } = reader else { return None };
        let twin = |read: &&PendingRead<_>| match &read.reader {
            Reader::Follower { ticket: other, .. } => other == ticket,
            Reader::Client { .. } => false,
        };
        self.leadership.reads.iter().find(twin).map(|read| read.round)
    }

    /// Takes note of the rounds that a quorum has answered, of the lease that follows, and of the
    /// reads that waited for them.
    pub(crate) fn confirm_rounds(&mut self, env: &mut Env<'_, Self>) {
        if self.leadership.rounds.is_empty() {
            return;
        }
        let mut confirmed = self.agreed(|node| self.answered_round(node));
        if self.has(Bug::LearnerConfirms) {
            confirmed = confirmed.max(self.round_that_anybody_confirms());
        }
        while let Some((round, began)) = self.leadership.rounds.front().copied() {
            if round > confirmed {
                break;
            }
            let from_receipt = self.has(Bug::LeaseFromReceipt);
            let from = if from_receipt { self.lease_clock(env) } else { began };
            self.leadership.lease_from = Some(from);
            self.leadership.confirmed_round = round;
            self.leadership.rounds.pop_front();
        }
        self.serve_confirmed_reads(env);
    }

    fn answered_round(&self, node: NodeId) -> u64 {
        match self.leadership.peer(node) {
            Some(peer) => peer.acked_round,
            None if node == self.id() => self.leadership.round,
            None => 0,
        }
    }

    fn round_that_anybody_confirms(&self) -> u64 {
        let majority = self.configuration().voters().len() / 2;
        let rounds = self.leadership.peers.iter().map(|peer| peer.acked_round);
        let others = |round| self.leadership.peers.iter().filter(move |p| p.acked_round >= round);
        rounds.filter(|round| others(*round).count() + 1 > majority).max().unwrap_or(0)
    }

    /// Answers the reads whose round is confirmed. If others wait, their round begins.
    pub(crate) fn serve_confirmed_reads(&mut self, env: &mut Env<'_, Self>) {
        if self.role != Role::Leader || !self.knows_commit_index() {
            return;
        }
        let confirmed = self.leadership.confirmed_round;
        let ready = |read: &PendingRead<_>| read.round <= confirmed;
        let served = self.leadership.reads.iter().rposition(ready).map_or(0, |last| last + 1);
        for _ in 0..served {
            if let Some(read) = self.leadership.reads.pop_front() {
                self.answer_reader(read.reader, env);
            }
        }
        let next = self.leadership.reads.front().map(|read| read.round);
        if next.is_some_and(|round| round > self.leadership.round) {
            self.begin_round(env);
        }
    }

    fn answer_reader(&mut self, reader: Reader<S::Query>, env: &mut Env<'_, Self>) {
        match reader {
            Reader::Client { id, query } => self.answer_client(id, &query, env),
            Reader::Follower { node, ticket } => {
                self.answer_follower(node, ticket, Some(self.commit_index), env);
            }
        }
    }

    fn answer_client(&mut self, id: RequestId, query: &S::Query, env: &mut Env<'_, Self>) {
        let (index, response) = (self.last_applied, self.machine.query(query));
        self.observe(Level::Debug, || Observation::StateMachineRead { index });
        env.respond(id, Response::Read { index, response });
    }

    fn answer_follower(
        &mut self,
        node: NodeId,
        ticket: u64,
        read_index: Option<LogIndex>,
        env: &mut Env<'_, Self>,
    ) {
        let response = ReadIndexResponse { term: self.term, ticket, read_index };
        self.promise(node, Message::ReadIndexResponse(response), env);
    }

    pub(crate) fn refuse_read(
        &mut self,
        read: PendingRead<S::Query>,
        error: ReadError,
        env: &mut Env<'_, Self>,
    ) {
        match read.reader {
            Reader::Client { id, .. } => env.respond(id, Response::ReadRefused(error)),
            Reader::Follower { node, ticket } => self.answer_follower(node, ticket, None, env),
        }
    }

    fn forward_read(
        &mut self,
        id: RequestId,
        query: S::Query,
        leader: NodeId,
        env: &mut Env<'_, Self>,
    ) {
        let ticket = self.forwarded.next_ticket;
        self.forwarded.next_ticket = ticket.wrapping_add(1);
        let patience = self.options.election_timeout_max();
        if self.forwarded.waiting.is_empty() {
            self.set_timer(Timer::Read, patience, env);
        }
        let (deadline, read_index) = (env.now() + patience, None);
        self.forwarded.waiting.push(ForwardedRead { ticket, id, query, deadline, read_index });
        let request = ReadIndexRequest { term: self.term, ticket };
        self.promise(leader, Message::ReadIndexRequest(request), env);
    }

    pub(crate) fn read_index_request(
        &mut self,
        from: NodeId,
        request: &ReadIndexRequest,
        env: &mut Env<'_, Self>,
    ) {
        if self.role == Role::Leader {
            let reader = Reader::Follower { node: from, ticket: request.ticket };
            self.confirm_read(reader, env);
        } else {
            self.answer_follower(from, request.ticket, None, env);
        }
    }

    pub(crate) fn read_index_response(
        &mut self,
        response: &ReadIndexResponse,
        env: &mut Env<'_, Self>,
    ) {
        let ours = |read: &ForwardedRead<_>| read.ticket == response.ticket;
        let Some(position) = self.forwarded.waiting.iter().position(ours) else {
            return;
        };
        if response.read_index.is_some() {
            self.forwarded.waiting[position].read_index = response.read_index;
            self.serve_forwarded_reads(env);
        } else {
            let read = self.forwarded.waiting.swap_remove(position);
            let error = ReadError::NotLeader { leader_hint: self.leader };
            env.respond(read.id, Response::ReadRefused(error));
        }
    }

    /// Answers the reads of this follower that it has caught up with.
    pub(crate) fn serve_forwarded_reads(&mut self, env: &mut Env<'_, Self>) {
        let applied = self.last_applied;
        let ready = |read: &ForwardedRead<_>| read.read_index.is_some_and(|index| index <= applied);
        while let Some(position) = self.forwarded.waiting.iter().position(ready) {
            let read = self.forwarded.waiting.swap_remove(position);
            self.answer_client(read.id, &read.query, env);
        }
    }

    pub(crate) fn forwarded_reads_timed_out(&mut self, env: &mut Env<'_, Self>) {
        let (now, leader_hint) = (env.now(), self.leader);
        let expired = |read: &ForwardedRead<_>| read.deadline <= now;
        while let Some(position) = self.forwarded.waiting.iter().position(expired) {
            let read = self.forwarded.waiting.swap_remove(position);
            let error = ReadError::NotLeader { leader_hint };
            env.respond(read.id, Response::ReadRefused(error));
        }
        if let Some(next) = self.forwarded.waiting.iter().map(|read| read.deadline).min() {
            self.set_timer(Timer::Read, next.since(now), env);
        }
    }
}
