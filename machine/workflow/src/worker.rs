//! The worker: consumes one input after the other, each in one commit.

mod dispatch;
mod intake;
mod transition;

use alloc::collections::{BTreeMap, VecDeque};

use stormglass_machine::{Env, Input, RequestId, Time};

use crate::attempt::{Attempt, Job, Stage};
use crate::workflow::{CommitOf, IdOf, ResultOf, SnapshotOf};
use crate::{
    ActionsContainer, Bug, Commit, Config, Last, Message, Node, Outstanding, Process, Record,
    Request, Timer, Transaction, Transmission, Workflow,
};

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

    /// By which right commits are made now.
    pub fn epoch(&self) -> u64 {
        self.epoch
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
        let mut attempts = self.active.iter().chain(&self.replaced);
        self.completions.iter().any(|(one, _)| one == id)
            || attempts.any(|Attempt { job, epoch, .. }| {
                let is_it = matches!(job, Job::Completed { id: one, .. } if one == id);
                is_it && *epoch == self.epoch
            })
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

    fn clear_actions(&mut self) {
        self.actions.clear().expect("a container can be cleared");
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
}
