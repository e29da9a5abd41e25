use std::collections::BTreeMap;

use stormglass_machine::{Effect, Input, Kind, NodeId};
use stormglass_simulator::{Cluster, Event, Facts};
use stormglass_workflow::{
    Cause, CommitOf, IdOf, Message, Node, Outcome, Record, Request, Response, SnapshotOf,
};

use super::example::{Example, Meets};
use super::oracle::actions::Unfinished;
use super::oracle::completions::{Completions, correlated, terminal};
use super::oracle::findings::{Findings, Rule};
use super::oracle::history::History;
use super::oracle::sending::{Sent, took_effect};
use super::oracle::transition::{atomic, deterministic};
use super::oracle::trial::{InputOf, Trial};

/// The worker is the first node.
pub const WORKER: NodeId = NodeId(0);
/// The system outside is the second.
pub const SYSTEM: NodeId = NodeId(1);

/// What the oracles remember of a run.
pub struct Ghost<E: Example> {
    /// What they have found.
    pub findings: Findings,
    /// What is known to be durable; `None` before the first start.
    book: Option<Book<E>>,
    /// What is being made durable.
    next: Option<Book<E>>,
    sent: Sent<E>,
    /// The worker has just started.
    is_start: bool,
    pairs: BTreeMap<(&'static str, &'static str), u64>,
    counts: BTreeMap<&'static str, u64>,
    /// How often the worker has started since it last was given anything.
    starts: u32,
    /// The most of these.
    pub most_starts: u32,
    /// An input was consumed while an action was under way.
    pub consumed_meanwhile: bool,
}

/// What is known up to a commit.
pub struct Book<E: Example> {
    /// The commits.
    pub history: History<E>,
    /// What they have begun and not ended.
    pub unfinished: Unfinished<E>,
    completions: Completions<E>,
    /// What is counted for the example.
    pub tally: E::Tally,
}

impl<E: Example> Clone for Book<E> {
    fn clone(&self) -> Self {
        Book {
            history: self.history.clone(),
            unfinished: self.unfinished.clone(),
            completions: self.completions.clone(),
            tally: self.tally.clone(),
        }
    }
}

impl<E: Example> Default for Ghost<E> {
    fn default() -> Self {
        Ghost {
            findings: Findings::default(),
            book: None,
            next: None,
            sent: Sent::default(),
            is_start: false,
            pairs: BTreeMap::new(),
            counts: BTreeMap::new(),
            starts: 0,
            most_starts: 0,
            consumed_meanwhile: false,
        }
    }
}

impl<E: Example> Ghost<E> {
    /// What the worker has committed, durable or not; nothing before its first start.
    pub fn book(&self) -> Option<&Book<E>> {
        self.next.as_ref().or(self.book.as_ref())
    }

    /// Feeds every oracle.
    pub fn observe(&mut self, cluster: &Cluster<Node<E>>, event: Event<'_, Node<E>>) {
        match event {
            Event::Started { node: WORKER } => self.started(cluster),
            Event::Input { node: WORKER, input } => {
                self.is_start = matches!(input, Input::Start);
                if !self.is_start {
                    self.starts = 0;
                }
            }
            Event::Stepped { node: WORKER, effects } => {
                let writes = |effect: &Effect<_>| matches!(effect, Effect::Checkpoint(_));
                let changes = self.is_start && effects.iter().any(writes);
                self.findings.expect(Rule::Pure, !changes, || {
                    "a restart has committed something before there was any input".into()
                });
            }
            Event::Effect { node: WORKER, effect } => self.effect(cluster, effect),
            Event::Effect { node: SYSTEM, effect: Effect::Write(Record::Entry(id, entry)) } => {
                took_effect::<E>(id, entry, &mut self.findings);
            }
            Event::Misbehaved { node: WORKER, site } => self.count(site),
            Event::Crashed { node: WORKER, .. } => self.sent.crashed(),
            _ => {}
        }
    }

    /// What was being made durable is, or never will be.
    fn started(&mut self, cluster: &Cluster<Node<E>>) {
        self.starts += 1;
        self.most_starts = self.most_starts.max(self.starts);
        if self.book.is_none() {
            let worker = cluster.machine(WORKER).as_worker().expect("the first node works");
            self.book = Some(Book {
                history: History::new(worker.committed().clone()),
                unfinished: Unfinished::default(),
                completions: Completions::default(),
                tally: E::Tally::default(),
            });
        }
        let number = durable(cluster);
        if let Some(next) = self.next.take() {
            if next.history.number == number {
                self.count("a crash while a commit is made leaves the new state");
                self.book = Some(next);
            } else {
                self.count("a crash while a commit is made leaves the old state");
            }
        }
    }

