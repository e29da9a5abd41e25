//! The best list so far, and the one function through which every attempt to better it goes.

use std::collections::BTreeSet;

use crate::fingerprint::Fingerprint;
use crate::{Budget, Item, Verdict};

/// The budget is used up.
#[derive(Debug)]
pub(crate) struct Ended;

/// A list, and for each item its fingerprint and its place in the initial list.
///
/// The places stay what they are while indices move, and are always ascending.
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    pub(crate) places: Vec<usize>,
    fingerprints: Vec<Fingerprint>,
}

/// What to do to a list.
enum Edit<T> {
    /// Remove all items but those at these indices, which are ascending.
    Keep(Vec<usize>),
    /// Put other items at these indices.
    Replace(Vec<(usize, T)>),
}

impl<T: Item> List<T> {
    /// Where the item from this place is now, unless it was removed.
    pub(crate) fn index_of(&self, place: usize) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    /// The fingerprint that the list will have. Known before anything is cloned, since most edits
    /// of a last round were tried before.
    fn fingerprint_after(&self, edit: &Edit<T>) -> Fingerprint {
        let mut fingerprints = self.fingerprints.clone();
        match edit {
            Edit::Keep(indices) => fingerprints = select(&fingerprints, indices),
            Edit::Replace(others) => {
                others
                    .iter()
                    .for_each(|(index, item)| fingerprints[*index] = Fingerprint::new(item));
            }
        }
        Fingerprint::new(&fingerprints)
    }

    fn after(&self, edit: Edit<T>) -> List<T> {
        match edit {
            Edit::Keep(indices) => List {
                items: select(&self.items, &indices),
                places: select(&self.places, &indices),
                fingerprints: select(&self.fingerprints, &indices),
            },
            Edit::Replace(others) => {
                let mut items = self.items.clone();
                let mut fingerprints = self.fingerprints.clone();
                for (index, item) in others {
                    fingerprints[index] = Fingerprint::new(&item);
                    items[index] = item;
                }
                List { items, places: self.places.clone(), fingerprints }
            }
        }
    }
}

fn select<A: Clone>(all: &[A], indices: &[usize]) -> Vec<A> {
    indices.iter().map(|&index| all[index].clone()).collect()
}

/// A search for a smaller list that fails.
///
/// The test is behind a pointer, so that all this is compiled once for each type of item and not
/// once for each test. Against a run of the test a call through a pointer costs nothing.
pub(crate) struct Search<'a, T> {
    test: &'a mut dyn FnMut(&[T]) -> Verdict,
    budget: Budget<'a>,
    attempts: u64,
    best: List<T>,
    /// What the best list costs.
    cost: u64,
    /// How often a better list was found.
    improvements: u64,
    /// The lists that did not fail, or cost too much. The best list only ever gets better, so that
    /// what was not better once never will be.
    rejected: BTreeSet<Fingerprint>,
}

