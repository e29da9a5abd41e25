//! The result is 1-minimal for any test, however strange, and this is checked by brute force.

use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::vec;
use proptest::prelude::*;
use stormglass_shrinker::{Budget, Verdict, is_one_minimal, shrink};

use crate::thing::{PLENTY, Thing, has, thing, things, value};

/// A part of a condition on a list.
#[derive(Clone, Debug)]
enum Literal {
    AtLeast { name: u64, value: u64 },
    Exactly { name: u64, value: u64 },
    Lacks { name: u64 },
    Together { one: u64, other: u64 },
    Even,
    Sum { at_least: u64 },
}

impl Literal {
    fn holds(&self, things: &[Thing]) -> bool {
        match *self {
            Literal::AtLeast { name, value: least } => {
                value(things, name).is_some_and(|value| value >= least)
            }
            Literal::Exactly { name, value: wanted } => value(things, name) == Some(wanted),
            Literal::Lacks { name } => !has(things, name),
            Literal::Together { one, other } => has(things, one) == has(things, other),
            Literal::Even => things.len().is_multiple_of(2),
            Literal::Sum { at_least } => {
                things.iter().map(|thing| thing.value).sum::<u64>() >= at_least
            }
        }
    }
}

/// A test that the initial list always fails.
#[derive(Clone, Debug)]
struct Predicate {
    initial: Vec<Thing>,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    /// All literals of any one clause.
    Clauses(Vec<Vec<Literal>>),
    /// One list in so many, without rhyme or reason.
    Noise { salt: u64, one_in: u64 },
}

impl Predicate {
    fn fails(&self, things: &[Thing]) -> bool {
        things == self.initial
            || match &self.shape {
                Shape::Clauses(clauses) => {
                    clauses.iter().any(|clause| clause.iter().all(|part| part.holds(things)))
                }
                Shape::Noise { salt, one_in } => noise(*salt, things).is_multiple_of(*one_in),
            }
    }
}

fn noise(salt: u64, things: &[Thing]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (salt, things).hash(&mut hasher);
    hasher.finish()
}

fn literals() -> impl Strategy<Value = Literal> {
    let name = 0..12u64;
    prop_oneof![
        4 => (name.clone(), 0..40u64).prop_map(|(name, value)| Literal::AtLeast { name, value }),
        1 => (name.clone(), 0..40u64).prop_map(|(name, value)| Literal::Exactly { name, value }),
        1 => name.clone().prop_map(|name| Literal::Lacks { name }),
        1 => (name.clone(), name).prop_map(|(one, other)| Literal::Together { one, other }),
        1 => Just(Literal::Even),
        1 => (0..200u64).prop_map(|at_least| Literal::Sum { at_least }),
    ]
}

fn predicates() -> impl Strategy<Value = Predicate> {
    let initial = vec((0..4u64, 0..40u64), 0..12).prop_map(|things| {
        let named = (0..).zip(things);
        named.map(|(name, (group, value))| Thing { name, group, value }).collect()
    });
    let shape = prop_oneof![
        vec(vec(literals(), 1..5), 1..4).prop_map(Shape::Clauses),
        (any::<u64>(), 1..20u64).prop_map(|(salt, one_in)| Shape::Noise { salt, one_in }),
    ];
    (initial, shape).prop_map(|(initial, shape)| Predicate { initial, shape })
}

/// What is wrong with a result that is said to be minimal.
fn fault(predicate: &Predicate, result: &[Thing]) -> Option<&'static str> {
    let from_initial = |thing: &Thing| {
        let origin = &predicate.initial[thing.name as usize];
        origin.group == thing.group && thing.value <= origin.value
    };
    if !predicate.fails(result) {
        Some("it does not fail")
    } else if !result.is_sorted_by(|one, next| one.name < next.name) {
        Some("it is out of order")
    } else if !result.iter().all(from_initial) {
        Some("an item is not a simpler self of the initial one")
    } else if !is_one_minimal(result, |things: &[Thing]| predicate.fails(things)) {
        Some("it is not 1-minimal")
    } else {
        None
    }
}

