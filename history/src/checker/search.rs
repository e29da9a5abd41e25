//! The search for an order of the calls of one key.
//!
//! The algorithm is that of Wing and Gong (1993) with the memory of Lowe (2017), as in Porcupine
//! (Athalye 2017): calls are placed one after another; a call can be next if no other unplaced
//! call completed before it was invoked and the model accepts its result; when none can be next,
//! the last one is taken back; and no configuration is entered twice. What is different here:
//!
//! - **A configuration is small.** All calls whose completion lies before the first completion of
//!   an unplaced call (the *frontier*) are placed. So which calls are placed is told by the
//!   frontier and the few calls beyond it, not by one bit for each call of the history. These
//!   sets, the states and the counts below are kept once and known by number.
//! - **Reads are not tried, they are placed.** A call that changes no state is placed as soon as
//!   it fits. If an order exists in which it comes later, then one exists in which it comes now:
//!   nobody sees the difference. So only calls that change something make the search branch.
//! - **Calls of unknown outcome are tried last, and counted.** Of equal ones only the number that
//!   was used matters. A configuration is not entered if there was one with the same calls of
//!   known result placed, in the same state, that had used up no more of each kind: all that can
//!   follow here can follow there.
//!
//! Invariants: the present configuration is that of the last frame, or one move beyond it while
//! a move is being made. Moves from `frames.last().moves` on are those of the last frame. Nothing
//! is recursive, and no table is iterated, so the same calls give the same search everywhere.

use crate::call::CallId;
use crate::model::{HistoryOf, Model};

use super::bounds::{Bound, Bounds, Effort};
use super::interner::Interner;
use super::partition::Partition;
use super::seen::{CONFIGURATION_BYTES, Common, Relation, Seen};
use super::unplaced::Unplaced;

/// What a move places.
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
    what: What,
    /// The number of the state before it.
    pub(crate) before: u32,
}

/// Something to try in a configuration.
enum Move {
    Try(What),
    /// A call of unknown outcome that may lead to several states, and one of these.
    Choose {
        class: u32,
        state: u32,
    },
}

/// A configuration to which the search comes back.
struct Frame {
    moves: usize,
    placed: usize,
    state: u32,
    frontier: usize,
    ahead: u32,
    used: u32,
}

/// What to do after a configuration was entered.
pub(crate) enum Next {
    Continue,
    Stop,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The visitor said so.
    Stopped,
    /// All configurations that can be reached were entered, or are no better than one that was.
    Exhausted,
    /// It would cost too much.
    OutOf(Bound),
}

pub(crate) struct Search<'a, M: Model> {
    model: &'a M,
    history: &'a HistoryOf<M>,
    partition: &'a Partition,
    bounds: Bounds,
    pub(crate) effort: Effort,

    states: Interner<M::State>,
    sets: Interner<Box<[u64]>>,
    uses: Interner<Box<[u32]>>,
    seen: Seen,

    state: u32,
    frontier: usize,
    ahead: Vec<u64>,
    used: Vec<u32>,
    unplaced: Unplaced,
    placed: Vec<Placed>,

    frames: Vec<Frame>,
    moves: Vec<Move>,
    /// Room for what the model says, empty in between.
    after: Vec<M::State>,
}

