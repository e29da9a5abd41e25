//! What must come true once every fault is over: looked at whenever time goes on in the calm, and
//! nowhere else, so that it costs nothing while the storm lasts and nothing once it has come true.

use std::time::Duration;

use stormglass_machine::Time;

use crate::cluster::Occurrence;
use crate::decisions::Decisions;
use crate::distribution::Distribution;
use crate::lasso::Lasso;
use crate::property::{Eventually, Violation};
use crate::{Scenario, Watch, World};

/// Everything that must come true, and what is known of it in this run.
pub(crate) struct Liveness<S: Scenario> {
    goals: Vec<Goal<S>>,
    /// A moment before this one is over without a look.
    pub(crate) look_from: Time,
    /// Nobody has looked yet.
    first: bool,
    /// The cluster is stuck by design.
    stuck: bool,
    /// In how many searches it was.
    stuck_searches: u64,
    pub(crate) lasso: Lasso,
}

struct Goal<S: Scenario> {
    name: &'static str,
    asked: Eventually<S>,
    /// Since when it has been true in this run.
    since: Option<Time>,
    recovery: Distribution,
}

impl<S: Scenario> Goal<S> {
    /// True if it need not be looked at again in this run.
    fn is_done(&self) -> bool {
        self.since.is_some() && !self.asked.stays
    }
}

impl<S: Scenario> Default for Liveness<S> {
    fn default() -> Self {
        Liveness {
            goals: Vec::new(),
            look_from: Time::MAX,
            first: true,
            stuck: false,
            stuck_searches: 0,
            lasso: Lasso::default(),
        }
    }
}

impl<S: Scenario> Liveness<S> {
    /// # Panics
    ///
    /// If it may take longer than the calm lasts.
    pub(crate) fn declare(&mut self, name: &'static str, asked: Eventually<S>, calm: Duration) {
        let within = asked.within.unwrap_or_default();
        assert!(
            within <= calm,
            "{name:?} may take {within:?}, and the calm lasts {calm:?}: it would not be judged"
        );
        self.goals.push(Goal { name, asked, since: None, recovery: Distribution::default() });
    }

    /// What the nth of them says of a world.
    #[cfg(feature = "mirror")]
    pub(crate) fn verdict(&self, nth: usize, world: &World<'_, S>) -> crate::Verdict {
        (self.goals[nth].asked.check)(world)
    }

    pub(crate) fn begin(&mut self, heal: Time) {
        self.goals.iter_mut().for_each(|goal| goal.since = None);
        self.look_from = heal;
        (self.first, self.stuck) = (true, false);
        self.lasso.begin();
    }

    /// Books the run that has just been searched.
    pub(crate) fn book(&mut self, heal: Time) {
        self.stuck_searches += u64::from(self.stuck);
        for goal in &mut self.goals {
            if let Some(since) = goal.since {
                goal.recovery.add(since.since(heal));
            }
        }
    }
}

impl<S: Scenario> World<'_, S> {
    /// For each property that must come true in the calm, how long after the heal it did, over
    /// all searches of this world in which it did.
    pub fn recoveries(&self) -> impl Iterator<Item = (&'static str, &Distribution)> {
        self.liveness.goals.iter().map(|goal| (goal.name, &goal.recovery))
    }

    /// In how many searches of this world the cluster was stuck by design, so that nothing was
    /// asked of the calm.
    pub fn stuck_by_design(&self) -> u64 {
        self.liveness.stuck_searches
    }

    /// Looks at what must come true, at the end of a moment of the calm, after which `next` comes.
    /// Gives that back if the run goes on.
    #[cold]
    #[inline(never)]
    pub(crate) fn look<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        time: Time,
        next: Occurrence<S::Machine>,
        decisions: &mut D,
        watch: &mut W,
    ) -> Option<Occurrence<S::Machine>> {
        self.first_look();
        let mut open = None;
        for position in 0..self.liveness.goals.len() {
            if self.liveness.stuck {
                break;
            }
            let Some(violation) = self.look_at(position) else { continue };
            if self.deadline(position).is_some_and(|deadline| deadline < time) {
                self.pass_deadline(position, &next);
                if self.failure.is_some() {
                    return None;
                }
            } else {
                open.get_or_insert((position, violation));
            }
        }
        if self.liveness.stuck || self.liveness.goals.iter().all(Goal::is_done) {
            self.liveness.look_from = Time::MAX;
            return Some(next);
        }
        let Some((position, violation)) = open else { return Some(next) };
        let Some(before) = self.seen_before(time, &next) else { return Some(next) };
        let cycle = self.tell_cycle(before, (time, next), decisions, watch);
        self.never_true(self.liveness.goals[position].name, violation, Some(cycle));
        None
    }

    /// The last look, at the end of the calm.
    pub(crate) fn judge(&mut self) {
        self.first_look();
        for position in 0..self.liveness.goals.len() {
            if self.liveness.stuck {
                return;
            }
            let Some(violation) = self.look_at(position) else { continue };
            let proof = self.is_deadlocked(&Occurrence::End).then(deadlock);
            let goal = &self.liveness.goals[position];
            if goal.asked.within.is_some() || proof.is_some() {
                self.never_true(goal.name, violation, proof);
            }
        }
        if self.liveness.stuck || self.failure.is_some() {
            return;
        }
        let found = self.finally.iter().find_map(|(name, check)| Some((*name, check(self).err()?)));
        if let Some((name, violation)) = found {
            self.never_true(name, violation, None);
        }
    }

    /// A cluster that is stuck by design already when the storm ends is not asked anything.
    fn first_look(&mut self) {
        if std::mem::take(&mut self.liveness.first) {
            self.liveness.stuck = !self.scenario.recoverable(self);
        }
    }

    /// When something has to be true at the latest.
    fn deadline(&self, position: usize) -> Option<Time> {
        Some(self.cluster.heal + self.liveness.goals[position].asked.within?)
    }

    /// Why something that must come true is not, at this moment.
    fn look_at(&mut self, position: usize) -> Option<Violation> {
        let goal = &self.liveness.goals[position];
        if goal.is_done() {
            return None;
        }
        let verdict = (goal.asked.check)(self);
        let (now, goal) = (self.cluster.now, &mut self.liveness.goals[position]);
        match verdict {
            Ok(()) => {
                goal.since.get_or_insert(now);
                None
            }
            Err(violation) => {
                goal.since = None;
                Some(violation)
            }
        }
    }

    /// Looks once more at the last moment that something has to come true, if nothing happens
    /// until then: what a check says may depend on the time.
    fn pass_deadline(&mut self, position: usize, next: &Occurrence<S::Machine>) {
        let deadline = self.deadline(position).unwrap_or(Time::MAX);
        let moment = self.cluster.now;
        self.cluster.now = moment.max(deadline);
        if let Some(violation) = self.look_at(position) {
            let proof = self.is_deadlocked(next).then(deadlock);
            self.never_true(self.liveness.goals[position].name, violation, proof);
        }
        if self.failure.is_none() {
            self.cluster.now = moment;
        }
    }

    /// Ends the run, unless the cluster is stuck by design.
    fn never_true(&mut self, name: &str, mut violation: Violation, proof: Option<String>) {
        if !self.scenario.recoverable(self) {
            self.liveness.stuck = true;
            return;
        }
        if let Some(proof) = proof {
            violation.detail = format!("{}; {proof}", violation.detail);
        }
        self.fail(name, violation);
    }
}

fn deadlock() -> String {
    "and nothing is scheduled any more".to_owned()
}
