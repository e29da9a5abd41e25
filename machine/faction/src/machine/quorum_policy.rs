/// How many ready peers are enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct QuorumPolicy {
    threshold: usize,
}

impl QuorumPolicy {
    /// At least `threshold` of them, which may be any number.
    pub const fn new(threshold: usize) -> QuorumPolicy {
        QuorumPolicy { threshold }
    }

    /// How many are needed.
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Whether `count` is enough.
    pub const fn is_satisfied(&self, count: usize) -> bool {
        count >= self.threshold
    }
}
