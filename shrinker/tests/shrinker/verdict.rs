//! How the shrinker uses what the test tells about the items that played a part.

use stormglass_shrinker::{Budget, Shrunk, Verdict, shrink};

use crate::thing::{Thing, has, thing, things};

/// Needs these names; says that it used all the items whose name `uses` accepts.
fn telling(needed: &[u64], uses: impl Fn(u64) -> bool) -> impl Fn(&[Thing]) -> Verdict {
    move |things| {
        if !needed.iter().all(|&name| has(things, name)) {
            return Verdict::Passes;
        }
        Verdict::FailsUsing((0..things.len()).filter(|&n| uses(things[n].name)).collect())
    }
}

fn check(test: impl Fn(&[Thing]) -> Verdict, names: &[u64], most_attempts: u64) {
    let Shrunk { items, attempts, minimal } =
        shrink(things(5_000), Budget::new(10_000), test).expect("the initial list fails");
    assert_eq!(items, names.iter().map(|&name| thing(name, 0)).collect::<Vec<_>>());
    assert!(minimal);
    assert!(attempts <= most_attempts, "{attempts} attempts");
}

#[test]
fn unused_items_go_in_one_attempt() {
    // The initial list, what it used, nothing at all, and each of the three alone.
    check(telling(&[5, 600, 4_000], |name| [5, 600, 4_000].contains(&name)), &[5, 600, 4_000], 9);
    // Of what was used, not all is needed.
    check(telling(&[600], |name| name % 100 == 0), &[600], 13);
}

#[test]
fn a_wrong_claim_is_not_believed() {
    check(telling(&[5, 600], |name| name == 5), &[5, 600], 50);
    check(telling(&[5, 600], |_| false), &[5, 600], 50);
}

#[test]
fn a_claim_of_all_costs_nothing() {
    let plain = shrink(things(500), Budget::new(10_000), |things: &[Thing]| has(things, 123));
    let telling = shrink(things(500), Budget::new(10_000), telling(&[123], |_| true));
    assert_eq!(plain, telling);
}

#[test]
#[should_panic(expected = "ascending indices")]
fn an_index_out_of_the_list_is_a_mistake() {
    let _ = shrink(things(3), Budget::new(9), |_: &[Thing]| Verdict::FailsUsing(vec![3]));
}

#[test]
#[should_panic(expected = "ascending indices")]
fn indices_out_of_order_are_a_mistake() {
    let _ = shrink(things(2), Budget::new(9), |_: &[Thing]| Verdict::FailsUsing(vec![1, 0]));
}
