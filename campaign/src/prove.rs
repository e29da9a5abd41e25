//! Is there a smaller list that fails in the same way? All that are on the menu are tried.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use stormglass_machine::NodeId;
use stormglass_shrinker::{Budget, Exhausted, Run, Space, exhaust};
use stormglass_replay::LogOf;
use stormglass_simulator::{Deviation, Menu, RequestOf, Scenario, World};

use crate::clock::Stopwatch;
use crate::part::{Part, simpler};
use crate::report::ShrunkSize;
use crate::triage::{Shrunk, most_events, shrink};

/// The most simpler selves of one deviation of the log that are candidates, the nearest first.
const SELVES: usize = 64;
/// The same of one of its requests, each of which is made at every moment.
const REQUESTS: usize = 8;

/// What is known of lists smaller than a given one.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// No list of fewer candidates than this fails in the same way.
    pub none_below: usize,
    /// Nor does a list of so many that fails sooner than the one it is about.
    pub none_sooner: bool,
    /// How many lists were run.
    pub candidates: u64,
    /// How many different runs they made.
    pub runs: u64,
    /// A failure after more events than this was not looked for.
    pub within_events: u64,
    /// Real time.
    pub elapsed_s: f64,
}

/// How far to go when all smaller lists are tried.
#[derive(Clone, Copy)]
pub struct Proving<'a> {
    /// How many lists may be run.
    pub budget: Budget<'a>,
    /// A failure after more events than this is not looked for; if not given, what shrinking
    /// allows.
    pub within_events: Option<u64>,
}

/// Tries all lists that are smaller than a shrunk one, the smallest first. If one of them fails in
/// the same way, it is shrunk in turn, within a budget of its own.
pub fn prove<S: Scenario>(
    scenario: &S,
    shrunk: &Shrunk<S>,
    budget: Budget<'_>,
    proving: Proving<'_>,
) -> (Proof, Option<Shrunk<S>>) {
    let watch = Stopwatch::start();
    let Shrunk { log, size } = shrunk;
    let within_events = proving.within_events.unwrap_or_else(|| most_events(log.expected.event));
    let mut candidates = Candidates {
        scenario,
        log,
        within_events,
        world: World::new(scenario),
        own: own_selves(scenario, &log.deviations),
        requests: requests(scenario, &log.deviations),
        list: Vec::new(),
    };
    let Exhausted { found, sizes, candidates, runs } =
        exhaust(log.deviations.len(), log.expected.event, proving.budget, &mut candidates);
    let smallest = found.as_ref().map_or(log.deviations.len(), |(parts, _)| parts.len());
    let smaller = found.and_then(|(parts, _)| {
        let deviations = parts.into_iter().map(|part| part.deviation).collect();
        let smaller = shrink(scenario, log.seed, deviations, budget)?;
        let attempts = size.attempts + smaller.size.attempts;
        let elapsed_s = size.elapsed_s + smaller.size.elapsed_s;
        let size = ShrunkSize { before: size.before, attempts, elapsed_s, ..smaller.size };
        Some(Shrunk { size, ..smaller })
    });
    let proof = Proof {
        none_below: sizes.min(smallest),
        none_sooner: sizes > smallest,
        candidates,
        runs,
        within_events,
        elapsed_s: watch.elapsed().as_secs_f64(),
    };
    (proof, smaller)
}

struct Candidates<'a, S: Scenario> {
    scenario: &'a S,
    /// What a smaller list must do, too.
    log: &'a LogOf<S>,
    within_events: u64,
    world: World<'a, S>,
    /// The deviations of the log and their simpler selves.
    own: Vec<Deviation<RequestOf<S>>>,
    /// What the clients of the log ask, and what is simpler.
    requests: Vec<(u32, RequestOf<S>)>,
    list: Vec<Deviation<RequestOf<S>>>,
}

impl<'a, S: Scenario> Space<Part<'a, S>> for Candidates<'a, S> {
    fn run(&mut self, parts: &[Part<'a, S>]) -> Run {
        self.take(parts);
        let replayed = self.world.replay(self.log.seed, &self.list, self.within_events, &mut ());
        let (outcome, expected) = (replayed.outcome, &self.log.expected);
        let same = outcome.failure.is_some_and(|failure| {
            failure.property == expected.property && failure.violation.cause == expected.cause
        });
        Run { which: outcome.chain, cost: same.then_some(outcome.events) }
    }

    fn offers(&mut self, parts: &[Part<'a, S>]) -> Vec<Part<'a, S>> {
        self.take(parts);
        let Menu { deviations, moments } =
            self.world.menu(self.log.seed, &self.list, self.within_events);
        let mut offers = self.own.clone();
        offers.extend(deviations);
        self.ask(&moments, &mut offers);
        let scenario = self.scenario;
        offers.into_iter().map(|deviation| Part { deviation, scenario }).collect()
    }
}

impl<'a, S: Scenario> Candidates<'a, S> {
    fn take(&mut self, parts: &[Part<'a, S>]) {
        self.list.clear();
        self.list.extend(parts.iter().map(|part| part.deviation.clone()));
    }

    /// Each request at each moment of each node. Which of its requests it is for a client matters
    /// to nobody, so that it is the first of those in the log that is not in the list.
    fn ask(&self, moments: &[(NodeId, Duration)], offers: &mut Vec<Deviation<RequestOf<S>>>) {
        for (client, request) in &self.requests {
            let of_client = |deviation: &Deviation<_>| match deviation {
                Deviation::Request { client: whose, nth, .. } if whose == client => Some(*nth),
                _ => None,
            };
            let asked: BTreeSet<u32> = self.list.iter().filter_map(of_client).collect();
            let in_log = self.log.deviations.iter().filter_map(of_client);
            let Some(nth) = in_log.filter(|nth| !asked.contains(nth)).min() else { continue };
            offers.extend(moments.iter().map(|&(node, at)| {
                let (client, request) = (*client, request.clone());
                Deviation::Request { client, nth, at, node, request }
            }));
        }
    }
}

/// What the requests of a list ask and what is simpler, each once for each client.
fn requests<S: Scenario>(
    scenario: &S,
    deviations: &[Deviation<RequestOf<S>>],
) -> Vec<(u32, RequestOf<S>)> {
    let mut all: Vec<(u32, RequestOf<S>)> = Vec::new();
    for deviation in deviations {
        let Deviation::Request { client, request, .. } = deviation else { continue };
        let mut selves = vec![request.clone()];
        closure(&mut selves, REQUESTS, |request| scenario.simpler(request));
        for request in selves {
            if !all.contains(&(*client, request.clone())) {
                all.push((*client, request));
            }
        }
    }
    all
}

/// The deviations of a list and their simpler selves.
fn own_selves<S: Scenario>(
    scenario: &S,
    deviations: &[Deviation<RequestOf<S>>],
) -> Vec<Deviation<RequestOf<S>>> {
    let mut all = Vec::new();
    for deviation in deviations {
        let mut selves = vec![deviation.clone()];
        closure(&mut selves, SELVES, |deviation| simpler(deviation, scenario));
        all.append(&mut selves);
    }
    all
}

/// Adds what is simpler, and what is simpler than that, up to so many.
fn closure<T: PartialEq>(all: &mut Vec<T>, most: usize, simpler: impl Fn(&T) -> Vec<T>) {
    let mut next = 0;
    while next < all.len() && all.len() < most {
        for one in simpler(&all[next]) {
            if all.len() < most && !all.contains(&one) {
                all.push(one);
            }
        }
        next += 1;
    }
}
