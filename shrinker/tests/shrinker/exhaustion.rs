//! All sets, the small ones first, against a search that is as dumb as can be.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use stormglass_shrinker::{Bound, Budget, Exhausted, Run, Space, exhaust};

use crate::thing::{PLENTY, Thing, thing};

/// Things 0 to 9. A list makes a run that is named by those of its things that matter, and fails if
/// it holds all of any one of these sets; each costs as much as its things together.
#[derive(Clone, Debug)]
struct Plain {
    inert: BTreeSet<u64>,
    failing: Vec<BTreeSet<u64>>,
    tried: Vec<BTreeSet<u64>>,
    offered: u64,
}

const COUNT: u64 = 10;

fn cost(names: &BTreeSet<u64>) -> u64 {
    names.iter().sum()
}

impl Plain {
    fn new(failing: &[&[u64]]) -> Plain {
        let failing = failing.iter().map(|names| names.iter().copied().collect()).collect();
        Plain { inert: BTreeSet::new(), failing, tried: Vec::new(), offered: 0 }
    }

    fn names(&self, things: &[Thing]) -> BTreeSet<u64> {
        let names = things.iter().map(|thing| thing.name);
        names.filter(|name| !self.inert.contains(name)).collect()
    }

    fn fails(&self, names: &BTreeSet<u64>) -> bool {
        self.failing.iter().any(|failing| failing.is_subset(names))
    }

    /// The smallest set that fails, and of those the cheapest.
    fn optimum(&self) -> Option<(usize, u64)> {
        let subsets = (0..1_u64 << COUNT)
            .map(|bits| (0..COUNT).filter(|name| bits >> name & 1 == 1).collect::<BTreeSet<u64>>());
        let matters = |names: &BTreeSet<u64>| names.is_disjoint(&self.inert) && self.fails(names);
        subsets.filter(matters).map(|names| (names.len(), cost(&names))).min()
    }
}

impl Space<Thing> for Plain {
    fn run(&mut self, things: &[Thing], below: u64) -> Run {
        let names = self.names(things);
        self.tried.push(things.iter().map(|thing| thing.name).collect());
        let mut hasher = DefaultHasher::new();
        names.hash(&mut hasher);
        let cost = self.fails(&names).then(|| cost(&names)).filter(|cost| *cost < below);
        Run { which: hasher.finish(), cost }
    }

    fn offers(&mut self, _: &[Thing], _: u64) -> Vec<Thing> {
        self.offered += 1;
        (0..COUNT).map(|name| thing(name, 0)).collect()
    }
}

fn search(plain: &mut Plain, items: usize, cost: u64, attempts: u64) -> Exhausted<Thing> {
    exhaust(Bound { items, cost, to_the_end: true }, Budget::new(attempts), plain)
}

fn found(exhausted: &Exhausted<Thing>) -> Option<(Vec<u64>, u64)> {
    let (things, cost) = exhausted.found.as_ref()?;
    Some((things.iter().map(|thing| thing.name).collect(), *cost))
}

#[test]
fn the_smallest_is_found_and_of_those_the_cheapest() {
    let mut plain = Plain::new(&[&[1, 2, 3], &[7, 8], &[5, 6], &[4, 9]]);
    let exhausted = search(&mut plain, 4, 0, PLENTY);
    assert_eq!(found(&exhausted), Some((vec![5, 6], 11)));
    // Nothing, each alone, and all pairs: then it ends.
    assert_eq!((exhausted.sizes, exhausted.candidates), (3, 1 + 10 + 45));
}

#[test]
fn nothing_is_said_of_what_is_as_large_and_costs_as_much() {
    let mut plain = Plain::new(&[&[5, 6], &[1, 2, 3]]);
    assert_eq!(found(&search(&mut plain, 2, 11, PLENTY)), None);
    assert_eq!(found(&search(&mut plain, 2, 12, PLENTY)), Some((vec![5, 6], 11)));
    assert_eq!(found(&search(&mut plain, 1, 12, PLENTY)), None);
}

