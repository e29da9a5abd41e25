//! What is due when. A heap holds keys; what happens stands in a slab beside it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is due when; of one moment, in the order in which it was put there.
pub struct Agenda<T> {
    keys: BinaryHeap<Reverse<(u64, u64, u32)>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Agenda<T> {
    pub fn new() -> Self {
        Agenda { keys: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), sequence: 0 }
    }

    pub fn push(&mut self, time: u64, what: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(what);
                slot
            }
            None => {
                self.slots.push(Some(what));
                self.slots.len() as u32 - 1
            }
        };
        self.keys.push(Reverse((time, self.sequence, slot)));
        self.sequence += 1;
    }

    pub fn pop(&mut self) -> Option<(u64, T)> {
        let Reverse((time, _, slot)) = self.keys.pop()?;
        self.free.push(slot);
        Some((time, self.slots[slot as usize].take().expect("a key has its slot")))
    }
}
