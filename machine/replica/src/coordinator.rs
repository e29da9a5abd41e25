//! The one place where the role of a node changes, and what goes with it: counters, the tag, and
//! what observers are told.

use serde::{Deserialize, Serialize};

use crate::bug::{Bug, Planted};
use crate::metrics::Metrics;
use crate::role::{Role, Signal, TransitionError, check_transition};
use crate::tag::{TagCall, TagSink, TagSinkFailed};
use crate::trace::{ObserverEvent, Trace, TransitionAttempt};

/// How a transition went well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// The role is the one asked for.
    Changed,
    /// An idle node was told to close: nothing to do.
    Nothing,
}

/// How a transition failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum CoordinatorError {
    /// The matrix does not allow it. Nothing has changed.
    Refused(TransitionError),
    /// The role has changed, but the tag has not, and no observer was told.
    TagSink,
}

/// The role of a node, and what the world outside has been told of it.
#[derive(Clone, Debug, Default)]
pub struct Coordinator {
    role: Role,
    tail: u64,
    tag: TagSink,
    planted: Planted,
}

impl Coordinator {
    /// Idle, with nothing announced.
    pub fn new(planted: Planted) -> Coordinator {
        Coordinator { planted, ..Coordinator::default() }
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The tail that the next announcement names. It never goes back.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// The tag sink.
    pub fn tag(&self) -> &TagSink {
        &self.tag
    }

    /// Makes the next calls to the tag sink fail.
    pub fn fail_next_tag_calls(&mut self, calls: u32) {
        self.tag.fail_next(calls);
    }

    /// Raises the tail to be announced.
    pub fn advance_tail(&mut self, tail: u64) {
        self.tail = self.tail.max(tail);
    }

    /// Changes the role, if the matrix allows it, and everything that goes with it.
    pub fn transition(
        &mut self,
        target: Role,
        signal: Signal,
        metrics: &mut Metrics,
        trace: &mut Trace,
    ) -> Result<Outcome, CoordinatorError> {
        let from = self.role;
        let result = self.change(target, signal, metrics, trace);
        trace.transitions.push(TransitionAttempt { from, to: target, signal, result });
        result
    }

    /// Makes the tag say what the role and the tail are, if it does not.
    pub fn refresh_tag(&mut self, trace: &mut Trace) {
        let wanted = (self.role != Role::Idle).then_some(self.tail);
        if self.tag.announced() != wanted {
            let call = wanted.map_or(TagCall::Withdraw, |tail| TagCall::Announce { tail });
            // A failure is met by the next refresh.
            let _ = self.call_sink(call, trace);
        }
    }

    fn change(
        &mut self,
        target: Role,
        signal: Signal,
        metrics: &mut Metrics,
        trace: &mut Trace,
    ) -> Result<Outcome, CoordinatorError> {
        let from = self.role;
        if (from, target, signal) == (Role::Idle, Role::Idle, Signal::ChannelClose) {
            return Ok(Outcome::Nothing);
        }
        check_transition(from, target, signal).map_err(CoordinatorError::Refused)?;
        self.role = target;
        metrics.leader_changes += u64::from(target == Role::Leader);
        metrics.election_thrash += u64::from(signal == Signal::MissedHeartbeats);
        if let Some(call) = self.tag_call(from, signal) {
            self.call_sink(call, trace).map_err(|TagSinkFailed| {
                metrics.announce_divergence += u64::from(call == TagCall::Withdraw);
                CoordinatorError::TagSink
            })?;
        }
        trace.events.extend(self.event(from));
        Ok(Outcome::Changed)
    }

    fn call_sink(&mut self, call: TagCall, trace: &mut Trace) -> Result<(), TagSinkFailed> {
        let result = self.tag.call(call);
        trace.tag_calls.push((call, result.is_ok()));
        result
    }

    fn tag_call(&self, from: Role, signal: Signal) -> Option<TagCall> {
        let kept = self.planted.has(Bug::TagKeptOnRelinquish);
        match (from, self.role) {
            (_, Role::Idle) if kept && signal == Signal::GracefulRelinquish => None,
            (_, Role::Idle) => Some(TagCall::Withdraw),
            (Role::Idle, Role::Replica) | (Role::Candidate, Role::Leader) => {
                Some(TagCall::Announce { tail: self.tail })
            }
            _ => None,
        }
    }

    fn event(&self, from: Role) -> Option<ObserverEvent> {
        match (from, self.role) {
            (Role::Idle, Role::Replica) => Some(ObserverEvent::BecameHolder),
            (Role::Leader, Role::Idle | Role::Replica)
                if self.planted.has(Bug::StepDownWithoutEvent) =>
            {
                None
            }
            (Role::Leader, Role::Idle) => Some(ObserverEvent::LeaderLostAndIdled),
            (_, Role::Idle) => Some(ObserverEvent::Idled),
            (Role::Candidate, Role::Leader) => Some(ObserverEvent::LeaderChanged),
            (Role::Leader, Role::Replica) => Some(ObserverEvent::LeaderLost),
            _ => None,
        }
    }
}
