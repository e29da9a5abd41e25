//! The checker's dumb twin: it tries all subsets of the calls of unknown outcome, and all orders.
//!
//! It shares nothing with the checker but the model: no keys, no memory, no hints.

use std::collections::BTreeMap;

use stormglass_history::{Call, HistoryOf, Model, Outcome};

/// What linearizable means, or what somebody could mistake it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    Right,
    /// Calls may be in any order.
    NoRealTime,
    /// Only the calls of one client must keep their order: sequential consistency.
    ProgramOrder,
    /// What timed out did not happen.
    UnknownFailed,
    /// What timed out happened before it timed out.
    UnknownCompleted,
    /// What timed out happened before it timed out, or never.
    UnknownUntilTimeout,
    /// What failed may have happened.
    FailedUnknown,
    /// A call that completes when another one is invoked, or in the event before, is concurrent.
    OffByOne,
}

type Calls<'a, M> = Vec<&'a Call<<M as Model>::Operation, <M as Model>::Result>>;

pub fn is_linearizable<M: Model>(model: &M, history: &HistoryOf<M>, rules: Rules) -> bool {
    let calls = || history.calls().iter();
    let known: Calls<'_, M> = calls().filter(|call| must_happen(call, rules)).collect();
    let unknown: Calls<'_, M> = calls().filter(|call| may_happen(call, rules)).collect();
    (0..1_u32 << unknown.len()).any(|subset| {
        let chosen = unknown.iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
        let mut left = known.clone();
        left.extend(chosen.map(|(_, call)| *call));
        some_order(model, rules, &mut left, &BTreeMap::new())
    })
}

fn must_happen<O, R>(call: &Call<O, R>, rules: Rules) -> bool {
    match call.outcome {
        Outcome::Completed { .. } => true,
        Outcome::Failed { .. } => false,
        Outcome::Unknown { at } => rules == Rules::UnknownCompleted && at.is_some(),
    }
}

fn may_happen<O, R>(call: &Call<O, R>, rules: Rules) -> bool {
    match call.outcome {
        Outcome::Completed { .. } => false,
        Outcome::Failed { .. } => rules == Rules::FailedUnknown,
        Outcome::Unknown { at } => match rules {
            Rules::UnknownFailed => false,
            Rules::UnknownCompleted => at.is_none(),
            _ => true,
        },
    }
}

/// Whether the first call must come before the second.
fn precedes<O, R>(first: &Call<O, R>, second: &Call<O, R>, rules: Rules) -> bool {
    let end = match (&first.outcome, rules) {
        (Outcome::Completed { at, .. }, _) => Some(at.event),
        (Outcome::Unknown { at }, Rules::UnknownCompleted | Rules::UnknownUntilTimeout) => {
            at.map(|at| at.event)
        }
        _ => None,
    };
    let over = end.is_some_and(|end| end < second.invoked.event);
    match rules {
        Rules::NoRealTime => false,
        Rules::ProgramOrder => over && first.client == second.client,
        Rules::OffByOne => end.is_some_and(|end| end + 1 < second.invoked.event),
        _ => over,
    }
}

/// Whether the calls that are left can follow in some order, in these states of each key.
fn some_order<M: Model>(
    model: &M,
    rules: Rules,
    left: &mut Calls<'_, M>,
    states: &BTreeMap<M::Key, M::State>,
) -> bool {
    if left.is_empty() {
        return true;
    }
    (0..left.len()).any(|place| {
        let call = left[place];
        if left.iter().any(|other| precedes(other, call, rules)) {
            return false;
        }
        let key = model.key(&call.operation);
        let state = states.get(&key).cloned().unwrap_or_else(|| model.initial(&key));
        let mut after = Vec::new();
        match call.result() {
            Some(result) => after.extend(model.step(&state, &call.operation, result)),
            None => model.step_unknown(&state, &call.operation, &mut after),
        }
        left.remove(place);
        let found = after.into_iter().any(|after| {
            let mut states = states.clone();
            states.insert(key.clone(), after);
            some_order(model, rules, left, &states)
        });
        left.insert(place, call);
        found
    })
}