    fn effect(&mut self, cluster: &Cluster<Node<E>>, effect: &Effect<Node<E>>) {
        match effect {
            Effect::Checkpoint(Record::Commit(commit)) if !self.is_start => {
                let epoch = cluster.machine(WORKER).as_worker().map(|worker| worker.epoch());
                self.findings.expect(Rule::Serial, epoch == Some(commit.epoch), || {
                    format!("commit {} is made by a worker that was replaced", commit.number)
                });
                return self.commit(commit);
            }
            Effect::Checkpoint(_) | Effect::Write(_) | Effect::Flush => return,
            _ => {}
        }
        // Whatever else happens comes after the flush, so the commit is durable now.
        self.book = self.next.take().or_else(|| self.book.take());
        let book = self.book.as_ref().expect("a worker that does something has started");
        match effect {
            Effect::Respond { response: Response::Consumed { number, .. }, .. } => {
                self.findings.expect(Rule::Answered, *number <= durable(cluster), || {
                    format!("commit {number} is answered, and is not durable")
                });
            }
            Effect::Send { message: Message::Execute(command), .. } => {
                let Book { history, unfinished, .. } = book;
                self.sent.execute(command, history, unfinished, &mut self.findings);
            }
            Effect::Send { message: Message::Untracked(untracked), .. } => {
                self.sent.hear(untracked, &mut self.findings);
            }
            _ => {}
        }
    }

    /// A commit is written.
    fn commit(&mut self, commit: &CommitOf<E>) {
        self.book = self.next.take().or_else(|| self.book.take());
        let mut book = self.book.clone().expect("a worker that commits has started");
        let input: InputOf<E> = match &commit.cause {
            Cause::Asked(Request { input, .. }) => {
                stormglass_workflow::Input::Normal(input.clone())
            }
            Cause::Completed { id, result } => {
                let (id, result) = (id.clone(), result.clone());
                stormglass_workflow::Input::TrackedActionCompleted { id, result }
            }
        };
        let before = book.history.state.clone();
        self.consumed_meanwhile |=
            matches!(commit.cause, Cause::Asked(_)) && !book.unfinished.all.is_empty();
        self.cover(&before, commit);
        let findings = &mut self.findings;
        let whole = deterministic::<E>(&before, &input, findings);
        atomic::<E>(&before, &input, &whole, findings);
        if let Cause::Completed { id, result } = &commit.cause {
            correlated::<E>(&before, (id, result), &whole, findings);
        }
        let trial = book.history.follow(commit, &input, whole, findings);
        if commit.outcome == Outcome::Done && trial.result.is_ok() {
            self.sent.committed(trial.untracked().cloned());
            book.done(commit, &before, &input, &trial, findings);
        }
        let sound = E::sound(&book.tally, &commit.state);
        findings.expect(Rule::Sound, sound.is_ok(), || sound.err().unwrap_or_default());
        let (finished, most) = E::finished(&commit.state);
        findings.expect(Rule::Bounded, finished <= most, || {
            format!("{finished} finished records are kept, and {most} should be at most")
        });
        self.next = Some(book);
    }

    fn cover(&mut self, before: &SnapshotOf<E>, commit: &CommitOf<E>) {
        let (meets, kind) = match &commit.cause {
            Cause::Asked(request) => (Meets::Asked(&request.input), request.input.kind()),
            Cause::Completed { id, result } => (Meets::Completed(id), result.kind()),
        };
        *self.pairs.entry((E::status(before, meets), kind)).or_default() += 1;
        match commit.outcome {
            Outcome::Done => self.count("inputs that were applied"),
            Outcome::Refused(_) => self.count("inputs that were refused"),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Counts what the run showed.
    pub fn facts(&self, facts: &mut Facts) {
        for (pair, count) in &self.pairs {
            facts.add(&pair_name(*pair), *count);
        }
        for (what, count) in &self.counts {
            facts.add(what, *count);
        }
    }
}

impl<E: Example> Book<E> {
    /// An input was applied.
    fn done(
        &mut self,
        commit: &CommitOf<E>,
        before: &SnapshotOf<E>,
        input: &InputOf<E>,
        trial: &Trial<E>,
        findings: &mut Findings,
    ) {
        let completed = match &commit.cause {
            Cause::Completed { id, result } => {
                self.asked_again(id, E::is_pending(result), trial, findings);
                self.completions.remember(id, result);
                Some(id)
            }
            Cause::Asked(_) => None,
        };
        terminal(&E::items(before), &E::items(&trial.state), findings);
        self.completions.told_again(input, &trial.state, findings);
        self.unfinished.committed(completed, trial, findings);
        self.unfinished.restored(&trial.state, trial, findings);
        let untracked: Vec<_> = trial.untracked().cloned().collect();
        let judged = E::commit(&mut self.tally, before, commit, &untracked);
        findings.expect(Rule::Sound, judged.is_ok(), || judged.err().unwrap_or_default());
    }

    /// Who is told that there is no result yet asks again (FL2).
    fn asked_again(
        &self,
        id: &IdOf<E>,
        is_pending: bool,
        trial: &Trial<E>,
        findings: &mut Findings,
    ) {
        let must = is_pending && self.unfinished.all.contains_key(id);
        let asks = trial.tracked().any(|action| action.id() == id);
        findings.expect(Rule::AskedAgain, !must || asks, || {
            format!("{id:?} is pending, and nobody asks again")
        });
    }
}

/// A status and an input, as a fact.
pub fn pair_name((status, kind): (&'static str, &'static str)) -> String {
    format!("{status} × {kind}")
}

/// The number of the last commit that the worker's disk has.
pub fn durable<E: Example>(cluster: &Cluster<Node<E>>) -> u64 {
    match cluster.records(WORKER).last() {
        Some(Record::Commit(commit)) => commit.number,
        _ => 0,
    }
}
