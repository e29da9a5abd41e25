//! Makes a failing run small: the passes of the shrinker, and what they cannot see.
//!
//! The passes leave deviations out and make others simpler. They cannot put one in the place of
//! others: where a run was found by three faults of which a fourth, that was never drawn, would
//! have done the work, they end with the three. So the small sets of all [candidates](Candidates)
//! are tried, as far as that is quickly done, and what is found is shrunk in turn.

use std::collections::BTreeSet;
use std::time::Duration;

use stormglass_replay::{LogOf, log_of};
use stormglass_shrinker::{Bound, Budget, Exhausted, Verdict, exhaust};
use stormglass_simulator::{Deviation, Replayed, RequestOf, Scenario, Signature, World};

use crate::candidates::{Candidates, Failing};
use crate::clock::Stopwatch;
use crate::part::Part;
use crate::rank::rank;
use crate::report::{ShrunkSize, Size};

/// A failing run, made as small as it gets.
pub struct Shrunk<S: Scenario> {
    /// Its log.
    pub log: LogOf<S>,
    /// How it was shrunk.
    pub size: ShrunkSize,
}

/// A shrunk run may have this many times the events of the original, and then some.
const LONGER: u64 = 4;
const AND_THEN_SOME: u64 = 1_000;

/// The most events of all runs in which something is looked for that takes the place of a list that
/// the passes have left, or of one or two of its deviations: some thousand runs of some hundred
/// events each.
const REPLACEMENT_EVENTS: u64 = 2_000_000;

/// The most moments of a run that are tried as the beginning or the end of a deviation, and how far
/// past each of them is tried as well.
const BOUNDARIES: usize = 128;
const JUST_PAST: Duration = Duration::from_micros(1);

/// What may take the place of a list is first looked for among runs that are as short as its own, and
/// then among those of so many events: they are cheap, and there are few candidates.
const SOON: u64 = 128;

/// After how many events a run is cut off that is to become smaller than a run of so many.
pub(crate) fn most_events(events: u64) -> u64 {
    events.saturating_mul(LONGER).saturating_add(AND_THEN_SOME)
}

/// Whether a list still fails in the same way, after how many events, and what played a part.
pub(crate) fn verdict<S: Scenario>(
    world: &mut World<'_, S>,
    seed: u64,
    signature: &Signature,
    list: &[Deviation<RequestOf<S>>],
    most_events: u64,
) -> Verdict {
    let Replayed { outcome, matched } = world.replay(seed, list, most_events, &mut ());
    match outcome.failure {
        Some(failure) if failure.signature() == *signature => {
            let used = matched.iter().enumerate().filter(|(_, matched)| **matched);
            let used = used.map(|(position, _)| position).collect();
            Verdict::FailsAt { cost: outcome.events, used }
        }
        _ => Verdict::Passes,
    }
}

/// After how many events a run is cut off that is a candidate for a run of so many.
pub(crate) fn within_events(events: u64) -> u64 {
    events.saturating_mul(2).saturating_add(100)
}

/// Makes a failing run small: the same property and cause must stay violated.
///
/// Returns nothing if the run that these deviations make does not fail.
pub fn shrink<S: Scenario>(
    scenario: &S,
    seed: u64,
    deviations: Vec<Deviation<RequestOf<S>>>,
    budget: Budget<'_>,
) -> Option<Shrunk<S>> {
    let watch = Stopwatch::start();
    let mut world = World::new(scenario);
    let original = world.replay(seed, &deviations, u64::MAX, &mut ()).outcome;
    let signature = original.failure.as_ref()?.signature();
    let before = Size { deviations: deviations.len(), events: original.events };
    let most_events = most_events(original.events);
    let mut shrinking =
        Shrinking { scenario, seed, signature, world, most_events, budget, attempts: 0 };
    let (mut best, mut minimal) = shrinking.passes(deviations)?;
    while minimal && let Some(other) = shrinking.other(&best) {
        let (smaller, is_minimal) = shrinking.passes(other)?;
        let rank = |best: &Best<S>| rank(scenario, &best.deviations, best.events);
        assert!(rank(&smaller) < rank(&best), "what is found is simpler than what it replaces");
        (best, minimal) = (smaller, is_minimal);
    }
    let log = log_of(scenario, seed, best.deviations)?;
    let after = Size { deviations: log.deviations.len(), events: log.expected.event };
    let elapsed_s = watch.elapsed().as_secs_f64();
    let attempts = shrinking.attempts;
    Some(Shrunk { log, size: ShrunkSize { before, after, attempts, elapsed_s, minimal } })
}

/// A list that fails, and after how many events.
struct Best<S: Scenario> {
    deviations: Vec<Deviation<RequestOf<S>>>,
    events: u64,
}

struct Shrinking<'a, 'b, S: Scenario> {
    scenario: &'a S,
    seed: u64,
    signature: Signature,
    world: World<'a, S>,
    most_events: u64,
    budget: Budget<'b>,
    attempts: u64,
}

