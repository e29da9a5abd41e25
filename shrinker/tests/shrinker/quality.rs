//! This list shrinks to exactly that one.

use stormglass_shrinker::{Item, smaller};

use crate::thing::{Thing, has, shrunk, thing, things, value};

/// Of things named 0 to 99, all of value 1000, exactly these (name and value) are left over.
fn check(test: impl Fn(&[Thing]) -> bool, expected: &[(u64, u64)]) {
    let items = (0..100).map(|name| thing(name, 1000)).collect();
    let left: Vec<(u64, u64)> =
        shrunk(items, test).items.iter().map(|thing| (thing.name, thing.value)).collect();
    assert_eq!(left, expected);
}

#[test]
fn a_failure_that_needs_nothing() {
    check(|_| true, &[]);
}

#[test]
fn needles() {
    check(|things| has(things, 0), &[(0, 0)]);
    check(|things| has(things, 99), &[(99, 0)]);
    check(|things| [3, 50, 97].iter().all(|&name| has(things, name)), &[(3, 0), (50, 0), (97, 0)]);
    check(|things| (40..44).all(|name| has(things, name)), &[(40, 0), (41, 0), (42, 0), (43, 0)]);
}

#[test]
fn everything_is_needed() {
    let all: Vec<(u64, u64)> = (0..100).map(|name| (name, 0)).collect();
    check(|things| things.len() == 100, &all);
}

#[test]
fn a_count_keeps_the_earliest() {
    check(|things| things.len() >= 3, &[(0, 0), (1, 0), (2, 0)]);
    check(|things| things.len() >= 7, &[(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)]);
}

#[test]
fn values_to_their_boundaries() {
    check(|things| value(things, 7).is_some_and(|value| value >= 1000), &[(7, 1000)]);
    check(|things| value(things, 7).is_some_and(|value| value >= 613), &[(7, 613)]);
    check(|things| value(things, 7).is_some_and(|value| value >= 1), &[(7, 1)]);
    check(
        |things| {
            value(things, 20).is_some_and(|low| value(things, 60).is_some_and(|high| low <= high))
        },
        &[(20, 0), (60, 0)],
    );
    check(
        |things| {
            value(things, 20)
                .is_some_and(|high| value(things, 60).is_some_and(|low| high > low) || high == 1000)
        },
        &[(20, 1000)],
    );
}

#[test]
fn a_sum_is_carried_by_as_few_as_can() {
    check(
        |things| things.iter().map(|thing| thing.value).sum::<u64>() >= 2500,
        &[(0, 500), (1, 1000), (2, 1000)],
    );
}

#[test]
fn a_thing_that_needs_another_one() {
    // A name from 50 counts only if its partner, 50 below, stands before it.
    let counts = |things: &[Thing], name| has(things, name) && has(things, name - 50);
    check(|things| counts(things, 73), &[(23, 0), (73, 0)]);
    check(|things| counts(things, 73) && counts(things, 80), &[(23, 0), (30, 0), (73, 0), (80, 0)]);
    // A thing may stay away together with what needs it, but not alone.
    check(|things| has(things, 5) && (has(things, 23) || !has(things, 73)), &[(5, 0)]);
}

#[test]
fn an_alternative() {
    // The second one is smaller, but the way there is closed once the first pass chose.
    check(|things| has(things, 10) && has(things, 11) || has(things, 90), &[(10, 0), (11, 0)]);
}

#[test]
fn two_that_cancel_each_other_go_together() {
    let balanced = |things: &[Thing], one, other| has(things, one) == has(things, other);
    check(|things| has(things, 50) && balanced(things, 51, 52), &[(50, 0)]);
    // These are found only when two are removed at once: all things go in step with a partner
    // that no chunk and no label has in common with them.
    let six = |things: &[Thing]| {
        [0, 1, 2].iter().all(|&one| balanced(things, one, one + 3)) && has(things, 1)
    };
    let left = shrunk(things(6), six).items;
    assert_eq!(left, [thing(1, 0), thing(4, 0)]);
}

