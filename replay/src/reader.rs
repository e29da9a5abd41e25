//! Reads a log in one way after the other, and runs what each comes to.

use std::collections::VecDeque;
use std::rc::Rc;

use stormglass_simulator::{Deviation, RequestOf, Scenario, World};

use crate::align::{Reading, Seeker, renamed};
use crate::context::Context;
use crate::log::Log;
use crate::replay::{Verdict, most_events, run, verdict};
use crate::steps::Steps;

/// Where one deviation is depends on those before it; so often they are looked for again.
const ROUNDS: usize = 40;
/// So many of the latest runs are remembered: most readings begin in the same one.
const REMEMBERED: usize = 8;

/// Reads a log in one way after the other.
pub(crate) struct Reader<'r, S: Scenario> {
    world: World<'r, S>,
    log: &'r Log<RequestOf<S>>,
    context: &'r Context,
    remembered: VecDeque<Remembered<RequestOf<S>>>,
    /// How many runs were made.
    pub(crate) runs: u64,
    /// Asked with that number whether to make one more.
    keep_going: &'r dyn Fn(u64) -> bool,
}

/// A run that did not fail as the log says.
struct Remembered<R> {
    seed: u64,
    deviations: Vec<Deviation<R>>,
    steps: Rc<Steps>,
}

/// What a log comes to, if it is read in one way.
pub(crate) struct Read<R> {
    /// The seed of the nodes' dice.
    pub(crate) seed: u64,
    /// The deviations, as they are called today.
    pub(crate) deviations: Vec<Deviation<R>>,
    /// They make a run that fails as the log says.
    pub(crate) fails: bool,
}

impl<'r, S: Scenario> Reader<'r, S> {
    pub(crate) fn new(
        scenario: &'r S,
        log: &'r Log<RequestOf<S>>,
        context: &'r Context,
        keep_going: &'r dyn Fn(u64) -> bool,
    ) -> Self {
        let world = World::new(scenario);
        Reader { world, log, context, remembered: VecDeque::new(), runs: 0, keep_going }
    }

    /// Reads the log in one way: puts its deviations where they met the run, until they stay there.
    /// Ends at the first run that fails, be it on the way.
    pub(crate) fn read(&mut self, reading: Reading) -> Read<RequestOf<S>> {
        let nodes = self.world.scenario().nodes();
        let (log, fewest) = (self.log, *nodes.start());
        let then = Deviation::cluster_size(&log.deviations).unwrap_or(self.context.fewest);
        let relative = then.saturating_add(fewest).saturating_sub(self.context.fewest);
        let wanted = if reading.relative { relative } else { then };
        let count = wanted.clamp(fewest, *nodes.end());
        let seed = log.seed.wrapping_add(reading.dice);
        let mut deviations = resized(&log.deviations, fewest, count);
        for _ in 0..ROUNDS {
            if !(self.keep_going)(self.runs) {
                break;
            }
            let Some(steps) = self.run(seed, &deviations) else {
                return Read { seed, deviations, fails: true };
            };
            let placed = self.placed(reading, &steps);
            let next = resized(&placed, fewest, count);
            if next == deviations {
                break;
            }
            deviations = next;
        }
        Read { seed, deviations, fails: false }
    }

    fn placed(&self, reading: Reading, steps: &Steps) -> Vec<Deviation<RequestOf<S>>> {
        let renamed = renamed(self.context, steps);
        let places = self.log.deviations.iter().zip(&self.context.places).enumerate();
        let placed = places.map(|(position, (deviation, place))| {
            let choice = reading.choice_of(position);
            Seeker { steps, renamed: &renamed, choice }.placed(deviation, place)
        });
        placed.collect()
    }

    /// What happens in the run of a list; nothing if it fails.
    fn run(&mut self, seed: u64, deviations: &[Deviation<RequestOf<S>>]) -> Option<Rc<Steps>> {
        let known = self
            .remembered
            .iter()
            .position(|one| one.seed == seed && one.deviations.as_slice() == deviations);
        let remembered = match known.and_then(|known| self.remembered.remove(known)) {
            Some(remembered) => remembered,
            None => {
                self.runs += 1;
                let expected = &self.log.expected;
                let made = run(&mut self.world, seed, deviations, most_events(expected));
                if verdict(expected, &made.replayed.outcome) != Verdict::Absent {
                    return None;
                }
                let (deviations, steps) = (deviations.to_vec(), Rc::new(made.steps));
                Remembered { seed, deviations, steps }
            }
        };
        let steps = Rc::clone(&remembered.steps);
        self.remembered.push_back(remembered);
        if self.remembered.len() > REMEMBERED {
            self.remembered.pop_front();
        }
        Some(steps)
    }
}

/// The same list, or one for a cluster of the nearest size if the scenario has none of that size.
pub(crate) fn fitting<S: Scenario>(
    scenario: &S,
    all: &[Deviation<RequestOf<S>>],
) -> Vec<Deviation<RequestOf<S>>> {
    let (fewest, most) = scenario.nodes().into_inner();
    match Deviation::cluster_size(all).unwrap_or(fewest) {
        count if (fewest..=most).contains(&count) => all.to_vec(),
        count => resized(all, fewest, count.clamp(fewest, most)),
    }
}

/// The same list for a cluster of so many nodes.
fn resized<R: Clone>(all: &[Deviation<R>], fewest: u32, count: u32) -> Vec<Deviation<R>> {
    let size = (count > fewest).then_some(Deviation::Nodes { count });
    let others = all.iter().filter(|one| !matches!(one, Deviation::Nodes { .. }));
    size.into_iter().chain(others.cloned()).collect()
}
