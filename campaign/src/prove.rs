//! Is there a smaller list that fails in the same way? All candidates are tried.

use serde::Serialize;
use stormglass_shrinker::{Bound, Budget, Exhausted, exhaust};
use stormglass_simulator::{Scenario, World};

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
    /// unlikely to suffice.
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
    let (expected, signature) = (&log.expected, log.signature());
    let (seed, deviations) = (log.seed, &*log.deviations);
    let failing = Failing { scenario, seed, signature: &signature, deviations };
    let within_events = proving.within_events.unwrap_or_else(|| within_events(expected.event));
    let mut world = World::new(scenario);
    let mut candidates = Candidates::new(&failing, &[], within_events, &mut world);
    candidates.show(Counting::new(proving.progress));
    let bound =
        Bound { items: deviations.len(), cost: expected.event, to_the_end: proving.to_the_end };
    let Exhausted { found, sizes, candidates, runs } =
        exhaust(bound, proving.budget, &mut candidates);
    let smallest = found.as_ref().map_or(deviations.len(), |(parts, _)| parts.len());
    let smaller = found.and_then(|(parts, _)| {
        let deviations = parts.into_iter().map(|part| part.deviation).collect();
        let smaller = shrink(scenario, seed, deviations, budget)?;
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
