//! What comes in: inputs of clients, which can be turned away, and answers, which cannot.

use stormglass_machine::RequestId;

use super::{EnvOf, Worker};
use crate::attempt::{Attempt, Job};
use crate::workflow::{IdOf, ResultOf};
use crate::{Bug, Last, Request, Response, Session, Workflow};

impl<W: Workflow> Worker<W> {
    pub(super) fn asked(
        &mut self,
        id: RequestId,
        request: Request<W::Input>,
        env: &mut EnvOf<'_, W>,
    ) {
        if let Some(session) = request.session {
            if let Some(response) = self.known(session) {
                return env.respond(id, response);
            }
            if let Some(asked_before) = self.request_in(session) {
                // Whoever asked before waits no more.
                *asked_before = id;
                return;
            }
        }
        let is_stranger = |session: Session| !self.sessions.contains_key(&session.client);
        let is_crowded = self.sessions.len() >= self.config.sessions;
        let no_session = is_crowded && request.session.is_some_and(is_stranger);
        let is_full =
            self.inbox.len() >= self.config.queue && !self.config.planted.has(Bug::UnboundedQueue);
        if no_session || is_full {
            return env.respond(id, Response::Busy);
        }
        self.inbox.push_back((id, request));
    }

    /// What is known of an input that was consumed before.
    pub(super) fn known(&self, session: Session) -> Option<Response<W::TransitionError>> {
        let Last { sequence, number, outcome } = self.sessions.get(&session.client)?;
        match session.sequence.cmp(sequence) {
            core::cmp::Ordering::Less => Some(Response::Stale),
            core::cmp::Ordering::Equal => {
                Some(Response::Consumed { number: *number, outcome: outcome.clone() })
            }
            core::cmp::Ordering::Greater => None,
        }
    }

    /// The request that waits for this input already, if there is one.
    pub(super) fn request_in(&mut self, session: Session) -> Option<&mut RequestId> {
        if let Some(Attempt { job: Job::Asked { id, request }, .. }) = &mut self.active
            && request.session == Some(session)
        {
            return Some(id);
        }
        let mut inbox = self.inbox.iter_mut();
        inbox.find(|(_, request)| request.session == Some(session)).map(|(id, _)| id)
    }

    /// An answer is always taken if somebody waits for it. One that nobody waits for changes nothing,
    /// and can be missed.
    pub(super) fn completed(&mut self, id: IdOf<W>, result: ResultOf<W>) {
        let is_awaited = self.outstanding.contains(&id) && !self.is_answered(&id);
        if is_awaited || self.completions.len() < self.config.queue {
            self.outstanding.answered(&id);
            self.completions.push_back((id, result));
        }
    }

    /// Completions first: they make room.
    pub(super) fn next_job(&mut self, env: &mut EnvOf<'_, W>) -> Option<Job<W>> {
        if self.config.planted.has(Bug::LosesCompletionInRace) && !self.inbox.is_empty() {
            self.completions.pop_front();
        }
        if let Some((id, result)) = self.completions.pop_front() {
            return Some(Job::Completed { id, result });
        }
        while let Some((id, request)) = self.inbox.pop_front() {
            // The client may have gone on since it came.
            match request.session.and_then(|session| self.known(session)) {
                Some(response) => env.respond(id, response),
                None => return Some(Job::Asked { id, request }),
            }
        }
        None
    }
}
