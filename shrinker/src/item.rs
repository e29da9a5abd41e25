//! What the shrinker knows about the things in the list.

use std::hash::Hash;

/// One thing in a list that fails.
///
/// Items that hash alike are taken to be the same: the hash must cover all that the test can see.
pub trait Item: Clone + Hash {
    /// Writes down what the item has in common with others. Items that share a label are tried
    /// for removal together.
    ///
    /// Labels only make shrinking faster. The numbers are opaque, so different kinds of labels (a
    /// node, an episode) must not use the same number by accident.
    fn labels(&self, labels: &mut Vec<u64>);

    /// The next simpler selves, the boldest first: zero, then half, then one unit less. Empty if
    /// the item is as simple as can be.
    ///
    /// Going from an item to any of its simpler selves, and on from there, must come to an end.
    /// For a number see [`smaller`](crate::smaller).
    fn simpler(&self) -> Vec<Self>;

    /// When the item happens, on a scale that all items share; `None` if it has no time of its own.
    ///
    /// Items that fail only together often have to keep their distances. If their times are known,
    /// they are moved as one; if not, they can only follow each other in steps as short as the
    /// slack between them.
    fn at(&self) -> Option<u64> {
        None
    }

    /// The same item at another time. Asked only of items that have one.
    fn moved_to(&self, _at: u64) -> Self {
        self.clone()
    }
}
