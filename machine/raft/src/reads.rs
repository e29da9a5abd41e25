//! Linearizable reads. A read is answered from a state that includes everything committed when it
//! was asked, by a leader that makes sure, after it was asked, that it still leads: by a round that
//! a quorum confirms, or by a lease, which is such a round from a moment ago and the promise of
//! its quorum to elect nobody else for a while (Ongaro 2014, section 6.4).

use stormglass_machine::{NodeId, RequestId, Time};

use crate::{
    Bug, LogIndex, Message, Observation, Raft, ReadError, ReadIndexRequest, ReadIndexResponse,
    Response, Role, StateMachine, Step, Timer,
};

/// Who reads.
#[derive(Clone, Debug)]
pub(crate) enum Reader<Q> {
    /// A client of this node.
    Client { id: RequestId, query: Q },
    /// A follower, for a client of its own.
    Follower { node: NodeId, ticket: u64 },
}

/// A read that a follower has asked its leader about.
#[derive(Clone, Debug)]
pub(crate) struct ForwardedRead<Q> {
    ticket: u64,
    id: RequestId,
    query: Q,
    deadline: Time,
    /// Known once the leader has answered.
    read_index: Option<LogIndex>,
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
}

impl<S: StateMachine> Step<'_, '_, S> {
    /// The clock that leases are measured by.
    pub(crate) fn lease_clock(&self) -> Time {
        if self.has(Bug::LeaseByWallClock) { self.env.wall() } else { self.env.now() }
    }

    /// A leader knows everything that is committed once an entry of its own term is.
    fn knows_commit_index(&self) -> bool {
        self.log.term_at(self.commit_index) == Some(self.term)
    }

    pub(crate) fn read(&mut self, id: RequestId, query: S::Query) {
        let leader = self.leader.filter(|_| self.options.follower_reads);
        if self.role == Role::Leader {
            self.confirm_read(Reader::Client { id, query });
        } else if self.has(Bug::FollowerServesReads) {
            self.answer_client(id, &query);
        } else if let Some(leader) = leader {
            self.forward_read(id, query, leader);
        } else {
            self.refuse_client(id);
        }
    }

    /// Answers at once under a lease; otherwise the read waits for a round that begins now, or, if
    /// reads wait for one already, for the round after that.
    fn confirm_read(&mut self, reader: Reader<S::Query>) {
        let leased = self.lease_is_valid(self.lease_clock()) || self.has(Bug::ReadUnconfirmed);
        if leased && self.knows_commit_index() {
            self.answer_reader(reader);
            return;
        }
        let idle = self.leadership.reads.is_empty();
        let round = match self.round_of_twin(&reader) {
            Some(round) if self.has(Bug::ReadKeyedByClient) => round,
            _ if self.has(Bug::OldRoundConfirms) => self.leadership.round,
            _ => self.leadership.round + 1,
        };
        self.leadership.reads.push_back((round, reader));
        if self.has(Bug::OldRoundConfirms) {
            self.serve_confirmed_reads();
        } else if idle {
            self.begin_round();
        }
    }

    /// The round of a read that waits with the same ticket.
    fn round_of_twin(&self, reader: &Reader<S::Query>) -> Option<u64> {
        let Reader::Follower { ticket, .. } = reader else { return None };
        let twin = |(_, other): &&(u64, Reader<_>)| matches!(other, Reader::Follower { ticket: same, .. } if same == ticket);
        self.leadership.reads.iter().find(twin).map(|(round, _)| *round)
    }

    /// Takes note of the rounds that a quorum has answered, of the lease that follows, and of the
    /// reads that waited for them.
    pub(crate) fn confirm_rounds(&mut self) {
        if self.leadership.rounds.is_empty() {
            return;
        }
        let answered = self.agreed(self.leadership.round, |peer| peer.acked_round);
        let mut confirmed = answered.unwrap_or(0);
        if self.has(Bug::LearnerConfirms) {
            confirmed = confirmed.max(self.round_that_anybody_confirms());
        }
        while let Some((round, began)) = self.leadership.rounds.front().copied() {
            if round > confirmed {
                break;
            }
            let receipt = self.has(Bug::LeaseFromReceipt).then(|| self.lease_clock());
            self.leadership.lease_from = Some(receipt.unwrap_or(began));
            self.leadership.confirmed_round = round;
            self.leadership.rounds.pop_front();
        }
        self.serve_confirmed_reads();
    }

