//! The dumb way to say whether a list is 1-minimal.

use crate::{Item, Verdict};

/// Whether the list fails, but no longer does if any one item is removed, or replaced by any one of
/// its simpler selves unless that costs more.
///
/// It tries them all, and shares no code with [`shrink`](crate::shrink), so that one can be
/// tested by the other.
pub fn is_one_minimal<T: Item, V: Into<Verdict>>(
    items: &[T],
    mut test: impl FnMut(&[T]) -> V,
) -> bool {
    let mut cost = |items: &[T]| test(items).into().into_failure().map(|(cost, _)| cost);
    let Some(own) = cost(items) else { return false };
    for index in 0..items.len() {
        let mut fewer = items.to_vec();
        fewer.remove(index);
        if cost(&fewer).is_some() {
            return false;
        }
        for item in items[index].simpler() {
            let mut simpler = items.to_vec();
            simpler[index] = item;
            if cost(&simpler).is_some_and(|cost| cost <= own) {
                return false;
            }
        }
    }
    true
}