impl<'a, M: Model> Search<'a, M> {
    pub(crate) fn new(
        model: &'a M,
        history: &'a HistoryOf<M>,
        partition: &'a Partition,
        bounds: Bounds,
    ) -> Self {
        Search {
            model,
            history,
            partition,
            bounds,
            effort: Effort::default(),
            states: Interner::new(),
            sets: Interner::new(),
            uses: Interner::new(),
            seen: Seen::new(),
            state: 0,
            frontier: 0,
            ahead: vec![0; partition.slots.div_ceil(64)],
            used: vec![0; partition.classes.len()],
            unplaced: Unplaced::new(partition.completed.len()),
            placed: Vec::new(),
            frames: Vec::new(),
            moves: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Searches from this state on, and shows each configuration that is entered to the visitor.
    pub(crate) fn run(&mut self, initial: M::State, visit: &mut dyn FnMut(&Self) -> Next) -> Ended {
        match self.run_within_bounds(initial, visit) {
            Ok(ended) => ended,
            Err(bound) => Ended::OutOf(bound),
        }
    }

    fn run_within_bounds(
        &mut self,
        initial: M::State,
        visit: &mut dyn FnMut(&Self) -> Next,
    ) -> Result<Ended, Bound> {
        self.state = self.number(initial)?;
        let mut moved = true;
        loop {
            if moved {
                self.place_reads()?;
                if !self.enter()? {
                    self.take_back();
                } else if let Next::Stop = visit(self) {
                    return Ok(Ended::Stopped);
                }
            }
            let Some(frame) = self.frames.last() else { return Ok(Ended::Exhausted) };
            if self.moves.len() > frame.moves {
                let next = self.moves.pop().expect("there are moves of this frame");
                moved = self.make(next)?;
            } else {
                self.frames.pop();
                self.take_back();
                moved = false;
            }
        }
    }

    /// How many completions, in their order, belong to placed calls without a gap.
    pub(crate) fn frontier(&self) -> usize {
        self.frontier
    }

    /// The calls that are placed, in their order.
    pub(crate) fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// The number of the present state.
    pub(crate) fn state(&self) -> u32 {
        self.state
    }

    /// The state of this number.
    pub(crate) fn state_of(&self, number: u32) -> &M::State {
        self.states.get(number)
    }

    /// The calls that could be next if the model accepts them.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = What> {
        let horizon = self.partition.horizon(self.frontier);
        let completed = std::iter::successors(self.unplaced.first(), |&it| self.unplaced.after(it))
            .take_while(move |&it| self.partition.completed[it as usize].invoked < horizon)
            .map(What::Completed);
        let classes = &self.partition.classes;
        let unknown = classes
            .iter()
            .take_while(move |class| class.calls[0].invoked < horizon)
            .enumerate()
            .filter(move |(index, class)| {
                let next = class.calls.get(self.used[*index] as usize);
                next.is_some_and(|next| next.invoked < horizon)
            })
            .map(|(index, _)| What::Unknown(index as u32));
        completed.chain(unknown)
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

    fn number(&mut self, state: M::State) -> Result<u32, Bound> {
        let bytes = size_of::<M::State>() + self.model.heap_bytes(&state);
        let (number, new) = self.states.intern(state);
        self.remember(if new { bytes } else { 0 })?;
        Ok(number)
    }

    fn remember(&mut self, bytes: usize) -> Result<(), Bound> {
        self.effort.bytes += bytes as u64;
        if self.effort.bytes > self.bounds.bytes { Err(Bound::Bytes) } else { Ok(()) }
    }

    /// The number of the state after a call of known result, unless the model refuses.
    fn step(&mut self, index: u32) -> Result<Option<u32>, Bound> {
        count_step(&mut self.effort, self.bounds)?;
        let completed = &self.partition.completed[index as usize];
        let call = self.history.call(completed.call);
        let result = call.result().expect("it completed");
        let state = self.states.get(self.state);
        match self.model.step(state, &call.operation, result) {
            None => Ok(None),
            // Most calls that fit and read only are met here: no need to hash the state.
            Some(after) if after == *state => Ok(Some(self.state)),
            Some(_) if completed.reads_only => panic!(
                "the model {} says that {} reads only, but it changes the state {}",
                self.model.name(),
                self.model.describe(&call.operation, Some(result)),
                self.model.describe_state(state)
            ),
            Some(after) => self.number(after).map(Some),
        }
    }

    /// Makes a move. If the model refuses it, nothing happens.
    fn make(&mut self, next: Move) -> Result<bool, Bound> {
        match next {
            Move::Try(What::Completed(index)) => {
                let Some(after) = self.step(index)? else { return Ok(false) };
                self.place(What::Completed(index), after);
                Ok(true)
            }
            Move::Try(What::Unknown(class)) => self.make_unknown(class),
            Move::Choose { class, state } => {
                self.place(What::Unknown(class), state);
                Ok(true)
            }
        }
    }

    fn make_unknown(&mut self, class: u32) -> Result<bool, Bound> {
        count_step(&mut self.effort, self.bounds)?;
        let call = self.history.call(self.call_of(What::Unknown(class)));
        let state = self.states.get(self.state);
        self.model.step_unknown(state, &call.operation, &mut self.after);
        let moves = self.moves.len();
        while let Some(after) = self.after.pop() {
            let state = self.number(after)?;
            // Whoever changes nothing need not happen.
            if state != self.state {
                self.moves.push(Move::Choose { class, state });
            }
        }
        match self.moves.len() > moves {
            true => {
                let first = self.moves.pop().expect("there is one");
                self.make(first)
            }
            false => Ok(false),
        }
    }

    fn place(&mut self, what: What, after: u32) {
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

    /// Places every call that reads only and fits. Placing one can let others begin, and these
    /// come later in the list; those before it still do not fit, since the state is the same.
    fn place_reads(&mut self) -> Result<(), Bound> {
        let mut at = self.unplaced.first();
        while let Some(index) = at {
            let completed = &self.partition.completed[index as usize];
            if completed.invoked >= self.partition.horizon(self.frontier) {
                break;
            }
            if completed.reads_only && self.step(index)?.is_some() {
                self.place(What::Completed(index), self.state);
            }
            at = self.unplaced.after(index);
        }
        Ok(())
    }

    /// Makes a frame of the present configuration, unless one that is as good was entered before.
    fn enter(&mut self) -> Result<bool, Bound> {
        let (ahead, new_set) = self.sets.intern_slice(&self.ahead);
        let (used, new_use) = self.uses.intern_slice(&self.used);
        let common = Common { frontier: self.frontier as u32, ahead, state: self.state };
        let (uses, effort, bounds) = (&self.uses, &mut self.effort, self.bounds);
        let added = self.seen.add(common, used, |other| {
            if other == used {
                return Ok(Relation::AsGood);
            }
            count_step(effort, bounds)?;
            Ok(relation(uses.get(other), uses.get(used)))
        })?;
        if !added {
            return Ok(false);
        }
        self.effort.configurations += 1;
        let set = if new_set { 24 + 8 * self.ahead.len() } else { 0 };
        let usage = if new_use { 24 + 4 * self.used.len() } else { 0 };
        self.remember(CONFIGURATION_BYTES as usize + set + usage)?;
        let (moves, placed) = (self.moves.len(), self.placed.len());
        let (state, frontier) = (self.state, self.frontier);
        self.frames.push(Frame { moves, placed, state, frontier, ahead, used });
        self.collect_moves();
        Ok(true)
    }

    /// The moves of the present configuration; the last one is made first.
    fn collect_moves(&mut self) {
        let from = self.moves.len();
        let mut moves = std::mem::take(&mut self.moves);
        let reads_only = |what: &What| match what {
            What::Completed(index) => self.partition.completed[*index as usize].reads_only,
            What::Unknown(_) => false,
        };
        // What reads only and could be placed is placed.
        moves.extend(self.candidates().filter(|what| !reads_only(what)).map(Move::Try));
        moves[from..].reverse();
        moves[from..].sort_by_key(|next| std::cmp::Reverse(self.guess(next)));
        self.moves = moves;
    }

    /// Where the call of a move is guessed to take effect; what is not guessed comes last.
    fn guess(&self, next: &Move) -> (bool, u64) {
        let guess = match *next {
            Move::Try(What::Completed(index)) => {
                Some(self.partition.completed[index as usize].guess)
            }
            Move::Try(What::Unknown(class)) | Move::Choose { class, .. } => {
                let next = self.used[class as usize] as usize;
                self.partition.classes[class as usize].calls[next].guess
            }
        };
        (guess.is_none(), guess.unwrap_or(0))
    }

    /// Goes back to the configuration of the last frame, if there is one.
    fn take_back(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        while self.placed.len() > frame.placed {
            let placed = self.placed.pop().expect("there is more than the frame has");
            if let What::Completed(index) = placed.what {
                self.unplaced.put_back(index);
            }
        }
        self.state = frame.state;
        self.frontier = frame.frontier;
        self.ahead.copy_from_slice(self.sets.get(frame.ahead));
        self.used.copy_from_slice(self.uses.get(frame.used));
    }
}

fn count_step(effort: &mut Effort, bounds: Bounds) -> Result<(), Bound> {
    if effort.steps == bounds.steps {
        return Err(Bound::Steps);
    }
    effort.steps += 1;
    Ok(())
}

/// What the other use is, compared to this one.
fn relation(other: &[u32], this: &[u32]) -> Relation {
    let pairs = || other.iter().zip(this);
    match (pairs().all(|(a, b)| a <= b), pairs().all(|(a, b)| a >= b)) {
        (true, _) => Relation::AsGood,
        (false, true) => Relation::Worse,
        (false, false) => Relation::Neither,
    }
}