impl<'a, T: Item> Search<'a, T> {
    pub(crate) fn new(
        items: Vec<T>,
        budget: Budget<'a>,
        test: &'a mut dyn FnMut(&[T]) -> Verdict,
    ) -> Search<'a, T> {
        let places = (0..items.len()).collect();
        let fingerprints = items.iter().map(Fingerprint::new).collect();
        let best = List { items, places, fingerprints };
        Search {
            test,
            budget,
            attempts: 0,
            best,
            cost: u64::MAX,
            improvements: 0,
            rejected: BTreeSet::new(),
        }
    }

    pub(crate) fn best(&self) -> &List<T> {
        &self.best
    }

    pub(crate) fn into_best(self) -> Vec<T> {
        let List { items, places, fingerprints } = self.best;
        assert!(places.is_sorted_by(|one, next| one < next), "the order of the items is kept");
        assert_eq!(items.len(), places.len(), "each item has a place");
        assert_eq!(items.len(), fingerprints.len(), "each item has a fingerprint");
        items
    }

    pub(crate) fn attempts(&self) -> u64 {
        self.attempts
    }

    pub(crate) fn improvements(&self) -> u64 {
        self.improvements
    }

    /// Tries the best list as it is. It becomes its own successor if it fails.
    ///
    /// # Errors
    ///
    /// If the budget ended, as for all attempts.
    pub(crate) fn unchanged(&mut self) -> Result<bool, Ended> {
        self.consider(Edit::Keep((0..self.best.items.len()).collect()))
    }

    /// Tries the best list without the items from these places, which are ascending. True if
    /// they are gone now, or were already.
    pub(crate) fn without(&mut self, places: &[usize]) -> Result<bool, Ended> {
        let kept: Vec<usize> = (0..self.best.places.len())
            .filter(|&index| places.binary_search(&self.best.places[index]).is_err())
            .collect();
        if kept.len() == self.best.places.len() {
            return Ok(true);
        }
        self.consider(Edit::Keep(kept))
    }

    /// Tries the best list with the item from this place replaced by a simpler one. False if it
    /// was removed before.
    pub(crate) fn with_simpler(&mut self, place: usize, item: T) -> Result<bool, Ended> {
        let Some(index) = self.best.index_of(place) else {
            return Ok(false);
        };
        assert!(
            Fingerprint::new(&item) != self.best.fingerprints[index],
            "the simpler selves of an item must not lead back to it: shrinking would never end"
        );
        self.consider(Edit::Replace(vec![(index, item)]))
    }

    /// Tries the best list with the item from this place as early as a simpler self of it is, and
    /// all that does not happen before it moved by as much. False if that moves nothing else, or
    /// the item was removed before.
    pub(crate) fn with_all_that_follows(
        &mut self,
        place: usize,
        simpler: T,
    ) -> Result<bool, Ended> {
        let items = &self.best.items;
        let at = self.best.index_of(place).and_then(|index| items[index].at());
        let (Some(at), Some(earlier)) = (at, simpler.at()) else {
            return Ok(false);
        };
        let Some(by) = at.checked_sub(earlier).filter(|by| *by > 0) else {
            return Ok(false);
        };
        let follows = |item: &T| item.at().filter(|other| *other >= at);
        let moved: Vec<_> = (0..)
            .zip(items)
            .filter_map(|(index, item)| Some((index, item.moved_to(follows(item)? - by))))
            .collect();
        match moved.len() > 1 {
            true => self.consider(Edit::Replace(moved)),
            false => Ok(false),
        }
    }

    /// Tries an edit of the best list, which is then the best one if it fails, and, if it is as
    /// long, does not cost more. Then goes on with the items that the test says it used. The only
    /// place where the test is called.
    fn consider(&mut self, mut edit: Edit<T>) -> Result<bool, Ended> {
        let mut improved = false;
        loop {
            let fingerprint = self.best.fingerprint_after(&edit);
            if self.rejected.contains(&fingerprint) {
                return Ok(improved);
            }
            if !self.budget.allows(self.attempts) {
                return Err(Ended);
            }
            self.attempts += 1;
            let candidate = self.best.after(edit);
            let is_shorter = candidate.items.len() < self.best.items.len();
            let failure = (self.test)(&candidate.items).into_failure();
            let Some((cost, used)) = failure.filter(|(cost, _)| is_shorter || *cost <= self.cost)
            else {
                self.rejected.insert(fingerprint);
                return Ok(improved);
            };
            improved = true;
            self.improvements += 1;
            (self.best, self.cost) = (candidate, cost);
            let Some(used) = used else {
                return Ok(true);
            };
            assert!(
                used.is_sorted_by(|one, next| one < next)
                    && used.last().is_none_or(|&last| last < self.best.items.len()),
                "the test must name the items it used by ascending indices of the list it got"
            );
            if used.len() == self.best.items.len() {
                return Ok(true);
            }
            edit = Edit::Keep(used);
        }
    }
}
