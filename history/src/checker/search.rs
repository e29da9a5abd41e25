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
//!   follow here can follow there. For this to help, those that use up less must be entered first.
//!   So while calls of known result are tried depth first, those of unknown outcome are tried
//!   breadth first: each frame has a queue of *variants*, which have used up ever more.
//!
//! Invariants: the present configuration is that of the present variant of the last frame, or one
//! move beyond it while a move is being made. Moves from `frames.last().moves` on are those of
//! this variant, and variants from `frames.last().variants` on are those of the last frame.
//! Nothing is recursive, and no table is iterated, so the same calls give the same search
//! everywhere.

use crate::model::{HistoryOf, Model};

use super::bounds::{Bound, Bounds, Effort};
use super::configuration::{Configuration, Placed, What};
use super::interner::Interner;
use super::partition::Partition;
use super::seen::{CONFIGURATION_BYTES, Common, Relation, Seen};

/// Something to try in a configuration.
enum Move {
    Try(What),
    /// A call of unknown outcome that may lead to several states, and one of these.
    Choose {
        what: What,
        state: u32,
    },
}

/// A configuration to which the search comes back, by taking back what was placed since.
#[derive(Clone, Copy)]
struct Position {
    placed: usize,
    state: u32,
    frontier: usize,
    ahead: u32,
    used: u32,
}

/// A configuration, and those that calls of unknown outcome alone (and reads, which place
/// themselves) lead to from there.
struct Frame {
    base: Position,
    /// Where its variants begin; the first is `base` itself.
    variants: usize,
    /// Which of them is the present one.
    variant: usize,
    present: Position,
    /// Where the moves of the present variant begin.
    moves: usize,
}

/// A configuration in the queue of a frame: what was placed after the base of the frame, and the
/// state after that.
struct Variant {
    placed: Box<[Placed]>,
    state: u32,
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

