//! Is there a smaller list that fails in the same way? All candidates are tried.

use serde::Serialize;
use stormglass_shrinker::{Bound, Budget, Exhausted, exhaust};
use stormglass_simulator::{Deviation, RequestOf, Scenario, World};

use crate::candidates::{Candidates, Failing};
use crate::clock::Stopwatch;
use crate::progress::Counting;
use crate::report::ShrunkSize;
use crate::shrink::{Shrunk, shrink, within_events};

/// What is known of lists that are smaller than a given one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// No list of fewer candidates than this fails in the same way.
    pub none_below: usize,
    /// Nor does a list of so many that fails after fewer events.
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
    /// A failure after more events than this is not looked for. By default twice the events of the
    /// list, and a hundred.
    pub within_events: Option<u64>,
    /// Goes on until the budget ends; if not, ends before it begins a size for which the budget is
    /// unlikely to suffice, and then looks at fewer events.
    pub to_the_end: bool,
    /// Show on standard error how far it is, if that is a terminal.
    pub progress: bool,
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
    let (mut proof, mut found) = (None::<Proof>, None);
    let mut candidates = 0;
    for within_events in horizons(log.expected.event, proving) {
        let proving = Proving { budget: proving.budget.less(candidates), ..proving };
        let (known, smaller) = exhausted(scenario, shrunk, within_events, proving);
        candidates += known.candidates;
        // What is known of more events is worth more.
        if proof.is_none_or(|before| known.none_below > before.none_below) {
            proof = Some(known);
        }
        found = smaller;
        if found.is_some() || known.none_below >= log.deviations.len() {
            break;
        }
    }
    let smaller = found.and_then(|deviations| {
        let smaller = shrink(scenario, log.seed, deviations, budget)?;
        let attempts = size.attempts + smaller.size.attempts;
        let elapsed_s = size.elapsed_s + smaller.size.elapsed_s;
        let size = ShrunkSize { before: size.before, attempts, elapsed_s, ..smaller.size };
        Some(Shrunk { size, ..smaller })
    });
    let mut proof = proof.expect("there is a horizon");
    // The passes may find what is no list of candidates.
    if let Some(Shrunk { log, .. }) = &smaller {
        proof.none_sooner &= log.deviations.len() == proof.none_below;
        proof.none_below = proof.none_below.min(log.deviations.len());
    }
    (Proof { candidates, elapsed_s: watch.elapsed().as_secs_f64(), ..proof }, smaller)
}

/// Of how many events runs are looked at, one after the other until enough is known: a failure
/// after so many as a list needs itself is the least that must be looked for.
fn horizons(events: u64, proving: Proving<'_>) -> Vec<u64> {
    // What fails after as many events as the list itself does is what is looked for.
    let far =
        proving.within_events.map_or_else(|| within_events(events), |far| far.max(events + 1));
    let mut horizons = vec![far];
    if !proving.to_the_end {
        horizons.extend([events.saturating_mul(2), events + 1].into_iter().filter(|h| *h < far));
    }
    horizons
}

/// What is known of smaller lists that fail within so many events, and one that does.
fn exhausted<S: Scenario>(
    scenario: &S,
    shrunk: &Shrunk<S>,
    within_events: u64,
    proving: Proving<'_>,
) -> (Proof, Option<Vec<Deviation<RequestOf<S>>>>) {
    let log = &shrunk.log;
    let (signature, deviations) = (log.signature(), &*log.deviations);
    let failing = Failing { scenario, seed: log.seed, signature: &signature, deviations };
    let mut world = World::new(scenario);
    let mut candidates = Candidates::new(&failing, &[], within_events, &mut world);
    candidates.show(Counting::new(proving.progress));
    let (items, to_the_end) = (deviations.len(), proving.to_the_end);
    let bound = Bound { items, cost: log.expected.event, to_the_end };
    let Exhausted { found, sizes, candidates, runs } =
        exhaust(bound, proving.budget, &mut candidates);
    let smallest = found.as_ref().map_or(items, |(parts, _)| parts.len());
    let proof = Proof {
        none_below: sizes.min(smallest),
        none_sooner: sizes > smallest,
        candidates,
        runs,
        within_events,
        elapsed_s: 0.0,
    };
    let found = found.map(|(parts, _)| parts.into_iter().map(|part| part.deviation).collect());
    (proof, found)
}
