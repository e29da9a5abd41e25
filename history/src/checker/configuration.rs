//! Which calls are placed, in which order, and which could be next.

use crate::call::CallId;

use super::partition::Partition;
use super::unplaced::Unplaced;

/// What can be placed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The call of known result with this index.
    Completed(u32),
    /// The next call of the class of unknown outcome with this index.
    Unknown(u32),
}

/// A call that is placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) call: CallId,
    pub(crate) what: What,
    /// The number of the state before it.
    pub(crate) before: u32,
}

/// A configuration of the search, and how it was reached.
///
/// Invariants: `frontier` is the first completion whose call is not placed; all calls of the
/// completions before it are placed, and of those after it exactly those whose slots are in
/// `ahead`. `unplaced` holds the calls of known result that are not placed, and `used` how many of
/// each class of unknown outcome are.
pub(crate) struct Configuration<'a> {
    partition: &'a Partition,
    /// The number of the state.
    pub(crate) state: u32,
    /// How many completions, in their order, belong to placed calls without a gap.
    pub(crate) frontier: usize,
    /// A set of slots, one bit for each.
    pub(crate) ahead: Vec<u64>,
    pub(crate) used: Vec<u32>,
    unplaced: Unplaced,
    /// In the order in which they take effect.
    pub(crate) placed: Vec<Placed>,
}

impl<'a> Configuration<'a> {
    /// Nothing is placed.
    pub(crate) fn new(partition: &'a Partition) -> Self {
        Configuration {
            partition,
            state: 0,
            frontier: 0,
            ahead: vec![0; partition.slots.div_ceil(64)],
            used: vec![0; partition.classes.len()],
            unplaced: Unplaced::new(partition.completed.len()),
            placed: Vec::new(),
        }
    }

    /// The calls that could be next if the model accepts them.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = What> {
        let completed = std::iter::successors(self.first(), |&it| self.after(it));
        completed.map(What::Completed).chain(self.unknown_candidates())
    }

    fn unknown_candidates(&self) -> impl Iterator<Item = What> {
        let horizon = self.partition.horizon(self.frontier);
        let classes = self.partition.classes.iter().enumerate();
        classes
            .take_while(move |(_, class)| class.calls[0].invoked < horizon)
            .filter(move |(index, class)| {
                let next = class.calls.get(self.used[*index] as usize);
                next.is_some_and(|next| next.invoked < horizon)
            })
            .map(|(index, _)| What::Unknown(index as u32))
    }

    /// The first call of known result that could be next.
    pub(crate) fn first(&self) -> Option<u32> {
        self.unplaced.first().filter(|&index| self.may_begin(index))
    }

    /// The one after it, which may itself have been placed just now.
    pub(crate) fn after(&self, index: u32) -> Option<u32> {
        self.unplaced.after(index).filter(|&index| self.may_begin(index))
    }

    fn may_begin(&self, index: u32) -> bool {
        let horizon = self.partition.horizon(self.frontier);
        self.partition.completed[index as usize].invoked < horizon
    }

    /// The call that a candidate stands for.
    pub(crate) fn call_of(&self, candidate: What) -> CallId {
        match candidate {
            What::Completed(index) => self.partition.completed[index as usize].call,
            What::Unknown(class) => {
                let next = self.used[class as usize] as usize;
                self.partition.classes[class as usize].calls[next].call
            }
        }
    }

    /// Where the call is guessed to take effect.
    pub(crate) fn guess(&self, what: What) -> Option<u64> {
        match what {
            What::Completed(index) => Some(self.partition.completed[index as usize].guess),
            What::Unknown(class) => {
                let next = self.used[class as usize] as usize;
                self.partition.classes[class as usize].calls[next].guess
            }
        }
    }

    /// Places a candidate, which leads to the state of this number.
    pub(crate) fn place(&mut self, what: What, after: u32) {
        self.placed.push(Placed { call: self.call_of(what), what, before: self.state });
        match what {
            What::Completed(index) => {
                self.unplaced.remove(index);
                let slot = self.partition.completed[index as usize].slot;
                self.ahead[slot as usize / 64] |= 1 << (slot % 64);
                self.advance();
            }
            What::Unknown(class) => self.used[class as usize] += 1,
        }
        self.state = after;
    }

    /// Moves the frontier to the first completion of a call that is not placed.
    ///
    /// The call at the frontier is placed exactly if its slot is in `ahead`: calls in `ahead` are
    /// open when it completes, and so have slots of their own.
    fn advance(&mut self) {
        while let Some(completion) = self.partition.completions.get(self.frontier) {
            let slot = self.partition.completed[completion.index as usize].slot;
            let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
            if self.ahead[word] & bit == 0 {
                return;
            }
            self.ahead[word] &= !bit;
            self.frontier += 1;
        }
    }

    /// Takes back what was placed last, until so many calls are left. What else belongs to that
    /// configuration is for the caller to put back.
    pub(crate) fn take_back_to(&mut self, calls: usize) {
        while self.placed.len() > calls {
            let placed = self.placed.pop().expect("there is more than that");
            if let What::Completed(index) = placed.what {
                self.unplaced.put_back(index);
            }
        }
    }
}
