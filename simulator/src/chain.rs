use std::hash::Hasher;

/// The hash chain of a run: two runs are the same run exactly if their chains are equal.
///
/// Each number folded in is mixed by one multiplication to 128 bits whose halves are xored (the
/// mixing step of wyhash). Two lanes take turns, so that a multiplication need not wait for the
/// one before it. Numbers are widened to 64 bits, and since chains stand in logs the constants
/// never change. The standard library hashes a list of numbers as the bytes it has in memory, so
/// a chain is the same on every 64-bit platform that is little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The lane whose turn it is.
    next: u64,
    other: u64,
}

const STARTS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xe703_7ed1_a0b4_28db];
const ENDS: [u64; 2] = [0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];
const FACTOR: u64 = 0xa076_1d64_78bd_642f;

impl Default for Chain {
    fn default() -> Self {
        Chain { next: STARTS[0], other: STARTS[1] }
    }
}

#[inline]
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Chain {
    #[inline]
    fn fold(&mut self, number: u64) {
        *self = Chain { next: self.other, other: mix(self.next ^ number, FACTOR) };
    }
}

impl Hasher for Chain {
    #[inline]
    fn finish(&self) -> u64 {
        mix(self.next ^ ENDS[0], self.other ^ ENDS[1])
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.fold(u64::from_le_bytes(last));
        self.fold(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.fold(u64::from(number));
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.fold(u64::from(number));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.fold(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.fold(number);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.fold(number as u64);
        self.fold((number >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.fold(number as u64);
    }

    #[inline]
    fn write_i8(&mut self, number: i8) {
        self.fold(i64::from(number) as u64);
    }

    #[inline]
    fn write_i16(&mut self, number: i16) {
        self.fold(i64::from(number) as u64);
    }

    #[inline]
    fn write_i32(&mut self, number: i32) {
        self.fold(i64::from(number) as u64);
    }

    #[inline]
    fn write_i64(&mut self, number: i64) {
        self.fold(number as u64);
    }

    #[inline]
    fn write_i128(&mut self, number: i128) {
        self.write_u128(number as u128);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.fold(number as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::Hash;

    use super::*;

    fn chain(value: impl Hash) -> u64 {
        let mut chain = Chain::default();
        value.hash(&mut chain);
        chain.finish()
    }

    #[test]
    fn known_values_never_change() {
        assert_eq!(chain(1_u64), KNOWN_NUMBER);
        assert_eq!(chain("heartbeat"), KNOWN_TEXT);
    }

    const KNOWN_NUMBER: u64 = 11_468_659_902_461_753_368;
    const KNOWN_TEXT: u64 = 7_909_938_352_064_146_787;

    #[test]
    fn the_order_and_the_length_of_what_is_folded_matter() {
        assert_ne!(chain((1_u64, 2_u64)), chain((2_u64, 1_u64)));
        assert_ne!(chain([0_u8; 3]), chain([0_u8; 4]));
        assert_ne!(chain(Some(0_u8)), chain(None::<u8>));
        assert_eq!(chain(-1_i8), chain(-1_i64));
    }
}