proptest! {
    #[test]
    fn the_result_is_one_minimal(predicate in predicates()) {
        let test = |things: &[Thing]| predicate.fails(things);
        let shrunk = shrink(predicate.initial.clone(), Budget::new(PLENTY), test).expect("fails");
        prop_assert!(shrunk.minimal);
        prop_assert_eq!(fault(&predicate, &shrunk.items), None, "{:?}", shrunk);
    }

    #[test]
    fn what_the_test_claims_to_have_used_changes_nothing(
        predicate in predicates(),
        salt in any::<u64>(),
    ) {
        let test = |things: &[Thing]| {
            if !predicate.fails(things) {
                return Verdict::Passes;
            }
            let bits = noise(salt, things);
            Verdict::FailsUsing((0..things.len()).filter(|n| bits >> n & 1 == 1).collect())
        };
        let shrunk = shrink(predicate.initial.clone(), Budget::new(PLENTY), test).expect("fails");
        prop_assert!(shrunk.minimal);
        prop_assert_eq!(fault(&predicate, &shrunk.items), None, "{:?}", shrunk);
    }

    #[test]
    fn with_any_budget_the_result_fails_and_minimal_is_never_a_lie(
        predicate in predicates(),
        attempts in 0..200u64,
    ) {
        let test = |things: &[Thing]| predicate.fails(things);
        let shrunk = shrink(predicate.initial.clone(), Budget::new(attempts), test).expect("fails");
        prop_assert!(shrunk.attempts <= attempts);
        prop_assert!(predicate.fails(&shrunk.items));
        if shrunk.minimal {
            prop_assert_eq!(fault(&predicate, &shrunk.items), None, "{:?}", shrunk);
        } else {
            prop_assert_eq!(shrunk.attempts, attempts, "it stopped before it had to");
        }
        let again = shrink(predicate.initial.clone(), Budget::new(attempts), test);
        prop_assert_eq!(again, Ok(shrunk), "the same list and test give the same result");
    }
}

/// Shrinkers with a mistake must be caught by the checks above.
#[test]
fn canary() {
    let clause =
        vec![Literal::AtLeast { name: 2, value: 5 }, Literal::AtLeast { name: 4, value: 0 }];
    let initial = (0..6).map(|name| thing(name, 10)).collect();
    let predicate = Predicate { initial, shape: Shape::Clauses(vec![clause]) };
    let check = |result: &[Thing]| fault(&predicate, result);

    assert_eq!(check(&[thing(2, 5), thing(4, 0)]), None);
    assert_eq!(check(&[thing(2, 5)]), Some("it does not fail"));
    assert_eq!(check(&[]), Some("it does not fail"));
    assert_eq!(check(&[thing(4, 0), thing(2, 5)]), Some("it is out of order"));
    assert_eq!(
        check(&[thing(2, 11), thing(4, 0)]),
        Some("an item is not a simpler self of the initial one")
    );
    assert_eq!(check(&predicate.initial), Some("it is not 1-minimal"));
    assert_eq!(check(&[thing(2, 5), thing(3, 0), thing(4, 0)]), Some("it is not 1-minimal"));
    assert_eq!(check(&[thing(2, 6), thing(4, 0)]), Some("it is not 1-minimal"));
    assert_eq!(check(&[thing(2, 5), thing(4, 1)]), Some("it is not 1-minimal"));
}

#[test]
fn one_minimal_is_about_one_step_only() {
    // Two things that can go only together are 1-minimal.
    let both_or_none = |things: &[Thing]| things.len() != 1;
    assert!(is_one_minimal(&things(2), both_or_none));
    assert!(is_one_minimal(&[], both_or_none));
    assert!(!is_one_minimal(&things(3), both_or_none));
}
