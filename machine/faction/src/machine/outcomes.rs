use core::ops::Deref;

use super::Outcome;

/// The outcomes of one command in order: at most three, and no allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcomes {
    items: [Outcome; Outcomes::MOST],
    len: usize,
}

impl Outcomes {
    /// Completing local participation, telling everybody, and concluding.
    const MOST: usize = 3;

    pub(crate) fn of(first: Outcome) -> Outcomes {
        Outcomes { items: [first; Outcomes::MOST], len: 1 }
    }

    pub(crate) fn then(mut self, next: Outcome) -> Outcomes {
        self.items[self.len] = next;
        self.len += 1;
        self
    }
}

impl Deref for Outcomes {
    type Target = [Outcome];

    fn deref(&self) -> &[Outcome] {
        &self.items[..self.len]
    }
}
