//! The passes, from coarse to fine, and the loop that runs them to a common fixed point.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use crate::adaptive::find_integer;
use crate::search::{Ended, Search};
use crate::{Budget, Item, Verdict};

/// The most pairs that are tried in one pass: all pairs of 23 items, or the nearest neighbours of
/// a longer list. More of them would cost more than all other passes together, and find little:
/// items that cancel each other mostly stand near each other.
const PAIRS: usize = 256;

/// The longest stride from simpler self to simpler self. Walking it costs no attempt but it does
/// cost time, and nothing else would stop a walk through simpler selves that have no end.
const STRIDE: usize = 65_536;

/// What shrinking came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk<T> {
    /// The smallest list found that fails.
    pub items: Vec<T>,
    /// How often the test was called.
    pub attempts: u64,
    /// Whether removing any one item, or replacing it by any one of its simpler selves, is known
    /// to lose the failure. If not, the budget ended first.
    pub minimal: bool,
}

/// The initial list does not fail, so there is nothing to shrink.
///
/// If it did fail before, then the test is not deterministic, or asks for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFailing;

impl fmt::Display for NotFailing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the list to shrink does not fail; is the test deterministic?")
    }
}

impl std::error::Error for NotFailing {}

/// Makes a failing list small: fewer items, then simpler ones, in the given order.
///
/// The test says whether a list fails, as a `bool` or as a [`Verdict`]; it must be deterministic.
/// See the [crate](crate) for what is promised.
///
/// # Errors
///
/// If the initial list does not fail.
///
/// # Panics
///
/// If the test panics, or names items that it was not given, or if the simpler selves of an item
/// are found to lead back to it.
pub fn shrink<T: Item, V: Into<Verdict>>(
    items: Vec<T>,
    budget: Budget<'_>,
    mut test: impl FnMut(&[T]) -> V,
) -> Result<Shrunk<T>, NotFailing> {
    let mut test = |items: &[T]| test(items).into();
    shrink_within(Search::new(items, budget, &mut test))
}

fn shrink_within<T: Item>(search: Search<'_, T>) -> Result<Shrunk<T>, NotFailing> {
    let mut shrinker = Shrinker { search, minimal_at: None };
    match shrinker.search.unchanged() {
        Ok(false) => return Err(NotFailing),
        Ok(true) => {
            // Both ways of ending leave the best list behind; which it was shows in `minimal_at`.
            let (Ok(()) | Err(Ended)) = shrinker.run();
        }
        Err(Ended) => {}
    }
    Ok(Shrunk {
        attempts: shrinker.search.attempts(),
        minimal: shrinker.minimal_at == Some(shrinker.search.improvements()),
        items: shrinker.search.into_best(),
    })
}

/// How a list is tried with a simpler self of the item from a place: alone, or with all that follows.
type With<'a, T> = fn(&mut Search<'a, T>, usize, T) -> Result<bool, Ended>;

struct Shrinker<'a, T> {
    search: Search<'a, T>,
    /// The count of improvements at which the list was found to be 1-minimal. With one more
    /// improvement it is another list.
    minimal_at: Option<u64>,
}

impl<'a, T: Item> Shrinker<'a, T> {
    fn run(&mut self) -> Result<(), Ended> {
        loop {
            let before = self.search.improvements();
            self.remove_everything()?;
            self.remove_groups()?;
            self.remove_chunks()?;
            self.remove_singles()?;
            self.move_together()?;
            self.simplify_each()?;
            if self.search.improvements() > before {
                continue;
            }
            // The last two passes have tried every single step from this very list.
            self.minimal_at = Some(before);
            self.remove_pairs()?;
            if self.search.improvements() == before {
                return Ok(());
            }
        }
    }

    fn remove_everything(&mut self) -> Result<(), Ended> {
        let everything = self.search.best().places.clone();
        self.search.without(&everything).map(drop)
    }