impl<'a, S: Scenario> Shrinking<'a, '_, S> {
    /// What the shrinker makes of a list, and whether that is minimal; nothing if the list does not
    /// fail.
    fn passes(&mut self, deviations: Vec<Deviation<RequestOf<S>>>) -> Option<(Best<S>, bool)> {
        let Shrinking { scenario, seed, ref signature, ref mut world, most_events, .. } = *self;
        let parts = deviations.into_iter().map(|deviation| Part { deviation, scenario }).collect();
        let mut candidate = Vec::new();
        let budget = self.budget.less(self.attempts);
        let shrunk = stormglass_shrinker::shrink(parts, budget, |parts: &[Part<'_, S>]| {
            candidate.clear();
            candidate.extend(parts.iter().map(|part| part.deviation.clone()));
            verdict(world, seed, signature, &candidate, most_events)
        });
        let shrunk = shrunk.ok()?;
        self.attempts += shrunk.attempts;
        let deviations: Vec<_> = shrunk.items.into_iter().map(|part| part.deviation).collect();
        let events = self.world.replay(seed, &deviations, most_events, &mut ()).outcome.events;
        Some((Best { deviations, events }, shrunk.minimal))
    }

    /// A simpler list to which the passes see no way.
    fn other(&mut self, best: &Best<S>) -> Option<Vec<Deviation<RequestOf<S>>>> {
        self.at_boundary(best).or_else(|| self.replacement(best))
    }

    /// The same list with one deviation that happens earlier, or ends earlier: at another moment at
    /// which anything happens, or just past it. Whole milliseconds may all lie on the wrong side of
    /// such a moment.
    fn at_boundary(&mut self, best: &Best<S>) -> Option<Vec<Deviation<RequestOf<S>>>> {
        let moments = self.world.menu(self.seed, &best.deviations, best.events).moments;
        let moments = BTreeSet::from_iter(moments.into_iter().map(|(_, at)| at));
        let thinned = moments.iter().step_by(moments.len().div_ceil(BOUNDARIES).max(1));
        let boundaries = Vec::from_iter(thinned.flat_map(|at| [*at, *at + JUST_PAST]));
        let budget = self.budget;
        for place in 0..best.deviations.len() {
            for earlier in ending_or_beginning_at(&best.deviations[place], &boundaries) {
                if !budget.allows(self.attempts) {
                    return None;
                }
                self.attempts += 1;
                let mut list = best.deviations.clone();
                list[place] = earlier;
                let most = self.most_events.min(best.events + 1);
                let verdict = verdict(&mut self.world, self.seed, &self.signature, &list, most);
                if matches!(verdict, Verdict::FailsAt { cost, .. } if cost <= best.events) {
                    return Some(list);
                }
            }
        }
        None
    }

    /// A better list, in which something else stands in the place of everything, of two deviations,
    /// or of one, if it fails sooner then.
    fn replacement(&mut self, best: &Best<S>) -> Option<Vec<Deviation<RequestOf<S>>>> {
        let size = best.deviations.len();
        let mut left = REPLACEMENT_EVENTS;
        // No longer than what the passes take for a failure.
        let whole = within_events(best.events).min(self.most_events);
        if let Some(items) = size.checked_sub(1).filter(|items| *items > 0) {
            let all = Bound { items, cost: u64::MAX, to_the_end: false };
            for within in [best.events + 1, SOON, whole].map(|within| within.min(whole)) {
                let found = self.search(best, &[], all, within, &mut left);
                if found.is_some() {
                    return found;
                }
            }
        }
        let fewer = Bound { items: 1, cost: u64::MAX, to_the_end: false };
        // In the place of two of two: that is everything, and was tried.
        for place in (1..size).rev().filter(|_| size > 2) {
            for other in (0..place).rev() {
                let base = without(&best.deviations, &[other, place]);
                let found = self.search(best, &base, fewer, whole, &mut left);
                if found.is_some() {
                    return found;
                }
            }
        }
        let one = Bound { items: 1, cost: best.events, to_the_end: false };
        for place in (0..size).rev() {
            let base = without(&best.deviations, &[place]);
            let found = self.search(best, &base, one, whole, &mut left);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// A list within a bound that fails if it is added to a base.
    fn search(
        &mut self,
        best: &Best<S>,
        base: &[Deviation<RequestOf<S>>],
        bound: Bound,
        within: u64,
        left: &mut u64,
    ) -> Option<Vec<Deviation<RequestOf<S>>>> {
        let failing = Failing {
            scenario: self.scenario,
            seed: self.seed,
            signature: &self.signature,
            deviations: &best.deviations,
        };
        let mut candidates = Candidates::new(&failing, base, within, &mut self.world);
        let budget = self.budget.less(self.attempts).at_most(*left / within);
        let Exhausted { found, candidates, .. } = exhaust(bound, budget, &mut candidates);
        self.attempts += candidates;
        *left -= candidates * within;
        let (parts, _) = found?;
        let mut list = base.to_vec();
        list.extend(parts.into_iter().map(|part| part.deviation));
        Some(list)
    }
}

/// The same deviation, but earlier, from each of these times on; or shorter, up to each of them.
fn ending_or_beginning_at<R: Clone>(
    deviation: &Deviation<R>,
    times: &[Duration],
) -> Vec<Deviation<R>> {
    let Some(at) = deviation.at() else { return Vec::new() };
    let mut all = Vec::new();
    for time in times {
        let mut other = deviation.clone();
        if *time < at {
            other.at_mut().into_iter().for_each(|begins| *begins = *time);
            all.push(other);
        } else if let Some(lasts) = other.lasts_mut().filter(|lasts| *time < at + **lasts)
            && *time > at
        {
            *lasts = *time - at;
            all.push(other);
        }
    }
    all
}

fn without<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
    let kept = all.iter().enumerate().filter(|(place, _)| !places.contains(place));
    kept.map(|(_, one)| one.clone()).collect()
}
