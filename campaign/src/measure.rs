//! How well a failing seed shrinks, and how far from the optimum that is.

use cpu_time::ThreadTime;
use serde::Serialize;
use stormglass_shrinker::{Budget, is_one_minimal};
use stormglass_simulator::{Scenario, World};

use crate::part::Part;
use crate::prove::{Proof, Proving, prove};
use crate::report::{ShrunkSize, Size};
use crate::shrink::{Shrunk, most_events, shrink, verdict};

/// How well a failing seed shrinks.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The seed.
    pub seed: u64,
    /// What was made of it.
    pub shrunk: ShrunkSize,
    /// How much time of a processor that took: it is done on one thread, and what else a computer
    /// does meanwhile does not count.
    pub processor_s: f64,
    /// Nothing can be left out or made simpler: tried one by one, by other code than that which
    /// shrinks.
    pub one_minimal: bool,
    /// What is known of smaller lists.
    pub proof: Proof,
    /// The smallest list that is known.
    pub best: Size,
}

impl Measured {
    /// The fewest deviations with which it fails, if that is proven.
    pub fn fewest(&self) -> Option<usize> {
        (self.proof.none_below == self.best.deviations).then_some(self.best.deviations)
    }

    /// How many times the fewest deviations are left; once, if there are none.
    pub fn ratio(&self) -> Option<f64> {
        Some(match self.fewest()? {
            0 => 1.0,
            fewest => self.shrunk.after.deviations as f64 / fewest as f64,
        })
    }
}

/// Shrinks a seed and tries all smaller lists; nothing if it does not violate this property.
pub(crate) fn measure<S: Scenario>(
    scenario: &S,
    seed: u64,
    property: &str,
    budget: Budget<'_>,
    proving: Proving<'_>,
) -> Option<Measured> {
    let recorded = World::new(scenario).record(seed);
    recorded.outcome.failure.filter(|failure| failure.property == property)?;
    let begun = ThreadTime::now();
    let shrunk = shrink(scenario, seed, recorded.deviations, budget)?;
    let processor_s = begun.elapsed().as_secs_f64();
    let one_minimal = is_minimal(scenario, &shrunk);
    let (proof, smaller) = prove(scenario, &shrunk, budget, proving);
    let best = smaller.map_or(shrunk.size.after, |smaller| smaller.size.after);
    Some(Measured { seed, shrunk: shrunk.size, processor_s, one_minimal, proof, best })
}

fn is_minimal<S: Scenario>(scenario: &S, Shrunk { log, size }: &Shrunk<S>) -> bool {
    let signature = log.signature();
    let mut world = World::new(scenario);
    let parts = log.deviations.iter().cloned().map(|deviation| Part { deviation, scenario });
    let most_events = most_events(size.before.events);
    is_one_minimal(&Vec::from_iter(parts), |parts: &[Part<'_, S>]| {
        let list: Vec<_> = parts.iter().map(|part| part.deviation.clone()).collect();
        verdict(&mut world, log.seed, &signature, &list, most_events)
    })
}
