use stormglass_machine::Time;

/// Time, order of putting in and slot in 16 bytes, so that one comparison of numbers tells which of
/// two items is first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u128);

const SLOT_BITS: u32 = 24;
const NUMBER_BITS: u32 = 64 - SLOT_BITS;

impl Key {
    #[inline]
    pub fn new(time: Time, number: u64, slot: usize) -> Key {
        assert!(slot < 1 << SLOT_BITS, "an agenda has room for 2^24 items at a time");
        assert!(number < 1 << NUMBER_BITS, "an agenda takes 2^40 items in all");
        let low = number << SLOT_BITS | slot as u64;
        Key(u128::from(time.as_nanos()) << 64 | u128::from(low))
    }

    #[inline]
    pub fn time(self) -> Time {
        Time::from_nanos((self.0 >> 64) as u64)
    }

    #[inline]
    pub fn slot(self) -> usize {
        self.0 as usize % (1 << SLOT_BITS)
    }
}