    /// The present configuration.
    pub(crate) now: Configuration<'a>,
    frames: Vec<Frame>,
    variants: Vec<Variant>,
    moves: Vec<Move>,
    /// The bytes of `variants`.
    queued: u64,
    /// The bytes of what is remembered for ever.
    remembered: u64,
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
            now: Configuration::new(partition),
            frames: Vec::new(),
            variants: Vec::new(),
            moves: Vec::new(),
            queued: 0,
            remembered: 0,
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
        self.now.state = self.number(initial)?;
        let mut moved = true;
        loop {
            if moved {
                self.place_reads()?;
                match self.enter()? {
                    None => self.take_back(),
                    Some(position) => {
                        self.open(position)?;
                        if let Next::Stop = visit(self) {
                            return Ok(Ended::Stopped);
                        }
                    }
                }
            }
            moved = false;
            let Some(frame) = self.frames.last() else { return Ok(Ended::Exhausted) };
            if self.moves.len() > frame.moves {
                let next = self.moves.pop().expect("there are moves of this variant");
                moved = self.make(next)?;
            } else if let Next::Stop = self.queue_variants(visit)? {
                return Ok(Ended::Stopped);
            } else {
                self.next_variant();
            }
        }
    }

    /// The state of this number.
    pub(crate) fn state_of(&self, number: u32) -> &M::State {
        self.states.get(number)
    }

    fn number(&mut self, state: M::State) -> Result<u32, Bound> {
        let bytes = size_of::<M::State>() + self.model.heap_bytes(&state);
        let (number, new) = self.states.intern(state);
        self.remember(if new { bytes } else { 0 })?;
        Ok(number)
    }

    fn remember(&mut self, bytes: usize) -> Result<(), Bound> {
        self.remembered += bytes as u64;
        self.count_bytes()
    }

    fn count_bytes(&mut self) -> Result<(), Bound> {
        let bytes = self.remembered + self.queued;
        self.effort.bytes = self.effort.bytes.max(bytes);
        if bytes > self.bounds.bytes { Err(Bound::Bytes) } else { Ok(()) }
    }

    /// The number of the state after a call of known result, unless the model refuses.
    fn step(&mut self, index: u32) -> Result<Option<u32>, Bound> {
        count_step(&mut self.effort, self.bounds)?;
        let completed = &self.partition.completed[index as usize];
        let call = self.history.call(completed.call);
        let result = call.result().expect("it completed");
        let state = self.states.get(self.now.state);
        match self.model.step(state, &call.operation, result) {
            None => Ok(None),
            // Most calls that fit and read only are met here: no need to hash the state.
            Some(after) if after == *state => Ok(Some(self.now.state)),
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
                self.now.place(What::Completed(index), after);
                Ok(true)
            }
            Move::Try(What::Unknown(class)) => self.make_unknown(class),
            Move::Choose { what, state } => {
                self.now.place(what, state);
                Ok(true)
            }
        }
    }

    fn make_unknown(&mut self, class: u32) -> Result<bool, Bound> {
        let mut states = self.step_unknown(class)?;
        let Some(first) = states.pop() else { return Ok(false) };
        let what = What::Unknown(class);
        self.moves.extend(states.into_iter().map(|state| Move::Choose { what, state }));
        self.now.place(what, first);
        Ok(true)
    }

    /// The numbers of the other states that the next call of a class can lead to, the first one
    /// last. Whoever changes nothing need not happen.
    fn step_unknown(&mut self, class: u32) -> Result<Vec<u32>, Bound> {
        count_step(&mut self.effort, self.bounds)?;
        let call = self.history.call(self.now.call_of(What::Unknown(class)));
        let mut after = Vec::new();
        let state = self.states.get(self.now.state);
        self.model.step_unknown(state, &call.operation, &mut after);
        let mut states = Vec::new();
        for after in after.into_iter().rev() {
            let number = self.number(after)?;
            if number != self.now.state {
                states.push(number);
            }
        }
        Ok(states)
    }

    /// Places every call that reads only and fits. Placing one can let others begin, and these
    /// come later in the list; those before it still do not fit, since the state is the same.
    fn place_reads(&mut self) -> Result<(), Bound> {
        let mut at = self.now.first();
        while let Some(index) = at {
            let reads_only = self.partition.completed[index as usize].reads_only;
            if reads_only && self.step(index)?.is_some() {
                self.now.place(What::Completed(index), self.now.state);
            }
            at = self.now.after(index);
        }
        Ok(())
    }

    /// Remembers the present configuration, unless one that is as good was entered before.
    fn enter(&mut self) -> Result<Option<Position>, Bound> {
        let (ahead, new_set) = self.sets.intern_slice(&self.now.ahead);
        let (used, new_use) = self.uses.intern_slice(&self.now.used);
        let common = Common { frontier: self.now.frontier as u32, ahead, state: self.now.state };
        let (uses, effort, bounds) = (&self.uses, &mut self.effort, self.bounds);
        let added = self.seen.add(common, used, |other| {
            if other == used {
                return Ok(Relation::AsGood);
            }
            count_step(effort, bounds)?;
            Ok(relation(uses.get(other), uses.get(used)))
        })?;
        if !added {
            return Ok(None);
        }
        self.effort.configurations += 1;
        let set = if new_set { 24 + 8 * self.now.ahead.len() } else { 0 };
        let usage = if new_use { 24 + 4 * self.now.used.len() } else { 0 };
        self.remember(CONFIGURATION_BYTES as usize + set + usage)?;
        let (placed, state, frontier) = (self.now.placed.len(), self.now.state, self.now.frontier);
        Ok(Some(Position { placed, state, frontier, ahead, used }))
    }

    /// Makes a frame of the present configuration.
    fn open(&mut self, position: Position) -> Result<(), Bound> {
        let (variants, moves) = (self.variants.len(), self.moves.len());
        let (base, present, variant) = (position, position, variants);
        self.frames.push(Frame { base, variants, variant, present, moves });
        self.queue(position)?;
        self.collect_moves();
        Ok(())
    }

    /// Queues the present configuration as a variant of the last frame.
    fn queue(&mut self, position: Position) -> Result<(), Bound> {
        let base = self.frames.last().expect("a frame is open").base;
        let placed = self.now.placed[base.placed..].into();
        let variant = Variant { placed, state: position.state };
        self.queued += variant.bytes();
        self.variants.push(variant);
        self.count_bytes()
    }

    /// Enters and queues all that one more call of unknown outcome leads to.
    fn queue_variants(&mut self, visit: &mut dyn FnMut(&Self) -> Next) -> Result<Next, Bound> {
        let unknown: Vec<u32> = self
            .now
            .candidates()
            .filter(|&what| self.now.guess(what).is_none())
            .filter_map(|what| match what {
                What::Unknown(class) => Some(class),
                What::Completed(_) => None,
            })
            .collect();
        for class in unknown {
            let mut states = self.step_unknown(class)?;
            while let Some(state) = states.pop() {
                self.now.place(What::Unknown(class), state);
                self.place_reads()?;
                if let Some(position) = self.enter()? {
                    self.queue(position)?;
                    if let Next::Stop = visit(self) {
                        return Ok(Next::Stop);
                    }
                }
                self.take_back();
            }
        }
        Ok(Next::Continue)
    }

    /// Goes on with the next variant of the last frame, or with the frame before if there is none.
    fn next_variant(&mut self) {
        let frame = self.frames.last_mut().expect("a frame is open");
        frame.variant += 1;
        let (next, base, first) = (frame.variant, frame.base, frame.variants);
        if next == self.variants.len() {
            for variant in self.variants.drain(first..) {
                self.queued -= variant.bytes();
            }
            self.frames.pop();
            self.take_back();
            return;
        }
        self.return_to(base);
        let variant = &self.variants[next];
        let (placed, last) = (variant.placed.clone(), variant.state);
        let states = placed.iter().skip(1).map(|placed| placed.before).chain([last]);
        for (placed, after) in placed.iter().zip(states) {
            self.now.place(placed.what, after);
        }
        let (ahead, _) = self.sets.intern_slice(&self.now.ahead);
        let (used, _) = self.uses.intern_slice(&self.now.used);
        let (placed, state, frontier) = (self.now.placed.len(), self.now.state, self.now.frontier);
        let present = Position { placed, state, frontier, ahead, used };
        self.frames.last_mut().expect("a frame is open").present = present;
        self.collect_moves();
    }

    /// The moves of the present configuration; the last one is made first.
    fn collect_moves(&mut self) {
        let from = self.moves.len();
        let mut moves = std::mem::take(&mut self.moves);
        // What reads only and could be placed is placed.
        let changes = |what: &What| match what {
            What::Completed(index) => !self.partition.completed[*index as usize].reads_only,
            What::Unknown(_) => self.now.guess(*what).is_some(),
        };
        moves.extend(self.now.candidates().filter(changes).map(Move::Try));
        moves[from..].sort_by_key(|next| {
            let (Move::Try(what) | Move::Choose { what, .. }) = next;
            std::cmp::Reverse(self.now.guess(*what))
        });
        self.moves = moves;
    }

    /// Goes back to the present variant of the last frame, if there is one.
    fn take_back(&mut self) {
        if let Some(frame) = self.frames.last() {
            self.return_to(frame.present);
        }
    }

    /// Goes back to a configuration from which the present one was reached.
    fn return_to(&mut self, position: Position) {
        self.now.take_back_to(position.placed);
        self.now.state = position.state;
        self.now.frontier = position.frontier;
        self.now.ahead.copy_from_slice(self.sets.get(position.ahead));
        self.now.used.copy_from_slice(self.uses.get(position.used));
    }
}

impl Variant {
    fn bytes(&self) -> u64 {
        (size_of::<Variant>() + size_of_val(&*self.placed)) as u64
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
