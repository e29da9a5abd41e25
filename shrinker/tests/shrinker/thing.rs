//! The items of these tests, and the check that most of them are a call of.

use std::collections::BTreeSet;

use stormglass_shrinker::{Budget, Item, Shrunk, is_one_minimal, shrink, smaller};

/// More attempts than any test needs.
pub const PLENTY: u64 = 1_000_000;

#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// Different for each item of a list, ascending.
    pub name: u64,
    /// The label.
    pub group: u64,
    pub value: u64,
}

impl Item for Thing {
    fn labels(&self, labels: &mut Vec<u64>) {
        labels.push(self.group);
    }

    fn simpler(&self) -> Vec<Thing> {
        smaller(self.value).map(|value| Thing { value, ..*self }).collect()
    }
}

/// One thing, of a group of its own.
pub fn thing(name: u64, value: u64) -> Thing {
    Thing { name, group: name, value }
}

/// As many things as asked for, of value 0, named by number.
pub fn things(count: u64) -> Vec<Thing> {
    (0..count).map(|name| thing(name, 0)).collect()
}

pub fn has(things: &[Thing], name: u64) -> bool {
    things.iter().any(|thing| thing.name == name)
}

/// The value of the thing of this name, if it is there.
pub fn value(things: &[Thing], name: u64) -> Option<u64> {
    things.iter().find(|thing| thing.name == name).map(|thing| thing.value)
}

/// Shrinks with plenty of attempts. On the way it checks that no list is tried twice, that all
/// calls are counted, and that the result is what it is said to be.
pub fn shrunk<T: Item + Ord + std::fmt::Debug>(
    items: Vec<T>,
    test: impl Fn(&[T]) -> bool,
) -> Shrunk<T> {
    let mut tried = BTreeSet::new();
    let shrunk = shrink(items, Budget::new(PLENTY), |items: &[T]| {
        assert!(tried.insert(items.to_vec()), "{items:?} was tried before");
        test(items)
    })
    .expect("the initial list fails");
    assert_eq!(shrunk.attempts, tried.len() as u64);
    assert!(shrunk.minimal, "there was no need to stop early");
    assert!(is_one_minimal(&shrunk.items, &test), "not 1-minimal: {:?}", shrunk.items);
    shrunk
}
