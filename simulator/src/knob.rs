//! The tunables of a scenario's machines.

use std::ops::RangeInclusive;

use stormglass_machine::Dice;

use crate::simpler::smaller;

/// A tunable that seeds vary: a batch size, a timeout, a limit. Bugs hide where a queue holds one
/// item and where a timeout is shorter than a round trip, and nobody sets them so by hand.
///
/// ```
/// use stormglass_simulator::Knob;
///
/// let knobs = [Knob::one_of("batch", 64, [16, 1]), Knob::within("patience ms", 100, 1..=1_000)];
/// assert!(knobs[0].allows(16) && !knobs[0].allows(2));
/// assert_eq!(knobs[0].simpler(1), [16]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knob {
    name: &'static str,
    dull: u64,
    others: Others,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Others {
    Listed(Vec<u64>),
    Within(RangeInclusive<u64>),
}

impl Knob {
    /// A knob with a few other values, the simplest first.
    ///
    /// # Panics
    ///
    /// If there are no others.
    pub fn one_of(name: &'static str, dull: u64, others: impl Into<Vec<u64>>) -> Self {
        let others = others.into();
        assert!(!others.is_empty(), "the knob {name:?} has one value only");
        Knob { name, dull, others: Others::Listed(others) }
    }

    /// A knob with all values of a range, both ends included. The ends are drawn most often; the
    /// closer to the dull value, the simpler.
    ///
    /// # Panics
    ///
    /// If the range is empty.
    pub fn within(name: &'static str, dull: u64, range: RangeInclusive<u64>) -> Self {
        assert!(!range.is_empty(), "the knob {name:?} has no value in {range:?}");
        Knob { name, dull, others: Others::Within(range) }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its value in the dull run.
    pub fn dull(&self) -> u64 {
        self.dull
    }

    /// True if a seed may draw this value.
    pub fn allows(&self, value: u64) -> bool {
        match &self.others {
            Others::Listed(others) => others.contains(&value),
            Others::Within(range) => range.contains(&value),
        }
    }

    /// One of the other values; it may be the dull one.
    pub(crate) fn draw(&self, dice: &mut Dice) -> u64 {
        match &self.others {
            Others::Listed(others) => *dice.pick(others),
            Others::Within(range) => match dice.below(3) {
                0 => *range.start(),
                1 => *range.end(),
                _ => dice.within(range.clone()),
            },
        }
    }

    /// Few of its values that stand for all: those that are listed, or both ends of a range and
    /// the neighbours of the dull one.
    pub(crate) fn choices(&self) -> Vec<u64> {
        let mut values = match &self.others {
            Others::Listed(others) => return others.clone(),
            Others::Within(range) => {
                let near = [self.dull.saturating_sub(1), self.dull.saturating_add(1)];
                vec![*range.start(), *range.end(), near[0], near[1]]
            }
        };
        values.sort_unstable();
        values.dedup();
        values.retain(|value| self.allows(*value));
        values
    }

    /// Values to try in place of this one, boldest first; the dull one is not among them.
    pub fn simpler(&self, value: u64) -> Vec<u64> {
        let mut values: Vec<u64> = match &self.others {
            Others::Listed(others) => {
                others.iter().copied().take_while(|other| *other != value).collect()
            }
            Others::Within(_) if value >= self.dull => {
                smaller(value - self.dull).map(|further| self.dull + further).collect()
            }
            Others::Within(_) => {
                smaller(self.dull - value).map(|further| self.dull - further).collect()
            }
        };
        values.retain(|value| *value != self.dull && self.allows(*value));
        values
    }
}

/// The knobs of a scenario, as they are set in this run: what
/// [`tuned_machine`](crate::Scenario::tuned_machine) builds its machines from.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    all: Vec<(Knob, u64)>,
}

impl Knobs {
    /// All are dull.
    pub(crate) fn new(declared: Vec<Knob>) -> Self {
        let mut names = std::collections::BTreeSet::new();
        for Knob { name, .. } in &declared {
            assert!(names.insert(*name), "two knobs are called {name:?}");
        }
        Knobs { all: declared.into_iter().map(|knob| (knob.clone(), knob.dull)).collect() }
    }

    pub(crate) fn reset(&mut self) {
        self.all.iter_mut().for_each(|(knob, value)| *value = knob.dull);
    }

    /// Sets a knob, if there is one of this name that can be set so.
    pub(crate) fn turn(&mut self, name: &str, to: u64) -> bool {
        let knob = self.all.iter_mut().find(|(knob, _)| knob.name == name && knob.allows(to));
        let Some((_, value)) = knob else { return false };
        *value = to;
        true
    }

    pub(crate) fn declared(&self) -> impl ExactSizeIterator<Item = &Knob> {
        self.all.iter().map(|(knob, _)| knob)
    }

    /// The value of a knob.
    ///
    /// # Panics
    ///
    /// If the scenario declares no knob of this name.
    pub fn get(&self, name: &str) -> u64 {
        let knob = self.all.iter().find(|(knob, _)| knob.name == name);
        let known = || self.all.iter().map(|(knob, _)| knob.name).collect::<Vec<_>>().join(", ");
        knob.unwrap_or_else(|| {
            panic!("there is no knob {name:?} among those declared: {}", known())
        })
        .1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knob_gets_simpler_towards_its_dull_value() {
        let listed = Knob::one_of("batch", 64, [32, 1, 1_000]);
        assert_eq!(listed.simpler(1_000), [32, 1]);
        assert!(listed.simpler(32).is_empty());
        let within = Knob::within("wait", 10, 8..=14);
        assert_eq!(within.simpler(14), [12, 13]);
        assert_eq!(within.simpler(8), [9]);
        assert!(within.simpler(11).is_empty());
        // The dull value need not be near the others.
        assert_eq!(Knob::within("off", 0, 5..=8).simpler(8), [6, 7]);
    }

    #[test]
    fn every_value_is_drawn_and_the_ends_most_often() {
        let knob = Knob::within("wait", 10, 8..=14);
        let mut dice = Dice::new(0, "test", 0);
        let mut counts = [0; 7];
        for _ in 0..700 {
            counts[knob.draw(&mut dice) as usize - 8] += 1;
        }
        let [first, inner @ .., last] = counts;
        assert!(inner.iter().all(|count| (1..first.min(last)).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_is_not_declared_is_left_alone() {
        let mut knobs = Knobs::new(vec![Knob::one_of("batch", 64, [1])]);
        assert!(!knobs.turn("patch", 1) && !knobs.turn("batch", 2));
        assert_eq!(knobs.get("batch"), 64);
        assert!(knobs.turn("batch", 1));
        assert_eq!(knobs.get("batch"), 1);
        knobs.reset();
        assert_eq!(knobs.get("batch"), 64);
    }

    #[test]
    #[should_panic(expected = "there is no knob \"patch\" among those declared: batch, wait")]
    fn an_unknown_knob_is_a_mistake() {
        let declared = vec![Knob::one_of("batch", 64, [1]), Knob::within("wait", 1, 1..=2)];
        Knobs::new(declared).get("patch");
    }
}
