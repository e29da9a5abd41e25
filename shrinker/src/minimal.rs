//! The dumb way to say whether a list is 1-minimal.

use crate::{Item, Verdict};

/// Whether the list fails, but no longer does if any one item is removed or replaced by any one of
/// its simpler selves.
///
/// It tries them all, and shares no code with [`shrink`](crate::shrink), so that one can be
/// tested by the other.
pub fn is_one_minimal<T: Item, V: Into<Verdict>>(
    items: &[T],
    mut test: impl FnMut(&[T]) -> V,
) -> bool {
    let mut fails = |items: &[T]| test(items).into() != Verdict::Passes;
    if !fails(items) {
        return false;
    }
    for index in 0..items.len() {
        let mut fewer = items.to_vec();
        fewer.remove(index);
        if fails(&fewer) {
            return false;
        }
        for item in items[index].simpler() {
            let mut simpler = items.to_vec();
            simpler[index] = item;
            if fails(&simpler) {
                return false;
            }
        }
    }
    true
}
