//! What is committed, and what follows: applying it, and answering for it.

use alloc::sync::Arc;

use crate::{
    Admission, Bug, LogIndex, Observation, Payload, Record, Response, Role, Stamp, StateMachine,
    Step,
};

impl<S: StateMachine> Step<'_, '_, S> {
    /// Commits what a quorum has, if it ends with an entry of this term: an older one may still be
    /// overwritten although a quorum has it (Ongaro 2014, figure 3.7).
    pub(crate) fn advance_commit(&mut self) {
        if self.role != Role::Leader || self.commit_index == self.log.last_index() {
            return;
        }
        let agreed = self.agreed(self.durable_index, |peer| peer.matched).unwrap_or(0);
        let own = self.log.term_at(agreed) == Some(self.term);
        if agreed > self.commit_index && (own || self.has(Bug::CommitsOldTerms)) {
            self.commit_to(agreed);
        }
    }

    /// Everything up to `index` is committed; what this node does not have yet will be.
    pub(crate) fn commit_to(&mut self, index: LogIndex) {
        let (old, new) = (self.commit_index, index.min(self.log.last_index()));
        if new <= old {
            return;
        }
        // A new leader may find a configuration that is committed, but only a step to another.
        let first_of_term = self.log.term_at(old) != Some(self.term);
        self.commit_index = new;
        self.observe(Observation::CommitAdvanced { old, new });
        self.apply();
        if self.role == Role::Leader {
            let index = self.configuration_index();
            if index <= new && (old < index || first_of_term) {
                self.configuration_committed();
            }
            self.serve_confirmed_reads();
        }
    }

    /// Applies what is committed.
    pub(crate) fn apply(&mut self) {
        while self.last_applied < self.commit_index {
            let index = self.last_applied + 1;
            let Some(payload) = self.log.entry(index).map(|entry| entry.payload.clone()) else {
                self.insist(false, "a committed entry is missing");
                break;
            };
            self.last_applied = index;
            if self.has(Bug::SnapshotMissesEntry) {
                self.snapshot_if_due();
            }
            self.apply_entry(index, payload);
        }
        self.serve_forwarded_reads();
        self.snapshot_if_due();
    }

    fn apply_entry(&mut self, index: LogIndex, payload: Payload<S::Command>) {
        if self.has(Bug::AppliedBeforeEffect) {
            self.env.write(Record::Commit(index));
        }
        match payload {
            Payload::Noop => {}
            Payload::Command { command, session } => {
                let response = self.apply_command(index, &command, session);
                self.answer_proposal(index, response);
            }
            Payload::Register(client) => {
                let limit = self.options.session_limit;
                self.sessions.register(client, index, limit);
                self.answer_proposal(index, Response::Registered { index });
            }
            Payload::Configuration(configuration) => {
                self.write(Record::Commit(index));
                if !configuration.contains(self.id()) {
                    // Nothing else may come that would make it durable.
                    self.settle();
                }
                let configuration = &*configuration;
                self.observe(Observation::ConfigurationChangeApplied { index, configuration });
            }
        }
    }

    fn apply_command(
        &mut self,
        index: LogIndex,
        command: &Arc<S::Command>,
        session: Option<Stamp>,
    ) -> Response<S::Response> {
        if let Some(stamp) = session {
            match self.sessions.admit(stamp, index) {
                Admission::Known(index, response) if !self.has(Bug::RetryAppliedTwice) => {
                    return Response::Applied { index, response };
                }
                Admission::Refused(error) => return Response::CommandRefused(error),
                _ => {}
            }
        }
        let response = self.machine.apply(command);
        self.observe(Observation::StateMachineApplied { index, command });
        if let Some(stamp) = session {
            self.sessions.remember(stamp, index, response.clone());
        }
        Response::Applied { index, response }
    }

    /// Answers whoever has proposed the entry at `index`, if it was proposed here.
    fn answer_proposal(&mut self, index: LogIndex, response: Response<S::Response>) {
        let mixed_up = self.has(Bug::ReplyMixedUp);
        let waiting = &mut self.raft.leadership.waiting;
        while waiting.front().is_some_and(|(position, _)| *position == index) {
            let next = if mixed_up { waiting.pop_back() } else { waiting.pop_front() };
            if let Some((_, id)) = next {
                self.env.respond(id, response.clone());
            }
        }
    }
}
