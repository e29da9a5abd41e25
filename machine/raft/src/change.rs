//! Membership changes: one server at a time, or all voters at once by joint consensus. A
//! configuration is in force as soon as it is in the log, and no longer when it is cut off.

use alloc::sync::Arc;

use stormglass_machine::{NodeId, RequestId};

use crate::{
    Bug, ConfigError, Configuration, ConfigurationChange, Entry, Payload, Response, Role,
    StateMachine, Step,
};

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn change_configuration(&mut self, id: RequestId, change: ConfigurationChange) {
        // Whatever waits goes first, and may bring a change of its own with it.
        self.append_batch();
        let next = self.may_reconfigure().and_then(|()| self.configuration().after(&change));
        match next {
            Ok(next) => {
                self.leadership.changes.push((id, change));
                self.append_configuration(next);
            }
            Err(error) => self.env.respond(id, Response::ConfigRefused(error)),
        }
    }

    /// One change at a time, and none before the leader has committed an entry of its term: two
    /// leaders could otherwise have changes under way that have no voter in common (Ongaro,
    /// "bug in single-server membership changes", raft-dev 2015).
    fn may_reconfigure(&self) -> Result<(), ConfigError> {
        let uncommitted = self.configuration_index() > self.commit_index;
        if self.role != Role::Leader {
            Err(ConfigError::NotLeader { leader_hint: self.leader })
        } else if self.log.term_at(self.commit_index) != Some(self.term) {
            Err(ConfigError::LeaderNotReady)
        } else if self.leadership.transfer.is_some()
            || uncommitted && !self.has(Bug::TwoChangesAtOnce)
        {
            Err(ConfigError::ConfigChangeInProgress)
        } else {
            Ok(())
        }
    }

    fn append_configuration(&mut self, next: Configuration) {
        let payload = Payload::Configuration(Arc::new(next));
        self.append(&Arc::from([Entry { term: self.term, payload }]));
    }

    /// The leader's newest configuration is committed: what it was a step to comes next.
    pub(crate) fn configuration_committed(&mut self) {
        let (index, configuration) = self.configuration_entry().clone();
        let Step { raft, env } = self;
        raft.leadership.changes.retain(|(id, change)| {
            let verdict = configuration.verdict(change);
            match &verdict {
                Some(Ok(())) => env.respond(*id, Response::ConfigChanged { index }),
                Some(Err(error)) => env.respond(*id, Response::ConfigRefused(*error)),
                None => {}
            }
            verdict.is_none()
        });
        if configuration.is_joint() {
            self.append_configuration(configuration.without_outgoing());
        } else if configuration.is_voter(self.id()) {
            self.replicate();
            self.promote_caught_up();
        } else if !self.has(Bug::RemovedLeaderStays) {
            self.retire();
        }
    }

    /// Gives a learner that joins its vote, once it has everything that is committed.
    pub(crate) fn promote_caught_up(&mut self) {
        if self.may_reconfigure().is_err() || self.configuration().is_joint() {
            return;
        }
        let committed = Some(self.commit_index);
        let has_all = |node: &&NodeId| self.leadership.match_index(**node) >= committed;
        let ready = self.configuration().joining().iter().find(has_all).copied();
        if let Some(node) = ready {
            self.append_configuration(self.configuration().with_promoted(node));
        }
    }

    /// The leader has no vote any longer. It tells everyone what is committed, asks a voter that
    /// has everything to take over, and makes way.
    fn retire(&mut self) {
        self.begin_round();
        if let Some(successor) = self.nearest_voter() {
            self.ask_to_stand(successor);
        }
        self.become_follower(self.term);
    }

    /// The voter besides this node that has most of the log.
    pub(crate) fn nearest_voter(&self) -> Option<NodeId> {
        let configuration = self.configuration();
        let others = configuration.members().filter(|node| *node != self.id());
        let voters = others.filter(|node| configuration.is_voter(*node));
        voters.max_by_key(|node| self.leadership.match_index(*node))
    }
}
