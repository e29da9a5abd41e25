//! The commits of a worker, one after the other, as they were promised: each input once, in one line.

use std::collections::BTreeMap;

use stormglass_workflow::{Cause, CommitOf, Outcome, SnapshotOf};

use super::findings::{Findings, Rule};
use super::trial::{InputOf, Trial, processes};
use crate::workflow::example::Example;

/// What is known of the commits up to one of them.
pub struct History<E: Example> {
    /// How many there were.
    pub number: u64,
    /// By which right the last was made.
    epoch: u64,
    /// The state.
    pub state: SnapshotOf<E>,
    /// The last input of each client.
    consumed: BTreeMap<u64, u64>,
}

impl<E: Example> Clone for History<E> {
    fn clone(&self) -> Self {
        History { state: self.state.clone(), consumed: self.consumed.clone(), ..*self }
    }
}

impl<E: Example> History<E> {
    /// Nothing was committed yet.
    pub fn new(state: SnapshotOf<E>) -> Self {
        History { number: 0, epoch: 0, state, consumed: BTreeMap::new() }
    }

    /// The next commit: its number (F13), its right (F15), that its input is new and is known as done
    /// (F13), and that it is what the transition makes of the state before (F16).
    ///
    /// Returns the trial that explains it.
    pub fn follow(
        &mut self,
        commit: &CommitOf<E>,
        input: &InputOf<E>,
        whole: Trial<E>,
        findings: &mut Findings,
    ) -> Trial<E> {
        findings.expect(Rule::Serial, commit.epoch >= self.epoch, || {
            format!("commit {} goes back behind a worker that was replaced", commit.number)
        });
        findings.expect(Rule::Consumed, commit.number == self.number + 1, || {
            format!("commit {} follows commit {}", commit.number, self.number)
        });
        self.consume(commit, findings);
        let trial = self.explain(commit, input, whole);
        let expected = if trial.result.is_ok() { &trial.state } else { &self.state };
        let is_explained = *expected == commit.state && outcome(&trial) == commit.outcome;
        let is_left_out = commit.state == self.state && !is_explained && trial.result.is_ok();
        findings.expect(Rule::Consumed, !is_left_out, || {
            format!("{input:?} is called {:?}, and was not applied", commit.outcome)
        });
        findings.expect(Rule::Replayed, is_explained || is_left_out, || {
            format!(
                "{input:?} leads from {:?} to {expected:?}, and {:?} with {:?} was committed",
                self.state, commit.outcome, commit.state
            )
        });
        self.number = commit.number;
        self.epoch = commit.epoch;
        self.state = commit.state.clone();
        trial
    }

    fn consume(&mut self, commit: &CommitOf<E>, findings: &mut Findings) {
        let Cause::Asked(request) = &commit.cause else { return };
        let Some(session) = request.session else { return };
        let last = self.consumed.insert(session.client, session.sequence);
        findings.expect(Rule::Consumed, last.is_none_or(|last| last < session.sequence), || {
            format!("input {} of client {} is applied again", session.sequence, session.client)
        });
        let known = commit.sessions.get(&session.client).map(|last| (last.sequence, last.number));
        let is_known = known == Some((session.sequence, commit.number));
        findings.expect(Rule::Consumed, is_known, || {
            format!("a commit has applied {request:?}, and does not say so")
        });
    }

    /// With less room for actions, a transition may fail that would not otherwise.
    fn explain(&self, commit: &CommitOf<E>, input: &InputOf<E>, whole: Trial<E>) -> Trial<E> {
        if matches!(commit.outcome, Outcome::Refused(_)) && whole.result.is_ok() {
            let [process, _] = processes();
            for room in 0..whole.actions.len() {
                let trial = Trial::<E>::run(&self.state, input, &process, room);
                if outcome(&trial) == commit.outcome {
                    return trial;
                }
            }
        }
        whole
    }
}

fn outcome<E: Example>(trial: &Trial<E>) -> Outcome<E::TransitionError> {
    match &trial.result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Refused(error.clone()),
    }
}
