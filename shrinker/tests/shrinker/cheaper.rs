//! Fewer items first, then what costs less, then simpler values.

use proptest::collection::vec;
use proptest::prelude::*;
use stormglass_shrinker::{Budget, Shrunk, Verdict, is_one_minimal, shrink};

use crate::thing::{PLENTY, Thing, has, thing, value};

fn all(things: &[Thing], cost: u64) -> Verdict {
    Verdict::FailsAt { cost, used: (0..things.len()).collect() }
}

fn check(test: impl Fn(&[Thing]) -> Verdict, expected: &[(u64, u64)]) {
    let items = (0..20).map(|name| thing(name, 100)).collect();
    let Shrunk { items, minimal, .. } =
        shrink(items, Budget::new(PLENTY), &test).expect("the initial list fails");
    let left: Vec<_> = items.iter().map(|thing| (thing.name, thing.value)).collect();
    assert_eq!(left, expected);
    assert!(minimal && is_one_minimal(&items, &test));
}

#[test]
fn a_simpler_value_that_costs_more_is_not_taken() {
    // It takes the longer the smaller the value is, down to 40.
    let test = |things: &[Thing]| match value(things, 7) {
        Some(value) => all(things, 1_000 - value.min(40)),
        None => Verdict::Passes,
    };
    check(test, &[(7, 40)]);
}

#[test]
fn fewer_items_are_better_whatever_they_cost() {
    let test = |things: &[Thing]| match has(things, 3) {
        true => all(things, 1_000 - things.len() as u64),
        false => Verdict::Passes,
    };
    check(test, &[(3, 0)]);
}

#[test]
fn what_costs_nothing_is_free_to_be_simpler() {
    check(|things| has(things, 3).into(), &[(3, 0)]);
}

/// An odd way to cost something.
fn price(salt: u64, things: &[Thing]) -> u64 {
    let name = |thing: &Thing| (thing.name * 31) ^ thing.value.wrapping_mul(salt);
    things.iter().map(name).fold(salt, |one, other| one.rotate_left(7) ^ other) % 16
}

proptest! {
    #[test]
    fn the_result_is_one_minimal_whatever_things_cost_and_shrinking_it_changes_nothing(
        values in vec(0..20_u64, 1..10),
        least in vec(0..20_u64, 1..10),
        salt in any::<u64>(),
    ) {
        let initial: Vec<_> = (0..).zip(&values).map(|(name, value)| thing(name, *value)).collect();
        let needed = (0..).zip(values.iter().zip(&least)).filter(|(_, (value, least))| value >= least);
        let needed: Vec<(u64, u64)> = needed.map(|(name, (_, least))| (name, *least)).collect();
        let test = |things: &[Thing]| {
            let enough = |(name, least): &(u64, u64)| {
                value(things, *name).is_some_and(|value| value >= *least)
            };
            if needed.iter().all(enough) { all(things, price(salt, things)) } else { Verdict::Passes }
        };
        let cost = |things: &[Thing]| match test(things) {
            Verdict::FailsAt { cost, .. } => Some(cost),
            _ => None,
        };
        let first = shrink(initial.clone(), Budget::new(PLENTY), test).expect("it fails");
        prop_assert!(first.minimal && is_one_minimal(&first.items, test));
        prop_assert!((first.items.len(), cost(&first.items)) <= (initial.len(), cost(&initial)));
        let again = shrink(first.items.clone(), Budget::new(PLENTY), test).expect("it fails");
        prop_assert_eq!(again.items, first.items);
    }
}

/// The check itself must see that a simpler value costs no more.
#[test]
fn canary() {
    let test = |things: &[Thing]| all(things, things.iter().map(|thing| thing.value / 10).sum());
    let dearer =
        |things: &[Thing]| all(things, 100 - things.iter().map(|thing| thing.value).sum::<u64>());
    assert!(!is_one_minimal(&[], |_: &[Thing]| Verdict::Passes));
    assert!(!is_one_minimal(&[thing(0, 5)], test), "it can be left out");
    let kept = |test: fn(&[Thing]) -> Verdict| {
        move |things: &[Thing]| if has(things, 0) { test(things) } else { Verdict::Passes }
    };
    assert!(!is_one_minimal(&[thing(0, 5)], kept(test)), "its value can be less");
    assert!(is_one_minimal(&[thing(0, 5)], kept(dearer)), "less would cost more");
}