    fn round_that_anybody_confirms(&self) -> u64 {
        let majority = self.configuration().voters().len() / 2;
        let rounds = self.leadership.peers.iter().map(|peer| peer.acked_round);
        let others = |round| self.leadership.peers.iter().filter(move |p| p.acked_round >= round);
        rounds.filter(|round| others(*round).count() + 1 > majority).max().unwrap_or(0)
    }

    /// Answers the reads whose round is confirmed. If others wait, their round begins.
    pub(crate) fn serve_confirmed_reads(&mut self) {
        if self.role != Role::Leader || !self.knows_commit_index() {
            return;
        }
        let confirmed = self.leadership.confirmed_round;
        let ready = |(round, _): &(u64, Reader<_>)| *round <= confirmed;
        let served = self.leadership.reads.iter().rposition(ready).map_or(0, |last| last + 1);
        for _ in 0..served {
            if let Some((_, reader)) = self.leadership.reads.pop_front() {
                self.answer_reader(reader);
            }
        }
        let next = self.leadership.reads.front().map(|(round, _)| *round);
        if next.is_some_and(|round| round > self.leadership.round) {
            self.begin_round();
        }
    }

    fn answer_reader(&mut self, reader: Reader<S::Query>) {
        let index = Some(self.commit_index);
        match reader {
            Reader::Client { id, query } => self.answer_client(id, &query),
            Reader::Follower { node, ticket } => self.answer_follower(node, ticket, index),
        }
    }

    fn answer_client(&mut self, id: RequestId, query: &S::Query) {
        let (index, response) = (self.last_applied, self.machine.query(query));
        self.observe(Observation::StateMachineRead { index });
        self.env.respond(id, Response::Read { index, response });
    }

    fn answer_follower(&mut self, node: NodeId, ticket: u64, read_index: Option<LogIndex>) {
        let response = ReadIndexResponse { term: self.term, ticket, read_index };
        self.promise(node, Message::ReadIndexResponse(response));
    }

    pub(crate) fn refuse_read(&mut self, reader: Reader<S::Query>) {
        match reader {
            Reader::Client { id, .. } => self.refuse_client(id),
            Reader::Follower { node, ticket } => self.answer_follower(node, ticket, None),
        }
    }

    fn refuse_client(&mut self, id: RequestId) {
        let error = ReadError::NotLeader { leader_hint: self.leader };
        self.env.respond(id, Response::ReadRefused(error));
    }

    fn forward_read(&mut self, id: RequestId, query: S::Query, leader: NodeId) {
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        let patience = self.options.election_timeout_max();
        if self.forwarded.is_empty() {
            self.set_timer(Timer::Read, patience);
        }
        let (deadline, read_index) = (self.env.now() + patience, None);
        self.forwarded.push(ForwardedRead { ticket, id, query, deadline, read_index });
        let request = ReadIndexRequest { term: self.term, ticket };
        self.promise(leader, Message::ReadIndexRequest(request));
    }

    pub(crate) fn read_index_request(&mut self, node: NodeId, request: &ReadIndexRequest) {
        let reader = Reader::Follower { node, ticket: request.ticket };
        if self.role == Role::Leader { self.confirm_read(reader) } else { self.refuse_read(reader) }
    }

    pub(crate) fn read_index_response(&mut self, response: &ReadIndexResponse) {
        let ours = |read: &ForwardedRead<_>| read.ticket == response.ticket;
        if response.read_index.is_none() {
            if let Some(read) = self.take_forwarded(ours) {
                self.refuse_client(read.id);
            }
        } else if let Some(position) = self.forwarded.iter().position(ours) {
            self.forwarded[position].read_index = response.read_index;
            self.serve_forwarded_reads();
        }
    }

    fn take_forwarded(
        &mut self,
        which: impl Fn(&ForwardedRead<S::Query>) -> bool,
    ) -> Option<ForwardedRead<S::Query>> {
        let position = self.forwarded.iter().position(which)?;
        Some(self.forwarded.swap_remove(position))
    }

    /// Answers the reads of this follower that it has caught up with.
    pub(crate) fn serve_forwarded_reads(&mut self) {
        let applied = self.last_applied;
        let ready = |read: &ForwardedRead<_>| read.read_index.is_some_and(|index| index <= applied);
        while let Some(read) = self.take_forwarded(ready) {
            self.answer_client(read.id, &read.query);
        }
    }

    pub(crate) fn forwarded_reads_timed_out(&mut self) {
        let now = self.env.now();
        while let Some(read) = self.take_forwarded(|read| read.deadline <= now) {
            self.refuse_client(read.id);
        }
        if let Some(next) = self.forwarded.iter().map(|read| read.deadline).min() {
            self.set_timer(Timer::Read, next.since(now));
        }
    }
}
