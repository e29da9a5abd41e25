//! Whether a history is linearizable.

mod bounds;
mod configuration;
mod dead_end;
mod interner;
mod narrow;
mod partition;
mod picture;
mod search;
mod seen;
mod unplaced;
mod verdict;
mod violation;
mod witness;

use crate::call::CallId;
use crate::model::{HistoryOf, Model};

pub use bounds::{Bound, Bounds, Effort};
pub use dead_end::{Candidate, DeadEnd, Fate, MOST_DEAD_ENDS};
pub use verdict::{Checked, CheckedOf, GaveUp, Verdict, VerdictOf};
pub use violation::{Violation, ViolationOf};
pub use witness::{Witness, WitnessError, verify};

use partition::Partition;
use search::{Ended, Next, Search};

/// Decides whether the history is linearizable, and says why.
///
/// A history is linearizable (Herlihy and Wing 1990) if its calls can be put in one order such
/// that every call that was over before another began comes before it, and the model accepts the
/// results in that order. Calls that completed are all in it, calls that failed are not, and each
/// call of unknown outcome is in it or not, whichever helps.
///
/// The keys of the model are checked one by one, those with fewer calls first.
pub fn check<M: Model>(model: &M, history: &HistoryOf<M>, bounds: Bounds) -> CheckedOf<M> {
    let (decision, effort) = decide_all(model, history, bounds);
    let verdict = match decision {
        Decision::Linearizable(orders) => Verdict::Linearizable(witness::merge(history, &orders)),
        Decision::GaveUp(gave_up) => Verdict::GaveUp(gave_up),
        Decision::NotLinearizable { key, calls, frontier } => {
            let found = narrow::Found { key, calls: &calls, frontier };
            Verdict::NotLinearizable(Box::new(narrow::explain(model, history, found, bounds)))
        }
    };
    Checked { verdict, effort }
}

/// The answer of [`decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Yes.
    Linearizable,
    /// No.
    NotLinearizable,
    /// A bound was reached before there was an answer.
    GaveUp,
}

/// Decides whether the history is linearizable, and says no more than that: for whoever checks
/// many histories and looks at few.
///
/// It gives the answer that [`check`] gives, for about a third of the steps if the answer is no.
pub fn decide<M: Model>(model: &M, history: &HistoryOf<M>, bounds: Bounds) -> (Answer, Effort) {
    let (decision, effort) = decide_all(model, history, bounds);
    let answer = match decision {
        Decision::Linearizable(_) => Answer::Linearizable,
        Decision::NotLinearizable { .. } => Answer::NotLinearizable,
        Decision::GaveUp(_) => Answer::GaveUp,
    };
    (answer, effort)
}

enum Decision<K> {
    /// An order of the calls of each key.
    Linearizable(Vec<Vec<CallId>>),
    NotLinearizable {
        key: K,
        calls: Vec<CallId>,
        frontier: usize,
    },
    GaveUp(GaveUp<K>),
}

fn decide_all<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    bounds: Bounds,
) -> (Decision<M::Key>, Effort) {
    let mut keys: Vec<_> = partition::by_key(model, history).into_iter().collect();
    keys.sort_by_key(|(_, calls)| calls.len());
    let mut effort = Effort::default();
    let mut orders = Vec::new();
    let mut gave_up = None;
    for (key, calls) in keys {
        let partition = Partition::new(model, history, &calls, u32::MAX, None);
        let left = Bounds { steps: bounds.steps - effort.steps, ..bounds };
        let (decided, cost) = decide_key(model, history, &key, &partition, left);
        effort.add(cost);
        match decided {
            KeyDecision::Linearizable(order) => orders.push(order),
            KeyDecision::NotLinearizable { frontier } => {
                return (Decision::NotLinearizable { key, calls, frontier }, effort);
            }
            // Another key may still have an answer.
            KeyDecision::GaveUp { bound, placed } => {
                let completed = partition.completed.len();
                gave_up.get_or_insert(GaveUp { key, bound, placed, completed });
            }
        }
    }
    match gave_up {
        Some(gave_up) => (Decision::GaveUp(gave_up), effort),
        None => (Decision::Linearizable(orders), effort),
    }
}

/// What [`decide_key`] found of one key.
enum KeyDecision {
    Linearizable(Vec<CallId>),
    /// No order has more completions behind it than this.
    NotLinearizable {
        frontier: usize,
    },
    GaveUp {
        bound: Bound,
        placed: usize,
    },
}

fn decide_key<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    key: &M::Key,
    partition: &Partition,
    bounds: Bounds,
) -> (KeyDecision, Effort) {
    let mut search = Search::new(model, history, partition, bounds);
    let all = partition.completions.len();
    let mut farthest = 0;
    let ended = search.run(model.initial(key), &mut |search| {
        farthest = farthest.max(search.now.frontier);
        if search.now.frontier == all { Next::Stop } else { Next::Continue }
    });
    let decided = match ended {
        Ended::Stopped => {
            KeyDecision::Linearizable(search.now.placed.iter().map(|placed| placed.call).collect())
        }
        Ended::Exhausted => KeyDecision::NotLinearizable { frontier: farthest },
        Ended::OutOf(bound) => KeyDecision::GaveUp { bound, placed: farthest },
    };
    (decided, search.effort)
}
