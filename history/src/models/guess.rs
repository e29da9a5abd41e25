//! Guesses where calls take effect, from the order in which their values are seen later.

use std::collections::{BTreeMap, VecDeque};

use super::value::Value;
use crate::call::Call;

/// What was put into an object, in the order in which it came out of it.
pub(super) struct Seen<'a, V> {
    /// For each value, the places at which it was seen, the first one first.
    places: BTreeMap<&'a V, VecDeque<usize>>,
}

impl<'a, V: Value> Seen<'a, V> {
    pub(super) fn new(values: impl IntoIterator<Item = &'a V>) -> Self {
        let mut places: BTreeMap<&V, VecDeque<usize>> = BTreeMap::new();
        for (place, value) in values.into_iter().enumerate() {
            places.entry(value).or_default().push_back(place);
        }
        Seen { places }
    }

    /// Guesses that the calls that put something in, as `put` tells, took effect in the order in
    /// which it was seen, each as early as that allows; and that what was never seen was put in
    /// last.
    ///
    /// A call of unknown outcome whose value was seen, and that no other call can have put in,
    /// gets a guess, too: it must have happened.
    pub(super) fn guess<O, R>(
        mut self,
        calls: &[&Call<O, R>],
        guesses: &mut [Option<u64>],
        put: impl Fn(&O) -> Option<&V>,
    ) {
        let mut order = Vec::new();
        // Those that happened for certain come first to have put in what was seen.
        let known = |index: &usize| calls[*index].completion().is_some();
        let (sure, unsure): (Vec<_>, Vec<_>) = (0..calls.len()).partition(known);
        for index in sure.into_iter().chain(unsure) {
            let Some(value) = put(&calls[index].operation) else { continue };
            let place = self.places.get_mut(value).and_then(VecDeque::pop_front);
            match (place, calls[index].completion()) {
                (Some(place), _) if calls[index].may_have_happened() => order.push((place, index)),
                (None, Some((completed, _))) => {
                    guesses[index] = Some(2 * u64::from(completed.event))
                }
                _ => {}
            }
        }
        order.sort_unstable();
        let mut before = 0;
        for (_, index) in order {
            before = (before + 1).max(2 * u64::from(calls[index].invoked.event));
            guesses[index] = Some(before);
        }
    }
}
