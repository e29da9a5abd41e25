use std::hash::Hasher;

/// The hash chain of a run: two runs are the same run exactly if their chains are equal.
///
/// Each number folded in is mixed by one multiplication to 128 bits whose halves are xored (the
/// mixing step of wyhash). Numbers are widened to 64 bits, and since chains stand in logs the
/// constants never change. The standard library hashes a list of numbers as the bytes it has in
/// memory, so a chain is the same on every 64-bit platform that is little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain(u64);

const START: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTOR: u64 = 0xa076_1d64_78bd_642f;

impl Default for Chain {
    fn default() -> Self {
        Chain(START)
    }
}

impl Chain {
    #[inline]
    fn fold(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * u128::from(FACTOR);
        // The sum keeps a chain that ever became zero from staying there.
        self.0 = ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(START);
    }
}

impl Hasher for Chain {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
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

    const KNOWN_NUMBER: u64 = 11_442_308_717_636_598_834;
    const KNOWN_TEXT: u64 = 11_366_521_080_453_150_120;

    #[test]
    fn the_order_and_the_length_of_what_is_folded_matter() {
        assert_ne!(chain((1_u64, 2_u64)), chain((2_u64, 1_u64)));
        assert_ne!(chain([0_u8; 3]), chain([0_u8; 4]));
        assert_ne!(chain(Some(0_u8)), chain(None::<u8>));
        assert_eq!(chain(-1_i8), chain(-1_i64));
    }
}
