//! Handing the leadership over: the target gets everything, and is then asked to stand at once.

use stormglass_machine::{NodeId, RequestId};

use crate::{Bug, Message, Response, Role, StateMachine, Step, Timer, TransferError};

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn transfer_leadership(&mut self, id: RequestId, to: Option<NodeId>) {
        match self.transfer_target(to) {
            Ok(target) => {
                self.append_batch();
                self.leadership.transfer = Some((target, id));
                self.set_timer(Timer::Transfer, self.options.election_timeout_max());
                self.hand_over_when_ready();
            }
            Err(error) => self.env.respond(id, Response::TransferRefused(error)),
        }
    }

    fn transfer_target(&self, to: Option<NodeId>) -> Result<NodeId, TransferError> {
        if self.role != Role::Leader {
            return Err(TransferError::NotLeader { leader_hint: self.leader });
        }
        if self.leadership.transfer.is_some() {
            return Err(TransferError::TransferInProgress);
        }
        let target = to.or_else(|| self.nearest_voter());
        let eligible = |node: &NodeId| *node != self.id() && self.configuration().is_voter(*node);
        target.filter(eligible).ok_or(TransferError::NoSuchVoter)
    }

    /// Asks the target to stand as soon as it has everything, and again with every round.
    pub(crate) fn hand_over_when_ready(&mut self) {
        let asked = self.leadership.lease_forfeited && self.has(Bug::TransferNeverEnds);
        if let Some((target, _)) = self.leadership.transfer.filter(|_| !asked) {
            self.ask_to_stand(target);
        }
    }

    /// Asks a voter that has everything to stand at once. From then on followers may elect it
    /// whatever they have promised, so there is no lease.
    pub(crate) fn ask_to_stand(&mut self, target: NodeId) {
        let lags = self.leadership.match_index(target) != Some(self.log.last_index());
        if (!lags || self.has(Bug::TransferToLagging)) && self.configuration().is_voter(target) {
            self.leadership.lease_forfeited = !self.has(Bug::VotesInsideLease);
            self.send(target, Message::TimeoutNow { term: self.term });
        }
    }

    pub(crate) fn transfer_timed_out(&mut self) {
        let ends = !self.has(Bug::TransferNeverEnds);
        if let Some((_, asked_by)) = self.leadership.transfer.take_if(|_| ends) {
            self.env.respond(asked_by, Response::TransferRefused(TransferError::TimedOut));
            self.promote_caught_up();
        }
    }

    /// The leader wants this node to lead.
    pub(crate) fn timeout_now(&mut self, from: NodeId) {
        let may = self.role == Role::Follower && self.configuration().is_voter(self.id());
        if may && self.leader.is_none_or(|leader| leader == from) {
            self.start_election(true);
        }
    }
}
