//! What ends it early, and what is left then.

use std::cell::Cell;

use stormglass_shrinker::{Budget, Item, NotFailing, Shrunk, Verdict, is_one_minimal, shrink};

use crate::thing::{Thing, has, thing, things};

fn needles(things: &[Thing]) -> bool {
    has(things, 20) && has(things, 70)
}

#[test]
fn without_an_attempt_the_list_comes_back() {
    let shrunk = shrink(things(100), Budget::new(0), |_: &[Thing]| -> bool {
        panic!("no attempt is allowed")
    });
    assert_eq!(shrunk, Ok(Shrunk { items: things(100), attempts: 0, minimal: false }));
}

#[test]
fn the_first_attempt_is_on_the_initial_list() {
    let shrunk = shrink(things(100), Budget::new(1), |items: &[Thing]| {
        assert_eq!(items, things(100));
        true
    });
    assert_eq!(shrunk, Ok(Shrunk { items: things(100), attempts: 1, minimal: false }));
}

#[test]
fn a_list_that_does_not_fail_is_an_error() {
    assert_eq!(shrink(things(100), Budget::new(1), |_: &[Thing]| false), Err(NotFailing));
    assert_eq!(shrink(things(0), Budget::new(100), |_: &[Thing]| false), Err(NotFailing));
    assert_eq!(
        shrink(things(3), Budget::new(100), |items: &[Thing]| items.len() == 2),
        Err(NotFailing)
    );
    assert!(NotFailing.to_string().contains("does not fail"));
}

/// Shrinks with each budget up to what is enough.
fn check_every_budget(items: Vec<Thing>, test: impl Fn(&[Thing]) -> bool, expected: &[Thing]) {
    let whole = shrink(items.clone(), Budget::new(10_000), &test).expect("fails");
    assert_eq!(whole.items, expected);
    let mut length = items.len();
    for budget in 1..whole.attempts {
        let shrunk = shrink(items.clone(), Budget::new(budget), &test).expect("fails");
        assert_eq!(shrunk.attempts, budget);
        assert!(test(&shrunk.items), "budget {budget}");
        assert!(shrunk.items.len() <= length, "budget {budget}");
        assert!(!shrunk.minimal || is_one_minimal(&shrunk.items, &test), "budget {budget}");
        length = shrunk.items.len();
    }
    // Exactly enough is enough.
    assert_eq!(shrink(items, Budget::new(whole.attempts), &test), Ok(whole));
}

#[test]
fn every_budget_is_kept_and_a_larger_one_is_never_worse() {
    check_every_budget(things(100), needles, &[thing(20, 0), thing(70, 0)]);
}

#[test]
fn a_list_that_was_minimal_before_a_pair_went_may_not_be_so_after() {
    // 0 and 3 go together only, and 1 only when they are gone.
    let test = |things: &[Thing]| {
        has(things, 2) && has(things, 0) == has(things, 3) && (has(things, 1) || !has(things, 0))
    };
    check_every_budget(things(4), test, &[thing(2, 0)]);
}

#[test]
fn it_ends_when_told_to() {
    let calls = Cell::new(0);
    let keep_going = || calls.get() < 10;
    let budget = Budget::new(10_000).keep_going(&keep_going);
    let shrunk = shrink(things(100), budget, |items: &[Thing]| {
        calls.set(calls.get() + 1);
        needles(items)
    })
    .expect("fails");
    assert_eq!(shrunk.attempts, 10);
    assert!(!shrunk.minimal);
    assert!(needles(&shrunk.items));
    assert!(shrunk.items.len() < 100, "ten attempts find something");
}

/// Items that break the rule that simpler selves come to an end.
#[derive(Clone, Debug, Hash)]
enum Endless {
    Grows(u64),
    Stays,
    Blinks(bool),
}

impl Item for Endless {
    fn labels(&self, _labels: &mut Vec<u64>) {}

    fn simpler(&self) -> Vec<Endless> {
        vec![match *self {
            Endless::Grows(size) => Endless::Grows(size + 1),
            Endless::Stays => Endless::Stays,
            Endless::Blinks(on) => Endless::Blinks(!on),
        }]
    }
}

fn endless(item: Endless) -> Result<Shrunk<Endless>, NotFailing> {
    shrink(vec![item], Budget::new(500), |items: &[Endless]| items.len() == 1)
}

#[test]
fn simpler_selves_without_an_end_cost_no_more_than_the_budget() {
    let shrunk = endless(Endless::Grows(0)).expect("fails");
    assert_eq!((shrunk.attempts, shrunk.minimal), (500, false));
}

#[test]
#[should_panic(expected = "must not lead back")]
fn an_item_that_offers_itself_is_a_mistake() {
    let _ = endless(Endless::Stays);
}

#[test]
#[should_panic(expected = "must not lead back")]
fn simpler_selves_in_a_circle_are_a_mistake() {
    let _ = endless(Endless::Blinks(true));
}

#[test]
fn the_budget_holds_for_what_the_test_used_as_well() {
    let shrunk = shrink(things(100), Budget::new(1), |_: &[Thing]| Verdict::FailsUsing(vec![5]));
    assert_eq!(shrunk, Ok(Shrunk { items: things(100), attempts: 1, minimal: false }));
}