#[test]
fn an_even_count_goes_down_to_two() {
    check(|things| has(things, 30) && things.len().is_multiple_of(2), &[(30, 0), (31, 0)]);
}

#[test]
fn a_simpler_value_makes_another_thing_unnecessary() {
    // As long as 40 has a value, 60 has to be there to undo it.
    check(
        |things| match value(things, 40) {
            None => false,
            Some(0) => true,
            Some(_) => has(things, 60),
        },
        &[(40, 0)],
    );
    // And the other way round: while 60 is there, 40 must keep its value.
    check(
        |things| value(things, 40).is_some_and(|value| value == 1000 || !has(things, 60)),
        &[(40, 0)],
    );
}

/// Knows of no bold step, only of the next number.
#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
struct Countdown(u64);

impl Item for Countdown {
    fn labels(&self, _labels: &mut Vec<u64>) {}

    fn simpler(&self) -> Vec<Countdown> {
        self.0.checked_sub(1).map(Countdown).into_iter().collect()
    }
}

#[test]
fn small_steps_are_taken_in_strides() {
    let shrunk = shrunk(vec![Countdown(100_000)], |items| items.iter().any(|item| item.0 >= 77));
    assert_eq!(shrunk.items, [Countdown(77)]);
    assert!(shrunk.attempts < 52, "{} attempts", shrunk.attempts);
}

/// Something that happens at a time.
#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Item for Moment {
    fn labels(&self, _labels: &mut Vec<u64>) {}

    fn simpler(&self) -> Vec<Moment> {
        smaller(self.0).map(Moment).collect()
    }

    fn at(&self) -> Option<u64> {
        Some(self.0)
    }

    fn moved_to(&self, at: u64) -> Moment {
        Moment(at)
    }
}

#[test]
fn moments_that_must_keep_their_distance_move_together() {
    // One after the other they could only follow each other in steps of one.
    let near = |one: &Moment, other: &Moment| one.0 >= 1_234 && other.0.wrapping_sub(one.0) <= 1;
    let chain = |moments: &[Moment]| {
        moments.len() > 2 && moments.windows(2).all(|pair| near(&pair[0], &pair[1]))
    };
    let shrunk = shrunk((0..5).map(|n| Moment(1_000_000_000 + n)).collect(), chain);
    assert_eq!(shrunk.items, [Moment(1_234), Moment(1_234), Moment(1_234)]);
    assert!(shrunk.attempts < 200, "{} attempts", shrunk.attempts);
}

/// Has two simpler selves that lead different ways.
#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Ring(u64),
    Split(u64),
    Isolate(u64),
}

impl Item for Shape {
    fn labels(&self, _labels: &mut Vec<u64>) {}

    fn simpler(&self) -> Vec<Shape> {
        let shorter = |length: u64, shape: fn(u64) -> Shape| length.checked_sub(1).map(shape);
        match *self {
            Shape::Ring(length) => [Some(Shape::Split(length)), shorter(length, Shape::Ring)],
            Shape::Split(length) => [Some(Shape::Isolate(length)), shorter(length, Shape::Split)],
            Shape::Isolate(length) => [None, shorter(length, Shape::Isolate)],
        }
        .into_iter()
        .flatten()
        .collect()
    }
}

#[test]
fn different_ways_to_be_simpler() {
    let cuts = |shapes: &[Shape]| {
        shapes.iter().any(|shape| matches!(shape, Shape::Ring(5..) | Shape::Split(9..)))
    };
    assert_eq!(shrunk(vec![Shape::Ring(30), Shape::Isolate(8)], cuts).items, [Shape::Split(9)]);
    assert_eq!(shrunk(vec![Shape::Ring(8), Shape::Split(8)], cuts).items, [Shape::Ring(5)]);
}
