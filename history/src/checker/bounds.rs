//! How much a check may cost, and what it did cost: counted, never timed.

use std::fmt;

/// How much a check may cost.
///
/// Whether a history is linearizable is NP-complete (Gibbons and Korach 1997), so there must be a
/// bound. Both bounds are counts, so a check gives the same answer wherever and whenever it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most steps of the model and comparisons of configurations, for all keys together.
    pub steps: u64,
    /// The most bytes for what the search remembers of one key; it is freed before the next key.
    ///
    /// Counted are the configurations and the states, as if tables were exactly full; the
    /// allocator may need up to about twice as much.
    pub bytes: u64,
}

impl Bounds {
    /// No bounds but those of the machine. For histories that are known to be easy.
    pub const NONE: Bounds = Bounds { steps: u64::MAX, bytes: u64::MAX };
}

impl Default for Bounds {
    /// A hundred million steps (some ten seconds) and half a gigabyte.
    fn default() -> Self {
        Bounds { steps: 100_000_000, bytes: 512 << 20 }
    }
}

/// Which bound ended a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// [`Bounds::steps`].
    Steps,
    /// [`Bounds::bytes`].
    Bytes,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bound::Steps => "the bound on steps",
            Bound::Bytes => "the bound on memory",
        })
    }
}

/// What a check did cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Steps of the model, and comparisons of configurations that differ only in which calls of
    /// unknown outcome they used up.
    pub steps: u64,
    /// Distinct configurations (calls placed so far, and state) that were looked at.
    pub configurations: u64,
    /// The most bytes that were counted at once, see [`Bounds::bytes`].
    pub bytes: u64,
}

impl Effort {
    pub(crate) fn add(&mut self, other: Effort) {
        self.steps += other.steps;
        self.configurations += other.configurations;
        self.bytes = self.bytes.max(other.bytes);
    }
}
