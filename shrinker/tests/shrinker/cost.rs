//! How many attempts it takes. The bounds are close to what it takes today, so that a change for
//! the worse shows.

use crate::thing::{Thing, has, shrunk, thing, things, value};

fn check(items: Vec<Thing>, test: impl Fn(&[Thing]) -> bool, names: &[u64], attempts: u64) {
    let shrunk = shrunk(items, test);
    assert_eq!(shrunk.items.iter().map(|thing| thing.name).collect::<Vec<_>>(), names);
    assert!(shrunk.attempts <= attempts, "{} attempts", shrunk.attempts);
}

/// Things named by number, of so many groups in turn: neighbours share no label.
fn grouped(count: u64, groups: u64) -> Vec<Thing> {
    (0..count).map(|name| Thing { group: name % groups, ..thing(name, 0) }).collect()
}

#[test]
fn a_failure_that_needs_nothing_takes_two() {
    check(things(5_000), |_| true, &[], 2);
    check(things(0), |_| true, &[], 1);
}

#[test]
fn few_among_thousands() {
    check(things(4_096), |things| has(things, 1_234), &[1_234], 22);
    check(things(5_000), |things| has(things, 0), &[0], 22);
    check(things(5_000), |things| has(things, 4_999), &[4_999], 14);
    check(
        things(5_000),
        |things| [7, 1_000, 2_500, 4_990].iter().all(|&name| has(things, name)),
        &[7, 1_000, 2_500, 4_990],
        110,
    );
}

#[test]
fn all_are_needed() {
    // Each chunk of 512, 256, … 1 once, and the pairs. Nothing is tried a second time.
    let all: Vec<u64> = (0..1_024).collect();
    check(things(1_024), |things| things.len() == 1_024, &all, 2 + 2 * 1_024 + 256);
}

#[test]
fn labels_find_what_chunks_cannot() {
    // A group stays away as a whole or not at all, and its members stand far from each other.
    let whole_groups = |count: u64, groups: u64| {
        move |things: &[Thing]| {
            let mut sizes = vec![0; groups as usize];
            things.iter().for_each(|thing| sizes[(thing.name % groups) as usize] += 1);
            sizes[3] > 0 && sizes.iter().all(|&size| size == 0 || size == count / groups)
        }
    };
    let expected: Vec<u64> = (0..20).map(|n| 50 * n + 3).collect();
    check(grouped(1_000, 50), whole_groups(1_000, 50), &expected, 250);

    // With every thing in a group of its own, nothing can go.
    let unlabelled = shrunk(things(1_000), whole_groups(1_000, 50));
    assert_eq!(unlabelled.items.len(), 1_000);
}

#[test]
fn groups_go_many_at_a_time() {
    let needed = |things: &[Thing]| has(things, 777);
    check(grouped(5_000, 1_000), needed, &[777], 40);
}

#[test]
fn a_large_value_takes_the_square_of_its_digits() {
    let shrunk = shrunk(vec![thing(0, u64::MAX)], |things| {
        value(things, 0).is_some_and(|value| value >= 123_456_789_012)
    });
    assert_eq!(shrunk.items, [thing(0, 123_456_789_012)]);
    assert!(shrunk.attempts <= 480, "{} attempts", shrunk.attempts);
}

#[test]
fn each_value_is_done_with_before_the_next() {
    // Each of four values takes its way to the boundary once, without other passes in between.
    let items = (0..4).map(|name| thing(name, 1_000_000)).collect();
    let needed = |things: &[Thing]| {
        (0..4).all(|name| value(things, name).is_some_and(|value| value >= 300_000 + name))
    };
    check(items, needed, &[0, 1, 2, 3], 450);
}

#[test]
fn the_largest_group_goes_first() {
    // A hundred pairs, labelled 0 to 99, that may only go once the large group 100 is gone.
    let pairs = (0..200).map(|name| Thing { group: name / 2, ..thing(name, 0) });
    let large = (200..1_000).map(|name| Thing { group: 100, ..thing(name, 0) });
    let needed = |things: &[Thing]| {
        let large = things.iter().filter(|thing| thing.group == 100).count();
        has(things, 13) && (large == 0 || large == 800 && things.len() == 1_000)
    };
    check(pairs.chain(large).collect(), needed, &[13], 22);
}
