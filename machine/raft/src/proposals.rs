//! Proposals: how requests become entries of the leader's log, alone or in company, and what
//! becomes of those who wait when the leadership ends.

use stormglass_machine::RequestId;

use crate::{
    Bug, ClientError, ConfigError, Entries, Entry, Leadership, Payload, Response, Role,
    StateMachine, Step, Term, Timer, TransferError,
};

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn propose(&mut self, id: RequestId, payload: Payload<S::Command>) {
        if let Err(error) = self.may_propose() {
            self.env.respond(id, Response::CommandRefused(error));
            return;
        }
        self.leadership.batch.push((payload, id));
        let waiting = self.leadership.batch.len();
        if self.options.batch_delay.is_zero() || waiting >= self.options.batch_size {
            self.append_batch();
        } else if waiting == 1 {
            self.set_timer(Timer::Batch, self.options.batch_delay);
        }
    }

    fn takes_commands(&self) -> bool {
        let early = self.role == Role::Candidate && self.has(Bug::CommandsBeforeElected);
        self.role == Role::Leader || early
    }

    fn may_propose(&self) -> Result<(), ClientError> {
        let uncommitted = self.log.last_index() - self.commit_index.min(self.log.last_index());
        let ours = uncommitted as usize + self.leadership.batch.len();
        let in_transfer = self.leadership.transfer.is_some() && !self.has(Bug::TransferToLagging);
        let removed =
            self.has(Bug::RemovedLeaderStays) && !self.configuration().is_voter(self.id());
        if !self.takes_commands() {
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
    pub(crate) fn append_batch(&mut self) {
        let takes = self.takes_commands() || self.has(Bug::DeposedLeaderAppends);
        if self.leadership.batch.is_empty() || !takes {
            return;
        }
        self.env.cancel_timer(Timer::Batch);
        let first = self.log.last_index() + 1;
        let at_once = self.has(Bug::BatchAnsweredAtOnce);
        let leadership = &mut self.raft.leadership;
        for (offset, (_, id)) in (0..).zip(&leadership.batch) {
            let index = if at_once { first } else { first + offset };
            leadership.waiting.push_back((index, *id));
        }
        let term = self.term;
        let entry = |(payload, _)| Entry { term, payload };
        let entries: Entries<S::Command> = self.leadership.batch.drain(..).map(entry).collect();
        self.append(&entries);
    }

    /// Appends entries of the leader's own. The messages leave before the leader's disk has them;
    /// the leader's own copy counts once it has (Ongaro 2014, section 10.2.1).
    pub(crate) fn append(&mut self, entries: &Entries<S::Command>) {
        let first = self.log.last_index() + 1;
        self.extend_log(first, entries);
        if self.memberships.newest().0 >= first {
            self.refresh_peers();
        }
        if self.has(Bug::CommitsBeforeFlush) {
            self.durable_index = self.log.last_index();
            self.advance_commit();
        }
        self.replicate();
        self.settle();
        if self.has(Bug::QuorumNotRecounted) && !self.leadership.peers.is_empty() {
            return;
        }
        // A smaller quorum may have what the larger one waited for.
        self.advance_commit();
        if self.role == Role::Leader {
            self.confirm_rounds();
        }
    }

    /// The leadership of `old_term` has ended: everyone who waits is told what is known.
    pub(crate) fn leave_leadership(&mut self, old_term: Term) {
        let (leader_hint, given_up) = (self.leader, self.term > old_term);
        let Leadership { transfer, changes, waiting, reads, batch, .. } =
            core::mem::take(&mut self.leadership);
        self.env.cancel_timer(Timer::Heartbeat);
        self.env.cancel_timer(Timer::Transfer);
        if let Some((_, asked_by)) = transfer {
            let answer = match given_up {
                true => Response::LeadershipTransferred,
                false => Response::TransferRefused(TransferError::NotLeader { leader_hint }),
            };
            self.env.respond(asked_by, answer);
        }
        let unknown = ConfigError::OutcomeUnknown { leader_hint };
        changes.iter().for_each(|(id, _)| self.env.respond(*id, Response::ConfigRefused(unknown)));
        let unknown = ClientError::OutcomeUnknown { leader_hint };
        waiting.iter().for_each(|(_, id)| self.env.respond(*id, Response::CommandRefused(unknown)));
        if !self.has(Bug::ReadDropped) {
            reads.into_iter().for_each(|(_, reader)| self.refuse_read(reader));
        }
        if self.has(Bug::DeposedLeaderAppends) {
            self.leadership.batch = batch;
            return;
        }
        self.env.cancel_timer(Timer::Batch);
        let refused = ClientError::NotLeader { leader_hint };
        batch.iter().for_each(|(_, id)| self.env.respond(*id, Response::CommandRefused(refused)));
    }
}