#[test]
fn each_set_is_run_once_whatever_its_order() {
    let mut plain = Plain::new(&[]);
    let exhausted = search(&mut plain, 3, 0, PLENTY);
    assert_eq!((exhausted.sizes, exhausted.candidates), (4, 1 + 10 + 45 + 120));
    let different: BTreeSet<_> = plain.tried.iter().collect();
    assert_eq!(different.len(), plain.tried.len());
}

#[test]
fn what_changes_nothing_is_not_built_upon() {
    let mut plain = Plain { inert: (2..COUNT).collect(), ..Plain::new(&[]) };
    let exhausted = search(&mut plain, 9, 0, PLENTY);
    // Both that matter, alone and together: four runs, and only they are asked for more.
    assert_eq!((exhausted.runs, plain.offered), (4, 4));
    assert_eq!(exhausted.sizes, 10);
    assert!(exhausted.candidates < 1 + 10 + 20 + 10, "{}", exhausted.candidates);
}

#[test]
fn a_budget_that_ends_says_how_far_it_was_enough() {
    let check = |attempts, sizes| {
        let exhausted = search(&mut Plain::new(&[&[1, 2, 3]]), 5, 0, attempts);
        assert_eq!((exhausted.sizes, exhausted.candidates), (sizes, attempts));
    };
    check(0, 0);
    check(1, 1);
    check(10, 1);
    check(11, 2);
    check(55, 2);
    check(56, 3);
    let stopped = Budget::new(PLENTY).keep_going(&|| false);
    let bound = Bound { items: 5, cost: 0, to_the_end: true };
    assert_eq!(exhaust(bound, stopped, &mut Plain::new(&[])).candidates, 0);
}

#[test]
fn a_size_for_which_the_budget_is_not_enough_is_not_begun() {
    let search = |attempts| {
        let bound = Bound { items: 5, cost: 0, to_the_end: false };
        let exhausted = exhaust(bound, Budget::new(attempts), &mut Plain::new(&[]));
        (exhausted.sizes, exhausted.candidates)
    };
    assert_eq!(search(10), (1, 1));
    assert_eq!(search(50), (2, 11));
    assert_eq!(search(100), (3, 56));
}

proptest! {
    #[test]
    fn it_agrees_with_trying_every_subset(
        failing in vec(btree_set(0..COUNT, 1..5), 0..6),
        inert in btree_set(0..COUNT, 0..4),
        bound in (0..6_usize, 0..40_u64),
    ) {
        let mut plain = Plain { failing, inert, tried: Vec::new(), offered: 0 };
        let exhausted = search(&mut plain, bound.0, bound.1, PLENTY);
        let expected = plain.optimum().filter(|optimum| *optimum < bound);
        let size_and_cost = exhausted.found.as_ref().map(|(things, cost)| (things.len(), *cost));
        prop_assert_eq!(size_and_cost, expected);
        prop_assert_eq!(exhausted.sizes, expected.map_or(bound.0, |(size, _)| size) + 1);
    }
}

/// Offers nothing new: a thing is only there once another is.
struct Chain(BTreeMap<u64, u64>);

impl Space<Thing> for Chain {
    fn run(&mut self, things: &[Thing], _: u64) -> Run {
        let last = things.iter().map(|thing| thing.name).max();
        Run { which: last.map_or(0, |last| last + 1), cost: (last == Some(3)).then_some(0) }
    }

    fn offers(&mut self, things: &[Thing], _: u64) -> Vec<Thing> {
        let last = things.iter().map(|thing| thing.name).max();
        let next = last.map_or(Some(&0), |last| self.0.get(&last));
        next.map(|next| thing(*next, 0)).into_iter().collect()
    }
}

#[test]
fn what_only_comes_up_in_a_run_is_reached_through_it() {
    let mut chain = Chain(BTreeMap::from([(0, 1), (1, 2), (2, 3)]));
    let bound = Bound { items: 9, cost: 0, to_the_end: true };
    let exhausted = exhaust(bound, Budget::new(PLENTY), &mut chain);
    assert_eq!(found(&exhausted), Some((vec![0, 1, 2, 3], 0)));
    assert_eq!(exhausted.candidates, 5);
}
