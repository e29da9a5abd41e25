//! The worker: consumes one input after the other, each in one commit.

use alloc::collections::{BTreeMap, VecDeque};
use core::task::Poll;

use stormglass_machine::{Env, Input, RequestId, Time};

use crate::attempt::{Attempt, Job, Stage};
use crate::poll::poll_once;
use crate::workflow::{CommitOf, IdOf, ResultOf, SnapshotOf};
use crate::{
    Action, ActionList, Actions, ActionsContainer, Bug, Commit, Config, Execute, Last, Message,
    Node, Outcome, Outstanding, Process, Record, Request, Response, Session, Timer, Transaction,
    Transmission, Workflow,
};

/// Where a store and a container may misbehave, by the names of [`Env::sometimes_here`].
pub mod site {
    /// A read takes as long as [`Config::store_latency`](crate::Config::store_latency).
    pub const SLOW_READ: &str = "a read of the store is slow";
    /// A read takes longer than anybody waits for it.
    pub const STALLS: &str = "a worker stands still while it reads";
    /// Nothing was committed, and the whole transition is to be run again.
    pub const CONFLICT: &str = "a commit meets a conflict";
    /// The same, since the store has no time.
    pub const RETRY: &str = "the store asks to try again";
    /// Nothing was committed, and the worker is not told.
    pub const LOST: &str = "a commit is lost, and nobody knows";
    /// It is committed, and the worker is not told.
    pub const UNKNOWN: &str = "a commit is made, and nobody knows";
    /// The container is full at the first action.
    pub const NO_ROOM: &str = "there is no room for an action";
    /// The container is full at the second action.
    pub const ROOM_FOR_ONE: &str = "there is room for one action only";

    /// All of them.
    pub const ALL: [&str; 8] =
        [SLOW_READ, STALLS, CONFLICT, RETRY, LOST, UNKNOWN, NO_ROOM, ROOM_FOR_ONE];
}

/// What a worker writes its effects on.
type EnvOf<'a, W> = Env<'a, Node<W>>;

/// Runs the transitions of one state machine.
pub struct Worker<W: Workflow> {
    config: Config,
    process: Process,
    /// What the disk had, until the start.
    restored: Option<CommitOf<W>>,
    /// What is committed; durable up to the flush under way.
    committed: SnapshotOf<W>,
    number: u64,
    sessions: BTreeMap<u64, Last<W::TransitionError>>,
    /// Grows when a worker is replaced. Who commits under an earlier one is refused.
    epoch: u64,
    inbox: VecDeque<(RequestId, Request<W::Input>)>,
    completions: VecDeque<(IdOf<W>, ResultOf<W>)>,
    active: Option<Attempt<W>>,
    /// One that was replaced while it waited, and does not know.
    replaced: Option<Attempt<W>>,
    outstanding: Outstanding<W::TrackedAction>,
    actions: W::Actions,
    tickets: u64,
    /// The last transmission.
    transmission: Transmission,
    /// When the timer of the actions fires, if it is set.
    wakes: Option<Time>,
    /// The unfinished actions of the state are known. Nothing is taken in before.
    is_ready: bool,
}

impl<W: Workflow> Worker<W> {
    pub(crate) fn new(state: SnapshotOf<W>, config: Config) -> Self {
        Worker {
            config,
            process: Process::default(),
            restored: None,
            committed: state,
            number: 0,
            sessions: BTreeMap::new(),
            epoch: 0,
            inbox: VecDeque::new(),
            completions: VecDeque::new(),
            active: None,
            replaced: None,
            outstanding: Outstanding::default(),
            actions: W::Actions::new().expect("there is room for an empty container"),
            tickets: 0,
            transmission: Transmission::default(),
            wakes: None,
            is_ready: false,
        }
    }

    /// The committed state.
    pub fn committed(&self) -> &SnapshotOf<W> {
        &self.committed
    }

    /// How many commits there were.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The actions that are not finished.
    pub fn outstanding(&self) -> &Outstanding<W::TrackedAction> {
        &self.outstanding
    }

    /// How many inputs are being worked on by somebody who may commit. One at most.
    pub fn running(&self) -> usize {
        let attempts = self.active.iter().chain(&self.replaced);
        attempts.filter(|attempt| attempt.epoch == self.epoch).count()
    }

    /// True if somebody works on an input, or was replaced and does not know.
    pub fn is_replaced(&self) -> bool {
        self.replaced.is_some()
    }

    /// What the input under way waits for, if there is one.
    pub fn stage(&self) -> Option<Stage> {
        self.active.as_ref().map(|active| active.stage)
    }

    /// How many inputs and how many completions wait.
    pub fn waiting(&self) -> (usize, usize) {
        (self.inbox.len(), self.completions.len())
    }

