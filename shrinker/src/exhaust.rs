//! All sets of items, the small ones first: the smallest that fails, or the knowledge that none
//! does.

use std::collections::{BTreeMap, BTreeSet};

use crate::fingerprint::Fingerprint;
use crate::{Budget, Item};

/// What is searched: sets of items, and the runs that they make.
pub trait Space<T> {
    /// Runs a list. A failure that costs `below` or more is none.
    fn run(&mut self, items: &[T], below: u64) -> Run;

    /// What can be added to a list so that it fails below a cost: it is asked of each list that
    /// made a run of its own, in the order in which lists were run. An item that is in the list
    /// already is passed over.
    fn offers(&mut self, items: &[T], below: u64) -> Vec<T>;
}

/// What a list makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Which run it is: lists with the same number make the same run.
    pub which: u64,
    /// What the failure costs, if it fails: the less, the better.
    pub cost: Option<u64>,
}

/// What a search through all sets has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted<T> {
    /// The smallest list found that fails, and what it costs; of those of its size the cheapest,
    /// the first of these. Nothing if none was found below the bound.
    pub found: Option<(Vec<T>, u64)>,
    /// So many sizes were exhausted, from zero on: of fewer items than this, nothing fails but
    /// what was found. Zero if not even the empty list was tried.
    pub sizes: usize,
    /// How many lists were run.
    pub candidates: u64,
    /// How many different runs they made.
    pub runs: u64,
}

/// What is small enough to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// At most so many items,
    pub items: usize,
    /// and if as many, then cheaper than this.
    pub cost: u64,
    /// Goes on until the budget ends; if not, ends before a size for which the budget is unlikely
    /// to suffice.
    pub to_the_end: bool,
}

/// Tries all sets of items below a bound.
///
/// A set is built one item at a time: each item must be offered by the list of those before it.
/// It is tried once, whatever the order in which it can be built, and it is built upon only if it
/// makes a run that no list before it has made: what changes nothing leads nowhere.
///
/// The sizes are gone through one after the other, each to its end even if something was found, so
/// that what is found costs as little as anything of its size.
pub fn exhaust<T: Item>(
    bound: Bound,
    budget: Budget<'_>,
    space: &mut impl Space<T>,
) -> Exhausted<T> {
    let mut search = Search::new(bound, budget, space);
    let mut level = search.level(0);
    let mut frontier = match search.try_set(Vec::new(), &mut level) {
        Ok(fresh) => Vec::from_iter(fresh.then(Vec::new)),
        Err(Ended) => return search.finish(),
    };
    loop {
        search.sizes += 1;
        if search.found.is_some() || level.size == bound.items {
            return search.finish();
        }
        level = search.level(level.size + 1);
        match search.extend_all(&frontier, &mut level) {
            Ok(next) => frontier = next,
            Err(Ended) => return search.finish(),
        }
    }
}

/// The budget is used up.
struct Ended;

/// One size.
struct Level {
    size: usize,
    /// What fails must cost less than this.
    below: u64,
    /// There are larger sets to come.
    is_built_upon: bool,
}

/// A set, as the numbers of its items in the order in which they were added.
type Set = Vec<u32>;

struct Search<'a, T, S> {
    space: &'a mut S,
    bound: Bound,
    budget: Budget<'a>,
    items: Vec<T>,
    numbers: BTreeMap<Fingerprint, u32>,
    tried: BTreeSet<Fingerprint>,
    met: BTreeSet<u64>,
    found: Option<(Vec<T>, u64)>,
    sizes: usize,
    candidates: u64,
}

impl<'a, T: Item, S: Space<T>> Search<'a, T, S> {
    fn new(bound: Bound, budget: Budget<'a>, space: &'a mut S) -> Self {
        Search {
            space,
            bound,
            budget,
            items: Vec::new(),
            numbers: BTreeMap::new(),
            tried: BTreeSet::new(),
            met: BTreeSet::new(),
            found: None,
            sizes: 0,
            candidates: 0,
        }
    }

    fn level(&self, size: usize) -> Level {
        let is_built_upon = size < self.bound.items;
        let below = if is_built_upon { u64::MAX } else { self.bound.cost };
        Level { size, below, is_built_upon }
    }

    fn number(&mut self, item: T) -> u32 {
        let fingerprint = Fingerprint::new(&item);
        *self.numbers.entry(fingerprint).or_insert_with(|| {
            self.items.push(item);
            u32::try_from(self.items.len() - 1).expect("fewer items than a computer can hold")
        })
    }

    fn list(&self, set: &[u32]) -> Vec<T> {
        set.iter().map(|number| self.items[*number as usize].clone()).collect()
    }

    /// All sets that have one item more than these.
    fn extend_all(&mut self, sets: &[Set], level: &mut Level) -> Result<Vec<Set>, Ended> {
        let mut next = Vec::new();
        for set in sets {
            let offers = self.space.offers(&self.list(set), level.below);
            if !self.bound.to_the_end && next.is_empty() {
                // Most sets can be built in as many orders as they have items.
                let sets = (sets.len() as u64).saturating_mul(offers.len() as u64);
                let expected = sets / level.size as u64;
                if !self.budget.allows(self.candidates.saturating_add(expected)) {
                    return Err(Ended);
                }
            }
            for offer in offers {
                let number = self.number(offer);
                if set.contains(&number) {
                    continue;
                }
                let mut larger = set.clone();
                larger.push(number);
                if self.is_new(&larger)
                    && self.try_set(larger.clone(), level)?
                    && level.is_built_upon
                {
                    next.push(larger);
                }
            }
        }
        Ok(next)
    }

    /// True the first time that a set is met, in whatever order.
    fn is_new(&mut self, set: &[u32]) -> bool {
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        self.tried.insert(Fingerprint::new(&sorted))
    }

    /// Runs a set. True if it makes a run of its own that does not fail: what fails need not be
    /// built upon.
    fn try_set(&mut self, set: Set, level: &mut Level) -> Result<bool, Ended> {
        if !self.budget.allows(self.candidates) {
            return Err(Ended);
        }
        self.candidates += 1;
        let list = self.list(&set);
        let Run { which, cost } = self.space.run(&list, level.below);
        let is_new = self.met.insert(which);
        if let Some(cost) = cost.filter(|cost| *cost < level.below) {
            level.below = cost;
            self.found = Some((list, cost));
        }
        Ok(is_new && cost.is_none())
    }

    fn finish(self) -> Exhausted<T> {
        Exhausted {
            found: self.found,
            sizes: self.sizes,
            candidates: self.candidates,
            runs: self.met.len() as u64,
        }
    }
}
