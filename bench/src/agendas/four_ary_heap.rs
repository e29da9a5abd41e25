use stormglass_machine::Time;

use super::Queue;
use super::key::Key;
use super::slab::Slab;

/// A heap in which each key has four below it, so that it is half as deep as a binary one, and the
/// four stand in one cache line or two (Johnson 1975; LaMarca and Ladner 1996).
pub struct FourAryHeap<T> {
    keys: Vec<Key>,
    items: Slab<T>,
    /// How many items were ever put in.
    number: u64,
}

impl<T> Queue<T> for FourAryHeap<T> {
    fn new() -> Self {
        FourAryHeap { keys: Vec::new(), items: Slab::new(), number: 0 }
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.items.clear();
        self.number = 0;
    }

    #[inline]
    fn push(&mut self, time: Time, item: T) {
        let slot = self.items.put(item);
        let key = Key::new(time, self.number, slot);
        self.number += 1;
        self.keys.push(key);
        self.rise(self.keys.len() - 1, key);
    }

    #[inline]
    fn pop(&mut self) -> Option<(Time, T)> {
        let last = self.keys.pop()?;
        let first = match self.keys.first() {
            Some(first) => {
                let first = *first;
                self.sink(last);
                first
            }
            None => last,
        };
        Some((first.time(), self.items.take(first.slot())))
    }
}

impl<T> FourAryHeap<T> {
    /// Puts a key in at a place, or above it, and moves down what is larger.
    #[inline]
    fn rise(&mut self, mut place: usize, key: Key) {
        while place > 0 {
            let above = (place - 1) / 4;
            if self.keys[above] < key {
                break;
            }
            self.keys[place] = self.keys[above];
            place = above;
        }
        self.keys[place] = key;
    }

    /// Puts a key in that was the last, and closes the gap at the top: the smaller keys move up
    /// all the way, and the key rises from the bottom, where it most likely belongs.
    #[inline]
    fn sink(&mut self, key: Key) {
        let mut place = 0;
        while let Some(below) = self.keys.get(4 * place + 1..4 * place + 5) {
            let least = least_of_four(below);
            let below = 4 * place + 1 + least;
            self.keys[place] = self.keys[below];
            place = below;
        }
        let below = 4 * place + 1..self.keys.len();
        if let Some(least) = below.min_by_key(|below| self.keys[*below]) {
            self.keys[place] = self.keys[least];
            place = least;
        }
        self.rise(place, key);
    }
}

/// Without a branch, since nobody could predict it.
#[inline]
fn least_of_four(keys: &[Key]) -> usize {
    let one = usize::from(keys[1] < keys[0]);
    let other = 2 + usize::from(keys[3] < keys[2]);
    if keys[other] < keys[one] { other } else { one }
}
