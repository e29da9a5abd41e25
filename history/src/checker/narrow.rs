//! Where a history stops being linearizable: the shortest beginning that is not.
//!
//! The search ends at a call that it cannot place, but with the hindsight of all results. Seen as
//! the history goes on, the wrong result may be a later one: if a write that reports a failure
//! was read by somebody before, the read was fine when it completed, and it is the report that
//! cannot be. So beginnings of the history are checked, in which whatever has not completed yet
//! is of unknown outcome. A longer beginning of a history that is not linearizable is not either,
//! so the shortest is found by bisection; it nearly always is the first one that is tried.

use std::collections::BTreeSet;

use crate::call::CallId;
use crate::model::{HistoryOf, Model};

use super::bounds::{Bounds, Effort};
use super::dead_end::{self, MOST_DEAD_ENDS};
use super::partition::Partition;
use super::search::{Ended, Next, Search};
use super::violation::{Violation, ViolationOf};
use super::{KeyDecision, decide_key};

/// What the search found: no order of these calls of the key has more completions behind it.
pub(crate) struct Found<'a, K> {
    pub(crate) key: K,
    pub(crate) calls: &'a [CallId],
    pub(crate) frontier: usize,
}

struct Narrow<'a, M: Model> {
    model: &'a M,
    history: &'a HistoryOf<M>,
    found: Found<'a, M::Key>,
    /// All calls of the key, with all that is known of them.
    whole: Partition,
    bounds: Bounds,
    effort: Effort,
}

pub(crate) fn explain<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    found: Found<'_, M::Key>,
    bounds: Bounds,
) -> ViolationOf<M> {
    let whole = Partition::new(model, history, found.calls, u32::MAX, None);
    let effort = Effort::default();
    let mut narrow = Narrow { model, history, found, whole, bounds, effort };
    let shortest = narrow.shortest().map(|rank| narrow.violation_at_the_shortest(rank));
    // Without a dead end, a bound was reached on the way to the first one.
    let shortest = shortest.filter(|violation| !violation.dead_ends.is_empty());
    shortest.unwrap_or_else(|| narrow.violation_with_hindsight())
}

impl<M: Model> Narrow<'_, M> {
    /// The call that completes at this place in the order of completions, and the event.
    fn completion(&self, rank: usize) -> (CallId, u32) {
        let completion = &self.whole.completions[rank];
        (self.whole.completed[completion.index as usize].call, completion.event)
    }

    /// The place, in the order of completions, of the last completion of the shortest beginning
    /// that is not linearizable, unless a bound is reached.
    fn shortest(&mut self) -> Option<usize> {
        // Beginnings up to `linearizable`, exclusive, are; those that include `not` are not.
        let mut linearizable = self.found.frontier;
        let mut not = self.whole.completions.len() - 1;
        let mut stride = 1;
        let mut probe = linearizable;
        while linearizable < not {
            if self.is_linearizable(probe)? {
                linearizable = probe + 1;
                stride *= 2;
                probe = (probe + stride).min((linearizable + not) / 2);
            } else {
                not = probe;
                probe = (linearizable + not) / 2;
            }
        }
        Some(not)
    }

    fn is_linearizable(&mut self, rank: usize) -> Option<bool> {
        let end = self.completion(rank).1 + 1;
        let (model, history) = (self.model, self.history);
        let partition = Partition::new(model, history, self.found.calls, end, None);
        let (decided, cost) = decide_key(model, history, &self.found.key, &partition, self.bounds);
        self.effort.add(cost);
        match decided {
            KeyDecision::Linearizable(_) => Some(true),
            KeyDecision::NotLinearizable { .. } => Some(false),
            KeyDecision::GaveUp { .. } => None,
        }
    }

    /// All ends of the orders of the beginning just before the completion at this place.
    fn violation_at_the_shortest(&self, rank: usize) -> ViolationOf<M> {
        let (refused, event) = self.completion(rank);
        let calls = self.found.calls;
        let before = Partition::new(self.model, self.history, calls, event, Some(refused));
        self.violation(&before, rank, refused, true)
    }

    /// The ends of the search that was made, for want of a shorter beginning. It costs what it
    /// did cost then, so it is within the bounds.
    fn violation_with_hindsight(&self) -> ViolationOf<M> {
        let rank = self.found.frontier;
        let refused = self.completion(rank).0;
        self.violation(&self.whole, rank, refused, false)
    }

    fn violation(
        &self,
        partition: &Partition,
        frontier: usize,
        refused: CallId,
        shortest: bool,
    ) -> ViolationOf<M> {
        let (model, history) = (self.model, self.history);
        let mut search = Search::new(model, history, partition, self.bounds);
        let mut known = BTreeSet::new();
        let mut ends = Vec::new();
        let mut prefix = Vec::new();
        let ended = search.run(model.initial(&self.found.key), &mut |search| {
            if search.now.frontier == frontier {
                let place = dead_end::place(search, refused);
                if known.is_empty() {
                    prefix = search.now.placed.iter().map(|placed| placed.call).collect();
                }
                if known.insert(place.distinction()) && ends.len() < MOST_DEAD_ENDS {
                    ends.push(dead_end::describe(model, history, search, refused, &place));
                }
            }
            Next::Continue
        });
        let mut effort = self.effort;
        effort.add(search.effort);
        Violation {
            key: self.found.key.clone(),
            call: refused,
            shortest,
            prefix,
            all_dead_ends: known.len() == ends.len() && ended == Ended::Exhausted,
            dead_ends: ends,
            effort,
        }
    }
}
