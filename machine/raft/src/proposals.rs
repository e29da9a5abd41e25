//! Proposals: how requests become entries of the leader's log, alone or in company, and what
//! becomes of those who wait when the leadership ends.

use alloc::sync::Arc;

use stormglass_machine::{Env, RequestId};

use crate::bug::Bug;
use crate::entry::{Entries, Entry, LogIndex, Payload, Term};
use crate::raft::Raft;
use crate::request::{ClientError, ConfigError, ReadError, Response, TransferError};
use crate::role::Role;
use crate::sessions::{ClientId, Stamp};
use crate::state_machine::StateMachine;
use crate::timer::Timer;

impl<S: StateMachine> Raft<S> {
    pub(crate) fn submit_client_command(
        &mut self,
        id: RequestId,
        command: S::Command,
        session: Option<Stamp>,
        env: &mut Env<'_, Self>,
    ) {
        self.propose(id, Payload::Command { command: Arc::new(command), session }, env);
    }

    pub(crate) fn submit_registration(
        &mut self,
        id: RequestId,
        client: ClientId,
        env: &mut Env<'_, Self>,
    ) {
        self.propose(id, Payload::Register(client), env);
    }

    fn propose(&mut self, id: RequestId, payload: Payload<S::Command>, env: &mut Env<'_, Self>) {
        if let Err(error) = self.may_propose() {
            env.respond(id, Response::CommandRefused(error));
            return;
        }
        self.leadership.batch.push((payload, id));
        let waiting = self.leadership.batch.len();
        if self.options.batch_delay.is_zero() || waiting >= self.options.batch_size {
            self.append_batch(env);
        } else if waiting == 1 {
            self.set_timer(Timer::Batch, self.options.batch_delay, env);
        }
    }

    fn may_propose(&self) -> Result<(), ClientError> {
        let uncommitted = self.log.last_index() - self.commit_index.min(self.log.last_index());
        let ours = uncommitted as usize + self.leadership.batch.len();
        let in_transfer = self.leadership.transfer.is_some() && !self.has(Bug::TransferToLagging);
        let removed =
            self.has(Bug::RemovedLeaderStays) && !self.configuration().is_voter(self.id());
        if self.role != Role::Leader {
            Err(ClientError::NotLeader { leader_hint: self.leader })
        } else if in_transfer || removed {
            Err(ClientError::TransferInProgress)
        } else if ours >= self.options.uncommitted_limit {
            Err(ClientError::Overloaded)
        } else {
            Ok(())
        }
    }

    /// Puts the proposals that wait into the log, with one write and one message to each follower.
    pub(crate) fn append_batch(&mut self, env: &mut Env<'_, Self>) {
        let leads = self.role == Role::Leader || self.has(Bug::DeposedLeaderAppends);
        if self.leadership.batch.is_empty() || !leads {
            return;
        }
        env.cancel_timer(Timer::Batch);
        let first = self.log.last_index() + 1;
        let at_once = self.has(Bug::BatchAnsweredAtOnce);
        for (offset, (_, id)) in (0..).zip(&self.leadership.batch) {
            let index = if at_once { first } else { first + offset };
            self.leadership.waiting.push_back((index, *id));
        }
        let term = self.term;
        let entry = |(payload, _)| Entry { term, payload };
        let entries: Entries<S::Command> = self.leadership.batch.drain(..).map(entry).collect();
        self.append(&entries, env);
    }

    /// Appends entries of the leader's own. The messages leave before the leader's disk has them;
    /// the leader's own copy counts once it has (Ongaro 2014, section 10.2.1).
    pub(crate) fn append(&mut self, entries: &Entries<S::Command>, env: &mut Env<'_, Self>) {
        let first: LogIndex = self.log.last_index() + 1;
        let reconfigures =
            |entry: &Entry<S::Command>| matches!(entry.payload, Payload::Configuration(_));
        self.extend_log(first, entries, env);
        self.log.remember_shared(first, entries);
        if entries.iter().any(reconfigures) {
            self.refresh_peers(env.now());
        }
        if self.has(Bug::CommitsBeforeFlush) {
            self.durable_index = self.log.last_index();
            self.advance_commit(env);
        }
        self.replicate(env);
        self.settle(env);
        if self.has(Bug::QuorumNotRecounted) && !self.leadership.peers.is_empty() {
            return;
        }
        // A smaller quorum may have what the larger one waited for.
        self.advance_commit(env);
        if self.role == Role::Leader {
            self.confirm_rounds(env);
        }
    }

    /// The leadership of `old_term` has ended: everyone who waits is told what is known.
    pub(crate) fn leave_leadership(&mut self, old_term: Term, env: &mut Env<'_, Self>) {
        env.cancel_timer(Timer::Heartbeat);
        env.cancel_timer(Timer::Transfer);
        let leader_hint = self.leader;
        let transfer = self.leadership.transfer.take();
        if let Some(transfer) = transfer {
            let given_up = self.term > old_term;
            env.respond(
                transfer.asked_by,
                match given_up {
                    true => Response::LeadershipTransferred,
                    false => Response::TransferRefused(TransferError::NotLeader { leader_hint }),
                },
            );
        }
        for (id, _) in self.leadership.changes.drain(..) {
            let error = ConfigError::OutcomeUnknown { leader_hint };
            env.respond(id, Response::ConfigRefused(error));
        }
        for (_, id) in self.leadership.waiting.drain(..) {
            let error = ClientError::OutcomeUnknown { leader_hint };
            env.respond(id, Response::CommandRefused(error));
        }
        self.refuse_pending_reads(env);
        self.leadership.peers.clear();
        self.leadership.lease_from = None;
        if self.has(Bug::DeposedLeaderAppends) {
            return;
        }
        env.cancel_timer(Timer::Batch);
        for (_, id) in self.leadership.batch.drain(..) {
            let error = ClientError::NotLeader { leader_hint };
            env.respond(id, Response::CommandRefused(error));
        }
    }

    pub(crate) fn refuse_pending_reads(&mut self, env: &mut Env<'_, Self>) {
        let leader_hint = self.leader;
        while let Some(read) = self.leadership.reads.pop_front() {
            if !self.has(Bug::ReadDropped) {
                self.refuse_read(read, ReadError::NotLeader { leader_hint }, env);
            }
        }
    }
}
