//! One input on its way: its transition is run, committed, and then acted upon.

use alloc::collections::BTreeMap;
use core::task::Poll;

use super::{EnvOf, Worker};
use crate::attempt::{Attempt, Job, Stage};
use crate::poll::poll_once;
use crate::{
    Action, ActionList, Actions, Bug, Commit, Last, Message, Outcome, Record, Request, Response,
    Session, Timer, Transaction, Workflow, site,
};

impl<W: Workflow> Worker<W> {
    pub(super) fn attempt(&mut self, job: Job<W>) -> Attempt<W> {
        self.tickets += 1;
        Attempt {
            job,
            ticket: self.tickets,
            epoch: self.epoch,
            reads: Default::default(),
            tries: 0,
            stage: Stage::Reading,
            outcome: None,
        }
    }

    /// Runs a transition, until it is committed or has to wait.
    pub(super) fn run(&mut self, mut attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
        loop {
            if !self.config.planted.has(Bug::NeverClearsActions)
                && !self.config.planted.has(Bug::KeepsRefusedActions)
            {
                self.clear_actions();
            }
            self.actions.set_room(room(env));
            let mut state = W::State::begin(&self.committed, &attempt.reads);
            let transition = W::stf(&mut state, attempt.job.input(), &mut self.actions);
            match poll_once(transition) {
                Poll::Ready(result) => return self.finish(attempt, state, result, env),
                Poll::Pending => {
                    let fetched = state.fetch(&self.committed, &mut attempt.reads);
                    assert!(fetched, "a transition awaits nothing but its store");
                    if self.read_is_slow(&mut attempt, env) {
                        return self.suspend(attempt);
                    }
                }
            }
        }
    }

    pub(super) fn read_is_slow(&self, attempt: &mut Attempt<W>, env: &mut EnvOf<'_, W>) -> bool {
        let latency = if env.sometimes_here(site::STALLS) {
            2 * self.config.patience
        } else if env.sometimes_here(site::SLOW_READ) {
            self.config.store_latency
        } else {
            return false;
        };
        attempt.stage = Stage::Reading;
        env.set_timer(Timer::Attempt(attempt.ticket), latency);
        if attempt.epoch == self.epoch {
            env.set_timer(Timer::Patience, self.config.patience);
        }
        true
    }

    pub(super) fn suspend(&mut self, attempt: Attempt<W>) {
        let place = match attempt.epoch == self.epoch && self.active.is_none() {
            true => &mut self.active,
            false => &mut self.replaced,
        };
        *place = Some(attempt);
    }

    /// Who has waited for too long is replaced, and cannot commit any more.
    pub(super) fn replace(&mut self, env: &mut EnvOf<'_, W>) {
        if self.stage() != Some(Stage::Reading) {
            return;
        }
        self.replaced = self.active.take();
        self.epoch += 1;
        let job = self.replaced.as_ref().map(|replaced| replaced.job.clone());
        let attempt = self.attempt(job.expect("somebody was replaced"));
        self.run(attempt, env);
    }

    pub(super) fn go_on(&mut self, ticket: u64, env: &mut EnvOf<'_, W>) {
        let is_it = |attempt: &mut Attempt<W>| attempt.ticket == ticket;
        let attempt = self.active.take_if(is_it).or_else(|| self.replaced.take_if(is_it));
        let Some(mut attempt) = attempt else { return };
        if let Stage::Unsure(number) = attempt.stage
            && self.number >= number
            && !self.config.planted.has(Bug::ReplaysUnknownCommit)
        {
            return self.was_committed(attempt, env);
        }
        attempt.stage = Stage::Reading;
        self.run(attempt, env);
    }

    /// A transition has come to its end.
    pub(super) fn finish(
        &mut self,
        mut attempt: Attempt<W>,
        state: W::State,
        result: Result<(), W::TransitionError>,
        env: &mut EnvOf<'_, W>,
    ) {
        let planted = self.config.planted;
        if attempt.epoch < self.epoch && !planted.has(Bug::StaleWorkerCommits) {
            return;
        }
        let is_completion = matches!(attempt.job, Job::Completed { .. });
        if result.is_err() && !is_completion && planted.has(Bug::RetriesRefusedInput) {
            return self.back_off(attempt, env);
        }
        let is_conflict = env.sometimes_here(match is_completion {
            true => site::COMPLETION_CONFLICT,
            false => site::CONFLICT,
        });
        if is_conflict && !is_completion && planted.has(Bug::ConflictIsFinal) {
            self.clear_actions();
            self.commit(&attempt, None, &Outcome::Done, env);
            return self.settle(attempt, Outcome::Done, env);
        }
        if is_conflict || env.sometimes_here(site::RETRY) {
            return match is_completion && planted.has(Bug::DropsCompletionOnConflict) {
                true => drop(attempt),
                false => self.back_off(attempt, env),
            };
        }
        if env.sometimes_here(site::LOST) {
            return self.is_unsure(attempt, self.number + 1, env);
        }
        let (state, outcome) = match result {
            Ok(()) => (Some(state), Outcome::Done),
            Err(error) => (None, Outcome::Refused(error)),
        };
        if planted.has(Bug::ExecutesBeforeCommit) && outcome == Outcome::Done {
            self.take_up_actions(&attempt.job, env);
            self.send_actions(env);
        }
        if planted.has(Bug::AnswersBeforeCommit)
            && let Job::Asked { id, .. } = attempt.job
        {
            let number = self.number + 1;
            env.respond(id, Response::Consumed { number, outcome: outcome.clone() });
        }
        self.commit(&attempt, state, &outcome, env);
        if env.sometimes_here(site::UNKNOWN) {
            attempt.outcome = Some(outcome);
            return self.is_unsure(attempt, self.number, env);
        }
        self.settle(attempt, outcome, env);
    }

