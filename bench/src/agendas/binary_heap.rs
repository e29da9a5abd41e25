use std::cmp::Reverse;

use stormglass_machine::Time;

use super::Queue;
use super::key::Key;
use super::slab::Slab;

/// The heap of the standard library, of keys; what they stand for does not move.
pub struct BinaryHeap<T> {
    keys: std::collections::BinaryHeap<Reverse<Key>>,
    items: Slab<T>,
    /// How many items were ever put in.
    number: u64,
}

impl<T> Queue<T> for BinaryHeap<T> {
    fn new() -> Self {
        BinaryHeap { keys: std::collections::BinaryHeap::new(), items: Slab::new(), number: 0 }
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.items.clear();
        self.number = 0;
    }

    #[inline]
    fn push(&mut self, time: Time, item: T) {
        let slot = self.items.put(item);
        self.keys.push(Reverse(Key::new(time, self.number, slot)));
        self.number += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse(key) = self.keys.pop()?;
        Some((key.time(), self.items.take(key.slot())))
    }
}
