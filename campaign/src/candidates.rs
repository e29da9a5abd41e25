//! The lists among which a smaller one is looked for: what is on the menu of a run, what stands in
//! its log, and what is simpler than that.

use std::collections::BTreeSet;
use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_shrinker::{Run, Space};
use stormglass_simulator::{Checkpoints, Deviation, Menu, RequestOf, Scenario, Signature, World};

use crate::part::{Part, simpler};
use crate::progress::Counting;

/// The most simpler selves of one deviation of the log that are candidates, the nearest first.
const SELVES: usize = 64;
/// The same of one of its requests, each of which is made at every moment.
const REQUESTS: usize = 8;

/// A failing run.
pub(crate) struct Failing<'w, 'a, S: Scenario> {
    pub(crate) scenario: &'a S,
    pub(crate) seed: u64,
    /// How it fails.
    pub(crate) signature: &'w Signature,
    /// What makes it.
    pub(crate) deviations: &'w [Deviation<RequestOf<S>>],
}

/// Lists of candidates, each added to a base.
pub(crate) struct Candidates<'w, 'a, S: Scenario> {
    failing: &'w Failing<'w, 'a, S>,
    world: &'w mut World<'a, S>,
    base: &'w [Deviation<RequestOf<S>>],
    within_events: u64,
    /// The deviations of the log and their simpler selves.
    own: Vec<Deviation<RequestOf<S>>>,
    /// What the clients of the log ask, and what is simpler.
    requests: Vec<(u32, RequestOf<S>)>,
    list: Vec<Deviation<RequestOf<S>>>,
    /// The run that was last asked for offers: what is run next is mostly that and one more.
    stem: Option<Checkpoints<S>>,
    progress: Counting,
}

impl<'a, S: Scenario> Space<Part<'a, S>> for Candidates<'_, 'a, S> {
    fn run(&mut self, parts: &[Part<'a, S>], below: u64) -> Run {
        self.take(parts);
        self.progress.one_more(parts.len());
        let most = self.within_events.min(below);
        let Failing { seed, signature, .. } = *self.failing;
        let stem = self.stem.as_ref().zip(self.list.split_last());
        let outcome = match stem {
            Some((stem, (last, before))) if before == stem.deviations() => {
                self.world.replay_with(stem, last, most)
            }
            _ => self.world.replay(seed, &self.list, most, &mut ()).outcome,
        };
        let same = outcome.failure.is_some_and(|failure| failure.signature() == *signature);
        Run { which: outcome.chain, cost: same.then_some(outcome.events) }
    }

    fn offers(&mut self, parts: &[Part<'a, S>], below: u64) -> Vec<Part<'a, S>> {
        self.take(parts);
        let (seed, most) = (self.failing.seed, self.within_events.min(below));
        let Menu { deviations, moments } = self.world.menu(seed, &self.list, most);
        self.stem = Some(self.world.checkpoints(seed, &self.list, most));
        let mut offers = self.own.clone();
        offers.extend(deviations);
        self.ask(&moments, &mut offers);
        let scenario = self.failing.scenario;
        offers.into_iter().map(|deviation| Part { deviation, scenario }).collect()
    }
}

impl<'w, 'a, S: Scenario> Candidates<'w, 'a, S> {
    pub(crate) fn new(
        failing: &'w Failing<'w, 'a, S>,
        base: &'w [Deviation<RequestOf<S>>],
        within_events: u64,
        world: &'w mut World<'a, S>,
    ) -> Self {
        let own = own_selves(failing.scenario, failing.deviations);
        let requests = requests(failing.scenario, failing.deviations);
        let (list, stem, progress) = (Vec::new(), None, Counting::new(false));
        Candidates { failing, world, base, within_events, own, requests, list, stem, progress }
    }

    pub(crate) fn show(&mut self, progress: Counting) {
        self.progress = progress;
    }

    fn take(&mut self, parts: &[Part<'a, S>]) {
        self.list.clear();
        self.list.extend_from_slice(self.base);
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
            let in_log = self.failing.deviations.iter().filter_map(of_client);
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
pub(crate) fn closure<T: PartialEq>(all: &mut Vec<T>, most: usize, simpler: impl Fn(&T) -> Vec<T>) {
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
