use std::collections::BTreeMap;

/// How often each (state, input kind) pair was reached.
///
/// The hot path compares addresses of the two texts; texts are compared only when the counts are
/// taken out, since the same word may stand at several addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    /// A power of two of slots, open addressing.
    slots: Vec<Option<Cell>>,
    used: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    state: &'static str,
    kind: &'static str,
    count: u64,
}

impl Coverage {
    #[inline]
    pub(crate) fn count(&mut self, state: &'static str, kind: &'static str) {
        self.add(state, kind, 1);
    }

    fn add(&mut self, state: &'static str, kind: &'static str, count: u64) {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = (state.as_ptr().addr() >> 1).wrapping_mul(31) ^ kind.as_ptr().addr();
        loop {
            slot &= mask;
            match &mut self.slots[slot] {
                Some(cell) if std::ptr::eq(cell.state, state) && std::ptr::eq(cell.kind, kind) => {
                    cell.count += count;
                    return;
                }
                Some(_) => slot += 1,
                empty => {
                    *empty = Some(Cell { state, kind, count });
                    self.used += 1;
                    return;
                }
            }
        }
    }

    fn grow(&mut self) {
        let larger = vec![None; (self.slots.len() * 2).max(64)];
        let cells = std::mem::replace(&mut self.slots, larger);
        self.used = 0;
        for cell in cells.into_iter().flatten() {
            self.add(cell.state, cell.kind, cell.count);
        }
    }

    pub(crate) fn pairs(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        let mut pairs = BTreeMap::new();
        for cell in self.slots.iter().flatten() {
            *pairs.entry((cell.state, cell.kind)).or_default() += cell.count;
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_content_whatever_the_addresses() {
        let mut coverage = Coverage::default();
        let words: Vec<&'static str> =
            (0..100).map(|number| &*Box::leak(number.to_string().into_boxed_str())).collect();
        let twin: &'static str = Box::leak("7".to_owned().into_boxed_str());
        for _ in 0..3 {
            words.iter().for_each(|word| coverage.count(word, "kind"));
        }
        coverage.count(twin, "kind");
        let pairs = coverage.pairs();
        assert_eq!(pairs.len(), 100);
        assert_eq!(pairs[&("7", "kind")], 4);
        assert_eq!(pairs[&("8", "kind")], 3);
    }
}