    /// True if a completion of this action waits, or is being worked on.
    pub fn is_answered(&self, id: &IdOf<W>) -> bool {
        let is_it = |attempt: &Attempt<W>| matches!(&attempt.job, Job::Completed { id: one, .. } if one == id);
        self.completions.iter().any(|(one, _)| one == id)
            || self.active.iter().chain(&self.replaced).any(is_it)
    }

    pub(crate) fn state(&self) -> &'static str {
        match self.stage() {
            _ if !self.is_ready => "Starting",
            None => "Idle",
            Some(Stage::Reading) => "Reading",
            Some(Stage::BackingOff) => "BackingOff",
            Some(Stage::Unsure(_)) => "Unsure",
        }
    }

    pub(crate) fn take_back(&mut self, commit: CommitOf<W>) {
        self.restored = Some(commit);
    }

    pub(crate) fn step(&mut self, input: Input<Node<W>>, env: &mut EnvOf<'_, W>) {
        self.process.wall = env.wall();
        W::State::enter(&mut self.committed, &self.process);
        match input {
            Input::Start => self.start(env),
            Input::Request { id, request } => self.asked(id, request, env),
            Input::Message { message: Message::Completed { id, result }, .. } => {
                self.completed(id, result);
            }
            Input::Timer(Timer::Actions) => self.actions_are_due(env),
            Input::Timer(Timer::Attempt(ticket)) => self.go_on(ticket, env),
            Input::Timer(Timer::Patience) => self.replace(env),
            Input::Message { .. } | Input::Timer(Timer::Answer(_)) => {}
        }
        self.work(env);
        self.send_actions(env);
    }

    fn start(&mut self, env: &mut EnvOf<'_, W>) {
        if let Some(commit) = self.restored.take() {
            if self.config.planted.has(Bug::RestoreCommits) {
                let number = commit.number + 1;
                env.checkpoint(Record::Commit(Commit { number, ..commit.clone() }));
            }
            let Commit { number, epoch, sessions, state, .. } = commit;
            (self.number, self.epoch, self.sessions) = (number, epoch, sessions);
            self.committed = state;
        }
        self.process.hash_seed = env.dice().next_u64();
        self.transmission.start = env.dice().next_u64();
        W::State::enter(&mut self.committed, &self.process);
        if self.config.planted.has(Bug::AcceptsBeforeRestore) {
            return env.set_timer(Timer::Actions, self.config.store_latency);
        }
        self.register_unfinished(env.now());
    }

    /// Makes known what the state says is unfinished.
    fn register_unfinished(&mut self, now: Time) {
        self.is_ready = true;
        self.restore();
        for action in self.actions.list() {
            if let Action::Tracked(tracked) = action
                && (!self.outstanding.contains(tracked.id())
                    || self.config.planted.has(Bug::AcceptsBeforeRestore))
            {
                self.outstanding.emit(tracked.clone(), now, &self.config);
            }
        }
        self.clear_actions();
    }

    /// Puts into the container what a restart would ask for now.
    fn restore(&mut self) {
        self.clear_actions();
        self.actions.set_room(usize::MAX);
        match poll_once(W::restore(W::view(&self.committed), &mut self.actions)) {
            Poll::Ready(Ok(())) => {}
            // To go on would be to forget what is unfinished.
            Poll::Ready(Err(error)) => panic!("the unfinished actions cannot be read: {error:?}"),
            Poll::Pending => {
                panic!("a restart has all that is committed, and has nothing to await")
            }
        }
    }

    fn clear_actions(&mut self) {
        self.actions.clear().expect("a container can be cleared");
    }

    fn asked(&mut self, id: RequestId, request: Request<W::Input>, env: &mut EnvOf<'_, W>) {
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
        if no_session || self.inbox.len() >= self.config.queue {
            return env.respond(id, Response::Busy);
        }
        self.inbox.push_back((id, request));
    }

    /// What is known of an input that was consumed before.
    fn known(&self, session: Session) -> Option<Response<W::TransitionError>> {
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
    fn request_in(&mut self, session: Session) -> Option<&mut RequestId> {
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
    fn completed(&mut self, id: IdOf<W>, result: ResultOf<W>) {
        let is_awaited = self.outstanding.contains(&id) && !self.is_answered(&id);
        if is_awaited || self.completions.len() < self.config.queue {
            self.outstanding.answered(&id);
            self.completions.push_back((id, result));
        }
    }

    /// Works until there is nothing to do, or something to wait for.
    fn work(&mut self, env: &mut EnvOf<'_, W>) {
        while self.is_free()
            && let Some(job) = self.next_job(env)
        {
            let attempt = self.attempt(job);
            self.run(attempt, env);
        }
    }

    fn is_free(&mut self) -> bool {
        if self.config.planted.has(Bug::Interleaves)
            && self.stage() == Some(Stage::Reading)
            && self.replaced.is_none()
        {
            self.replaced = self.active.take();
        }
        let sent = |(_, _, phase)| !matches!(phase, crate::Phase::Waiting(_));
        if self.config.planted.has(Bug::WaitsForWindow)
            && self.outstanding.iter().filter(|entry| sent(*entry)).count() >= self.config.window
        {
            return false;
        }
        self.active.is_none()
    }

    /// Completions first: they make room.
    fn next_job(&mut self, env: &mut EnvOf<'_, W>) -> Option<Job<W>> {
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

    fn attempt(&mut self, job: Job<W>) -> Attempt<W> {
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
    fn run(&mut self, mut attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
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

    fn read_is_slow(&self, attempt: &mut Attempt<W>, env: &mut EnvOf<'_, W>) -> bool {
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

    fn suspend(&mut self, attempt: Attempt<W>) {
        let place = match attempt.epoch == self.epoch && self.active.is_none() {
            true => &mut self.active,
            false => &mut self.replaced,
        };
        *place = Some(attempt);
    }

    /// Who has waited for too long is replaced, and cannot commit any more.
    fn replace(&mut self, env: &mut EnvOf<'_, W>) {
        if self.stage() != Some(Stage::Reading) {
            return;
        }
        self.replaced = self.active.take();
        self.epoch += 1;
        let job = self.replaced.as_ref().map(|replaced| replaced.job.clone());
        let attempt = self.attempt(job.expect("somebody was replaced"));
        self.run(attempt, env);
    }

    fn go_on(&mut self, ticket: u64, env: &mut EnvOf<'_, W>) {
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
    fn finish(
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
        let is_conflict = env.sometimes_here(site::CONFLICT);
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
    fn back_off(&mut self, mut attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
        let after = self.config.backoff(self.config.store_latency, attempt.tries);
        attempt.tries += 1;
        attempt.reads = Default::default();
        attempt.stage = Stage::BackingOff;
        env.set_timer(Timer::Attempt(attempt.ticket), after);
        self.suspend(attempt);
    }

    /// The store has not said whether it has made the commit of this number: it is asked.
    fn is_unsure(&mut self, mut attempt: Attempt<W>, number: u64, env: &mut EnvOf<'_, W>) {
        attempt.reads = Default::default();
        attempt.stage = Stage::Unsure(number);
        env.set_timer(Timer::Attempt(attempt.ticket), self.config.store_latency);
        self.suspend(attempt);
    }

    /// A commit was made, as turns out. What its transition has asked for is gone, but what is
    /// tracked stands in the state.
    fn was_committed(&mut self, attempt: Attempt<W>, env: &mut EnvOf<'_, W>) {
        if let Job::Completed { id, .. } = &attempt.job {
            self.outstanding.finish(id);
        }
        self.register_unfinished(env.now());
        let Attempt { job, outcome, .. } = attempt;
        let outcome = outcome.expect("what was committed has come to something");
        self.answer(&job, outcome, env);
    }

    /// Makes durable, at once, the state, that the input is done, and what has come of it.
    fn commit(
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
    fn settle(
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
                if self.config.planted.has(Bug::NeverClearsActions) {
                    self.clear_actions();
                }
            }
        }
        self.send_actions(env);
        self.answer(&job, outcome, env);
    }

    /// What a transition has asked for, after its commit.
    fn take_up_actions(&mut self, job: &Job<W>, env: &mut EnvOf<'_, W>) {
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
    }

    fn answer(&self, job: &Job<W>, outcome: Outcome<W::TransitionError>, env: &mut EnvOf<'_, W>) {
        if let Job::Asked { id, .. } = job
            && !self.config.planted.has(Bug::AnswersBeforeCommit)
        {
            env.respond(*id, Response::Consumed { number: self.number, outcome });
        }
    }

    /// Some actions are due. Those whose answer is overdue are asked for again, as a restart would.
    fn actions_are_due(&mut self, env: &mut EnvOf<'_, W>) {
        self.wakes = None;
        let now = env.now();
        if !self.is_ready {
            self.register_unfinished(now);
        }
        if !self.outstanding.has_overdue(now) {
            return;
        }
        self.restore();
        for action in self.actions.list() {
            if let Action::Tracked(tracked) = action {
                self.outstanding.ask_again(tracked.clone(), now);
            }
        }
        self.outstanding.drop_overdue(now);
        self.clear_actions();
    }

    /// Sends what is due and has room, and sees to it that the rest is not forgotten.
    fn send_actions(&mut self, env: &mut EnvOf<'_, W>) {
        let now = env.now();
        while let Some((id, action)) = self.outstanding.next_to_send(now, &self.config) {
            self.transmission.nth += 1;
            let (to, transmission) = (W::system(&action), self.transmission);
            env.send(to, Message::Execute(Execute { id, action, transmission }));
        }
        let Some(after) = self.outstanding.next_due(now, &self.config) else { return };
        if self.wakes != Some(now + after) {
            self.wakes = Some(now + after);
            env.set_timer(Timer::Actions, after);
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
