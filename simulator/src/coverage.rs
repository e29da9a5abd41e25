use std::collections::BTreeMap;

/// How often each (state, input kind) pair was reached.
///
/// The hot path compares addresses of the two texts; texts are compared only when the counts are
/// taken out, since the same word may stand at several addresses.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    /// A power of two of cells, open addressing, at most half of them used.
    cells: Vec<Cell>,
    used: usize,
}

/// A cell that has counted nothing is empty.
#[derive(Clone, Copy, Debug)]
struct Cell {
    state: &'static str,
    kind: &'static str,
    count: u64,
}

impl Default for Coverage {
    fn default() -> Self {
        Coverage { cells: vec![EMPTY; 64], used: 0 }
    }
}

const EMPTY: Cell = Cell { state: "", kind: "", count: 0 };

impl Coverage {
    #[inline]
    pub(crate) fn count(&mut self, state: &'static str, kind: &'static str) {
        self.add(Cell { state, kind, count: 1 });
    }

    #[inline]
    fn add(&mut self, more: Cell) {
        let Cell { state, kind, count } = more;
        let mask = self.cells.len() - 1;
        let mut place = (state.as_ptr().addr() >> 1).wrapping_mul(31) ^ kind.as_ptr().addr();
        loop {
            let cell = &mut self.cells[place & mask];
            if std::ptr::eq(cell.state, state) && std::ptr::eq(cell.kind, kind) && cell.count > 0 {
                cell.count += count;
                return;
            }
            if cell.count == 0 {
                *cell = more;
                self.used += 1;
                return self.keep_half_empty();
            }
            place = place.wrapping_add(1);
        }
    }

    #[cold]
    fn keep_half_empty(&mut self) {
        if self.used * 2 <= self.cells.len() {
            return;
        }
        let larger = vec![EMPTY; self.cells.len() * 2];
        let cells = std::mem::replace(&mut self.cells, larger);
        self.used = 0;
        cells.into_iter().filter(|cell| cell.count > 0).for_each(|cell| self.add(cell));
    }

    pub(crate) fn pairs(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        let mut pairs = BTreeMap::new();
        for cell in self.cells.iter().filter(|cell| cell.count > 0) {
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
