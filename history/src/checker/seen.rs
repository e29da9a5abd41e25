//! The configurations that the search was in.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// What two configurations must have in common to be compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Common {
    /// How many completions, in their order, belong to placed calls without a gap.
    pub(crate) frontier: u32,
    /// The number of the set of slots whose calls are placed although a completion before theirs
    /// is not.
    pub(crate) ahead: u32,
    /// The number of the state.
    pub(crate) state: u32,
}

/// About what a configuration costs, for the bound on memory: its part of the table and its
/// entry in `uses`.
pub(crate) const CONFIGURATION_BYTES: u64 = 32;

/// What another use of calls of unknown outcome is, compared to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It uses no more of any kind.
    AsGood,
    /// It uses no less of any kind, and more of some.
    Worse,
    /// It uses more of one kind and less of another.
    Neither,
}

/// The end of a list.
const NONE: u32 = u32::MAX;

/// The configurations so far. What is equal in [`Common`] differs only in which calls of unknown
/// outcome were used up; each such use is a number, and those of one `Common` are a linked list.
pub(crate) struct Seen {
    lists: HashMap<Common, u32, FixedState>,
    uses: Vec<(u32, u32)>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Seen { lists: HashMap::default(), uses: Vec::new() }
    }

    /// Adds a configuration, unless there is one with the same `common` from whose use all can be
    /// reached that can be reached from this one; and forgets those of which this one is so.
    ///
    /// The use that was as good comes first from then on: it often is as good as the next one,
    /// too. `compare` is told the other use.
    pub(crate) fn add<E>(
        &mut self,
        common: Common,
        used: u32,
        mut compare: impl FnMut(u32) -> Result<Relation, E>,
    ) -> Result<bool, E> {
        let first = self.lists.get(&common).copied().unwrap_or(NONE);
        let (mut before, mut at) = (NONE, first);
        let mut head = first;
        while at != NONE {
            let (other, next) = self.uses[at as usize];
            match compare(other)? {
                Relation::AsGood => {
                    self.uses[at as usize].0 = self.uses[head as usize].0;
                    self.uses[head as usize].0 = other;
                    self.lists.insert(common, head);
                    return Ok(false);
                }
                Relation::Worse if before == NONE => head = next,
                Relation::Worse => self.uses[before as usize].1 = next,
                Relation::Neither => before = at,
            }
            at = next;
        }
        self.lists.insert(common, self.uses.len() as u32);
        self.uses.push((used, head));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a use of two kinds, each up to nine.
    fn add(seen: &mut Seen, state: u32, used: u32) -> bool {
        let common = Common { frontier: 1, ahead: 0, state };
        let kinds = |it: u32| (it / 10, it % 10);
        let added = seen.add(common, used, |other| {
            let ((a, b), (c, d)) = (kinds(other), kinds(used));
            Ok::<_, ()>(match (a <= c && b <= d, a >= c && b >= d) {
                (true, _) => Relation::AsGood,
                (false, true) => Relation::Worse,
                (false, false) => Relation::Neither,
            })
        });
        added.expect("the comparison does not fail")
    }

    #[test]
    fn a_configuration_is_added_unless_one_is_as_good() {
        let mut seen = Seen::new();
        assert!(add(&mut seen, 7, 55));
        assert!(!add(&mut seen, 7, 55));
        assert!(!add(&mut seen, 7, 56));
        assert!(add(&mut seen, 8, 56));
        assert!(add(&mut seen, 7, 46));
        assert!(add(&mut seen, 7, 64));
        for worse in [55, 56, 46, 47, 64, 99] {
            assert!(!add(&mut seen, 7, worse), "{worse}");
        }
    }

    #[test]
    fn what_is_worse_than_a_new_one_is_forgotten_wherever_it_stands() {
        for order in [[19, 55, 91], [55, 19, 91], [19, 91, 55]] {
            let mut seen = Seen::new();
            assert!(order.into_iter().all(|used| add(&mut seen, 7, used)));
            assert!(add(&mut seen, 7, 44));
            let length = std::iter::successors(seen.lists.values().next(), |&&at| {
                Some(&seen.uses[at as usize].1).filter(|&&next| next != NONE)
            });
            assert_eq!(length.count(), 3, "{order:?}");
            assert!([19, 91, 44, 55].into_iter().all(|used| !add(&mut seen, 7, used)));
            assert!(add(&mut seen, 7, 28));
        }
    }
}
