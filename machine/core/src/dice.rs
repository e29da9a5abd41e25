use core::convert::Infallible;
use core::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng, TryRng};

/// A seeded source of chance: one ChaCha8 stream.
///
/// A stream is named by a seed, a purpose and an index, so that a draw more in one place moves
/// nothing elsewhere. The same name always gives the same numbers, on every platform. Everything
/// is in integers; any distribution of the `rand` crate can be used as well, since `Dice` is a
/// generator in its sense.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream for `purpose`, number `index`, of a run with this seed.
    ///
    /// # Panics
    ///
    /// If the purpose is longer than 16 bytes.
    pub fn new(seed: u64, purpose: &str, index: u64) -> Dice {
        assert!(purpose.len() <= 16, "a purpose has at most 16 bytes: {purpose:?}");
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&index.to_le_bytes());
        key[16..16 + purpose.len()].copy_from_slice(purpose.as_bytes());
        Dice(ChaCha8Rng::from_seed(key))
    }

    /// How far the stream has been drawn from: two dice of one name that are as far draw the same
    /// from then on.
    pub fn position(&self) -> u128 {
        self.0.get_word_pos()
    }

    /// Any 32-bit number.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Any 64-bit number.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`: the high half of the product with a 64-bit draw (Lemire 2019,
    /// without the rejection step; the bias is below `bound` / 2^64).
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below zero");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `range`, both ends included.
    ///
    /// # Panics
    ///
    /// If the range is empty.
    #[inline]
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        assert!(low <= high, "the range {low}..={high} is empty");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.next_u64(),
        }
    }

    /// True `times` times out of a million.
    #[inline]
    pub fn per_million(&mut self, times: u32) -> bool {
        ((u64::from(self.next_u32()) * 1_000_000) >> 32) < u64::from(times)
    }

    /// One of the items.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Puts the items in any order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

impl TryRng for Dice {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of these numbers would change the meaning of every seed ever reported.
    #[test]
    fn known_values_never_change() {
        let mut dice = Dice::new(7, "network", 0);
        assert_eq!([dice.next_u64(), dice.next_u64()], KNOWN);
        assert_eq!(dice.below(1_000), KNOWN_BELOW);
    }

    const KNOWN: [u64; 2] = [457_952_866_420_602_400, 15_519_945_275_215_863_046];
    const KNOWN_BELOW: u64 = 977;

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let first = |seed, purpose, index| Dice::new(seed, purpose, index).next_u64();
        let all = [first(1, "a", 0), first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)];
        for (position, one) in all.iter().enumerate() {
            assert!(!all[..position].contains(one));
        }
    }

    #[test]
    fn dice_at_one_position_draw_the_same() {
        let (mut one, mut other) = (Dice::new(1, "a", 0), Dice::new(1, "a", 0));
        assert_eq!(one.position(), 0);
        assert_eq!(one.next_u64() as u32, other.next_u32());
        assert_ne!(one.position(), other.position());
        other.next_u32();
        assert_eq!(one.position(), other.position());
        assert_eq!(one.next_u64(), other.next_u64());
    }

    #[test]
    fn draws_stay_in_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1, "bounds", 0);
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[dice.within(4..=6) as usize - 4] = true;
            assert!(!dice.per_million(0));
            assert!(dice.per_million(1_000_000));
        }
        assert_eq!(seen, [true; 3]);
        assert_eq!(dice.within(u64::MAX..=u64::MAX), u64::MAX);
        dice.within(0..=u64::MAX);
    }
}