    /// Groups of one are left to [`Shrinker::remove_singles`].
    fn remove_groups(&mut self) -> Result<(), Ended> {
        let list = self.search.best();
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let mut labels = Vec::new();
        for (item, &place) in list.items.iter().zip(&list.places) {
            labels.clear();
            item.labels(&mut labels);
            for &label in &labels {
                groups.entry(label).or_default().push(place);
            }
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        groups.retain(|group| group.len() > 1);
        groups.sort_by_key(|group| Reverse(group.len()));
        self.remove_each(&groups)
    }

    fn remove_chunks(&mut self) -> Result<(), Ended> {
        let mut size = self.search.best().places.len() / 2;
        while size > 1 {
            self.remove_each_chunk(size)?;
            size = (size / 2).min(self.search.best().places.len() / 2);
        }
        Ok(())
    }

    fn remove_singles(&mut self) -> Result<(), Ended> {
        self.remove_each_chunk(1)
    }

    /// From the end.
    fn remove_each_chunk(&mut self, size: usize) -> Result<(), Ended> {
        let places = &self.search.best().places;
        let chunks: Vec<Vec<usize>> = places.chunks(size).rev().map(<[usize]>::to_vec).collect();
        self.remove_each(&chunks)
    }

    /// Tries to remove each of these sets of places; where one goes, several of the next at once.
    fn remove_each(&mut self, sets: &[Vec<usize>]) -> Result<(), Ended> {
        let mut start = 0;
        while start < sets.len() {
            let removed = find_integer(sets.len() - start, |count| {
                let mut places = sets[start..start + count].concat();
                places.sort_unstable();
                self.search.without(&places)
            })?;
            // The set after the last removed one was tried, too, and must stay.
            start += removed + 1;
        }
        Ok(())
    }

    /// From the earliest on, each moment at which something happens.
    fn move_together(&mut self) -> Result<(), Ended> {
        let list = self.search.best();
        let times = list.items.iter().map(Item::at).zip(list.places.iter().copied());
        let mut moments: Vec<_> = times.filter_map(|(at, place)| Some((at?, place))).collect();
        moments.sort_unstable();
        moments.dedup_by_key(|(at, _)| *at);
        for (_, place) in moments {
            while self.simplify(place, Search::with_all_that_follows)? {}
        }
        Ok(())
    }

    fn simplify_each(&mut self) -> Result<(), Ended> {
        for place in self.search.best().places.clone() {
            while self.simplify(place, Search::with_simpler)? {}
        }
        Ok(())
    }

    /// Takes the boldest step that the item from this place can take, as often in a row as it can
    /// be taken. False if there is none.
    fn simplify(&mut self, place: usize, with: With<'a, T>) -> Result<bool, Ended> {
        let list = self.search.best();
        let Some(index) = list.index_of(place) else {
            return Ok(false);
        };
        for (choice, simpler) in list.items[index].simpler().into_iter().enumerate() {
            if with(&mut self.search, place, simpler)? {
                self.repeat_step(place, choice, with)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes on from simpler self to simpler self by the same choice, several steps at once.
    fn repeat_step(&mut self, place: usize, choice: usize, with: With<'a, T>) -> Result<(), Ended> {
        let mut taken = 0;
        find_integer(STRIDE, |steps| {
            let list = self.search.best();
            let Some(index) = list.index_of(place) else {
                return Ok(false);
            };
            let start = list.items[index].clone();
            let Some(simpler) = walk(start, choice, steps - taken) else {
                return Ok(false);
            };
            let works = with(&mut self.search, place, simpler)?;
            if works {
                taken = steps;
            }
            Ok(works)
        })
        .map(drop)
    }

    /// The nearest pairs first.
    fn remove_pairs(&mut self) -> Result<(), Ended> {
        let places = self.search.best().places.clone();
        let pairs = (1..places.len())
            .flat_map(|distance| places.iter().zip(&places[distance..]).rev())
            .take(PAIRS);
        for (&one, &other) in pairs {
            self.search.without(&[one, other])?;
        }
        Ok(())
    }
}

/// The simpler self of the item that is so many steps away, if there are that many.
fn walk<T: Item>(item: T, choice: usize, steps: usize) -> Option<T> {
    (0..steps).try_fold(item, |item, _| item.simpler().into_iter().nth(choice))
}