    /// The store sends it back: from the beginning, later.
    pub(super) fn back_off(&mut self, mut attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
        let after = self.config.backoff(self.config.store_latency, attempt.tries);
        attempt.tries += 1;
        attempt.reads = Default::default();
        attempt.stage = Stage::BackingOff;
        env.set_timer(Timer::Attempt(attempt.ticket), after);
        self.suspend(attempt);
    }

    /// The store has not said whether it has made the commit of this number: it is asked.
    pub(super) fn is_unsure(
        &mut self,
        mut attempt: Attempt<W>,
        number: u64,
        env: &mut EnvOf<'_, W>,
    ) {
        attempt.reads = Default::default();
        attempt.stage = Stage::Unsure(number);
        env.set_timer(Timer::Attempt(attempt.ticket), self.config.store_latency);
        self.suspend(attempt);
    }

    /// A commit was made, as turns out. What its transition has asked for is gone, but what is
    /// tracked stands in the state.
    pub(super) fn was_committed(&mut self, attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
        if let Job::Completed { id, .. } = &attempt.job {
            self.outstanding.finish(id);
        }
        self.register_unfinished(env.now());
        let Attempt { job, outcome, .. } = attempt;
        let outcome = outcome.expect("what was committed has come to something");
        self.answer(&job, outcome, env);
    }

    /// Makes durable, at once, the state, that the input is done, and what has come of it.
    pub(super) fn commit(
        &mut self,
        attempt: &Attempt<W>,
        state: Option<W::State>,
        outcome: &Outcome<W::TransitionError>,
        env: &mut EnvOf<'_, W>,
    ) {
        if let Some(state) = state {
            state.commit(&mut self.committed);
        }
        self.number += 1;
        let mut commit = Commit {
            number: self.number,
            epoch: attempt.epoch,
            cause: attempt.job.cause(),
            outcome: outcome.clone(),
            sessions: BTreeMap::new(),
            state: self.committed.clone(),
        };
        if self.config.planted.has(Bug::CursorApart) {
            commit.sessions.clone_from(&self.sessions);
            env.checkpoint(Record::Commit(commit.clone()));
        }
        if let Job::Asked { request: Request { session: Some(session), .. }, .. } = attempt.job {
            let Session { client, sequence } = session;
            let last = Last { sequence, number: self.number, outcome: outcome.clone() };
            self.sessions.insert(client, last);
        }
        commit.sessions.clone_from(&self.sessions);
        env.checkpoint(Record::Commit(commit));
    }

    /// A commit is made: now its actions may be executed, and then whoever asked hears of it.
    pub(super) fn settle(
        &mut self,
        attempt: Attempt<W>,
        outcome: Outcome<W::TransitionError>,
        env: &mut EnvOf<'_, W>,
    ) {
        let Attempt { job, .. } = attempt;
        match outcome {
            Outcome::Done => self.take_up_actions(&job, env),
            Outcome::Refused(_) => {
                if let Job::Completed { id, .. } = &job {
                    self.outstanding.reopen(id, env.now(), &self.config);
                }
            }
        }
        self.send_actions(env);
        self.answer(&job, outcome, env);
    }

    /// What a transition has asked for, after its commit.
    pub(super) fn take_up_actions(&mut self, job: &Job<W>, env: &mut EnvOf<'_, W>) {
        let now = env.now();
        let mut goes_on = false;
        for action in self.actions.list() {
            match action {
                Action::Tracked(tracked) => {
                    goes_on |= matches!(job, Job::Completed { id, .. } if id == tracked.id());
                    self.outstanding.emit(tracked.clone(), now, &self.config);
                }
                Action::Untracked(untracked) => {
                    env.send(W::listener(), Message::Untracked(untracked.clone()));
                }
            }
        }
        if let Job::Completed { id, .. } = job
            && !goes_on
        {
            self.outstanding.finish(id);
        }
        if !self.config.planted.has(Bug::NeverClearsActions) {
            self.clear_actions();
        }
        self.note_answers();
    }

    pub(super) fn answer(
        &self,
        job: &Job<W>,
        outcome: Outcome<W::TransitionError>,
        env: &mut EnvOf<'_, W>,
    ) {
        if let Job::Asked { id, .. } = job
            && !self.config.planted.has(Bug::AnswersBeforeCommit)
        {
            env.respond(*id, Response::Consumed { number: self.number, outcome });
        }
    }
}

/// How many actions a transition may ask for.
fn room<W: Workflow>(env: &mut EnvOf<'_, W>) -> usize {
    if env.sometimes_here(site::NO_ROOM) {
        0
    } else if env.sometimes_here(site::ROOM_FOR_ONE) {
        1
    } else {
        Actions::<W::UntrackedAction, W::TrackedAction>::ROOM
    }
}
