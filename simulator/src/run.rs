//! The three ways to run a world: search a seed, search it while recording, replay a list.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stormglass_machine::{Machine, Time};

use crate::clients::MOST_CLIENTS;
use crate::decisions::{ClientChances, Decisions, DiskChances, Recorder, Replay, Search};
use crate::deviation::Deviation;
use crate::faults::RequestOf;
use crate::property::{BOUNDED_EVENTS, Failure, NO_PANIC, Violation};
use crate::{Cluster, Event, Facts, Scenario, World, panic};

/// Is told of everything that happens, in order.
pub trait Watch<M: Machine> {
    /// Something happens.
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>);
}

/// Nobody watches.
impl<M: Machine> Watch<M> for () {
    #[inline]
    fn event(&mut self, _: &Cluster<M>, _: Event<'_, M>) {}
}

impl<M: Machine, W: Watch<M> + ?Sized> Watch<M> for &mut W {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        (**self).event(cluster, event);
    }
}

/// Two watch.
impl<M: Machine, V: Watch<M>, W: Watch<M>> Watch<M> for (V, W) {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        self.0.event(cluster, event);
        self.1.event(cluster, event);
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The first violation; the run stopped there.
    pub failure: Option<Failure>,
    /// The hash chain over everything that happened.
    pub chain: u64,
    /// How many events there were.
    pub events: u64,
    /// True time at the end.
    pub time: Time,
}

/// A run, and the deviations that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<R> {
    /// How it ended.
    pub outcome: Outcome,
    /// Everything that was not dull.
    pub deviations: Vec<Deviation<R>>,
}

/// A run that was made by a list of deviations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How it ended.
    pub outcome: Outcome,
    /// For each deviation of the list, whether it met anything that it is about.
    pub matched: Vec<bool>,
}

/// A client that waits for answers must have a number that fits into the id of a request.
fn assert_clients<R>(plan: &[Deviation<R>]) {
    for deviation in plan {
        if let Deviation::Request { client, .. } = deviation {
            assert!(*client < MOST_CLIENTS, "clients are 0 to {}: {client}", MOST_CLIENTS - 1);
        }
    }
}

impl<S: Scenario> World<'_, S> {
    /// Runs one seed. The fast path: nothing is recorded.
    pub fn search(&mut self, seed: u64) -> Outcome {
        let mut decisions = self.draw(seed);
        let outcome = self.guarded(seed, self.settings.max_events, &mut decisions, &mut ());
        self.sites = decisions.sites;
        self.book();
        outcome
    }

    /// Runs one seed while somebody watches. The same run as [`search`](World::search) makes;
    /// nothing is booked.
    pub fn watch(&mut self, seed: u64, watch: &mut impl Watch<S::Machine>) -> Outcome {
        let mut decisions = self.draw(seed);
        let outcome = self.guarded(seed, self.settings.max_events, &mut decisions, watch);
        self.sites = decisions.sites;
        outcome
    }

    /// Runs one seed and records its deviations. The same run as [`search`](World::search) makes.
    pub fn record(&mut self, seed: u64) -> Recorded<RequestOf<S>> {
        let mut decisions = Recorder::new(self.draw(seed));
        let outcome = self.guarded(seed, self.settings.max_events, &mut decisions, &mut ());
        self.sites = decisions.inner.sites;
        let mut deviations = self.cluster.plan.clone();
        deviations.append(&mut decisions.recorded);
        Recorded { outcome, deviations }
    }

    /// Runs the dull run with these deviations. The seed is for the nodes' own dice. A run that
    /// has had `most_events` without a violation is cut off, with the scenario's own bound at
    /// most.
    pub fn replay(
        &mut self,
        seed: u64,
        deviations: &[Deviation<RequestOf<S>>],
        most_events: u64,
        watch: &mut impl Watch<S::Machine>,
    ) -> Replayed {
        self.cluster.plan.clear();
        self.cluster.plan.extend_from_slice(deviations);
        self.planner.find_victims(self.scenario, deviations);
        let mut decisions = Replay::new(deviations);
        let own_bound = self.settings.max_events;
        let bound = most_events.min(own_bound);
        let mut outcome = self.guarded(seed, bound, &mut decisions, watch);
        if bound < own_bound {
            outcome.failure.take_if(|failure| failure.property == BOUNDED_EVENTS);
        }
        let struck = self.struck.iter().zip(&decisions.matched);
        let matched = struck.map(|(struck, matched)| *struck || *matched).collect();
        Replayed { outcome, matched }
    }

    /// What was counted in all searches of this world.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How often each pair of a machine's state and an input kind was reached, in all runs of this
    /// world.
    pub fn pairs(&self) -> std::collections::BTreeMap<(&'static str, &'static str), u64> {
        self.coverage.pairs()
    }

    fn draw(&mut self, seed: u64) -> Search {
        let scenario = self.scenario();
        let plan = &mut self.cluster.plan;
        let knobs = &self.cluster.knobs;
        let odds = self.planner.draw(scenario, &self.settings, knobs, seed, plan);
        if self.cluster.clients.clients.is_some() {
            assert_clients(plan);
        }
        let faults = &self.settings.faults;
        let links = match &self.cluster.clients.clients {
            Some(clients) if faults.client_link => ClientChances::new(seed, clients.timeout),
            _ => ClientChances::default(),
        };
        Search::new(seed, odds, DiskChances::new(seed, faults), links, self.sites.take())
    }

    fn guarded<D: Decisions>(
        &mut self,
        seed: u64,
        most_events: u64,
        decisions: &mut D,
        watch: &mut impl Watch<S::Machine>,
    ) -> Outcome {
        self.guard(|world| world.run(seed, most_events, decisions, watch));
        self.outcome()
    }

    /// Does something of a run. What panics meanwhile is a failure.
    pub(crate) fn guard(&mut self, run: impl FnOnce(&mut Self)) {
        let quiet = panic::Quiet::new();
        if catch_unwind(AssertUnwindSafe(|| run(self))).is_err() {
            let (place, message) = quiet.last();
            self.failure = Some(Failure {
                property: NO_PANIC.to_owned(),
                violation: Violation::new(message).because(place),
                event: self.events(),
            });
        }
    }

    /// How the run has ended, or how it stands.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome {
            failure: self.failure.clone(),
            chain: self.chain(),
            events: self.events(),
            time: self.now(),
        }
    }
}
