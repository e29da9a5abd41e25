//! A table in which equal values have one number, so that they are kept and compared once.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Values and their numbers, from zero, in the order of their first appearance.
///
/// The hasher has no randomness, and the table is never iterated: numbers depend on nothing but
/// the order of the values.
pub(crate) struct Interner<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
}

impl<T: Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Interner { values: Vec::new(), numbers: HashTable::new() }
    }

    /// The number of the value, and whether it is a new one.
    pub(crate) fn intern(&mut self, value: T) -> (u32, bool) {
        let hash = FixedState::default().hash_one(&value);
        let values = &self.values;
        if let Some(&number) = self.numbers.find(hash, |&it| values[it as usize] == value) {
            return (number, false);
        }
        (self.add(hash, value), true)
    }

    fn add(&mut self, hash: u64, value: T) -> u32 {
        let number = self.values.len() as u32;
        self.values.push(value);
        let values = &self.values;
        let rehash = |&it: &u32| FixedState::default().hash_one(&values[it as usize]);
        self.numbers.insert_unique(hash, number, rehash);
        number
    }

    pub(crate) fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

impl<T: Copy + Eq + Hash> Interner<Box<[T]>> {
    /// As [`intern`](Interner::intern), without making a box for a slice that is known.
    pub(crate) fn intern_slice(&mut self, slice: &[T]) -> (u32, bool) {
        let hash = FixedState::default().hash_one(slice);
        let values = &self.values;
        if let Some(&number) = self.numbers.find(hash, |&it| *values[it as usize] == *slice) {
            return (number, false);
        }
        (self.add(hash, slice.into()), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number_whether_boxed_or_not() {
        let mut interner: Interner<Box<[u32]>> = Interner::new();
        assert_eq!(interner.intern_slice(&[1, 2]), (0, true));
        assert_eq!(interner.intern(Box::new([1, 2])), (0, false));
        assert_eq!(interner.intern(Box::new([])), (1, true));
        assert_eq!(interner.intern_slice(&[]), (1, false));
        for n in 0..1_000 {
            assert_eq!(interner.intern_slice(&[7, n]), (n + 2, true));
        }
        assert_eq!(**interner.get(501), [7, 499]);
    }
}
