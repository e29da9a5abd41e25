//! The calls that are not placed yet, in the order of their invocations.

/// A doubly linked list over the indices below a number, from which an index can be removed, and
/// put back in the reverse order of removal (Knuth's dancing links; Lowe 2017 uses the same for
/// this purpose).
pub(crate) struct Unplaced {
    /// By index; the last entry is the list's head and end.
    links: Vec<(u32, u32)>,
}

impl Unplaced {
    /// A list of all indices below `length`.
    pub(crate) fn new(length: usize) -> Self {
        let all = length as u32 + 1;
        Unplaced { links: (0..all).map(|it| ((it + all - 1) % all, (it + 1) % all)).collect() }
    }

    fn end(&self) -> u32 {
        self.links.len() as u32 - 1
    }

    /// The first index.
    pub(crate) fn first(&self) -> Option<u32> {
        self.after(self.end())
    }

    /// The index after this one, which may itself have been removed just now.
    pub(crate) fn after(&self, index: u32) -> Option<u32> {
        let next = self.links[index as usize].1;
        (next != self.end()).then_some(next)
    }

    pub(crate) fn remove(&mut self, index: u32) {
        let (before, after) = self.links[index as usize];
        self.links[before as usize].1 = after;
        self.links[after as usize].0 = before;
    }

    pub(crate) fn put_back(&mut self, index: u32) {
        let (before, after) = self.links[index as usize];
        self.links[before as usize].1 = index;
        self.links[after as usize].0 = index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(list: &Unplaced) -> Vec<u32> {
        std::iter::successors(list.first(), |&it| list.after(it)).collect()
    }

    #[test]
    fn what_is_removed_comes_back_where_it_was() {
        let mut list = Unplaced::new(4);
        assert_eq!(all(&list), [0, 1, 2, 3]);
        list.remove(1);
        list.remove(0);
        list.remove(3);
        assert_eq!(all(&list), [2]);
        assert_eq!(list.after(1), Some(2));
        list.put_back(3);
        list.put_back(0);
        list.put_back(1);
        assert_eq!(all(&list), [0, 1, 2, 3]);
    }

    #[test]
    fn an_empty_list_has_no_first() {
        assert_eq!(Unplaced::new(0).first(), None);
    }
}
