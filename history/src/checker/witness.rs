//! An order that shows that a history is linearizable, and the check of such an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::CallId;
use crate::history::History;
use crate::model::{HistoryOf, Model};

/// An order of calls that shows that a history is linearizable.
///
/// In it are all calls that completed, and those of unknown outcome that must have happened for
/// the others to be explained. [`verify`] checks it, independently of how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The calls, in the order in which they can have taken effect.
    pub order: Vec<CallId>,
}

/// Merges the orders of the keys into one.
///
/// Each call is given an instant at which it takes effect: as early as its order allows, which is
/// at the latest of the invocations of the calls up to it. That is before its own completion,
/// since none of those was invoked after that. So all orders by these instants respect real time.
/// An instant is the event of an invocation, so those of different keys differ.
pub(crate) fn merge<O, R>(history: &History<O, R>, orders: &[Vec<CallId>]) -> Witness {
    let mut instants: Vec<(u32, CallId)> = Vec::new();
    for order in orders {
        let mut instant = 0;
        for &call in order {
            instant = history.call(call).invoked.event.max(instant);
            instants.push((instant, call));
        }
    }
    instants.sort_by_key(|(instant, _)| *instant);
    Witness { order: instants.into_iter().map(|(_, call)| call).collect() }
}

/// Why an order does not show that a history is linearizable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// It names a call that the history does not have.
    #[error("there is no call {0}")]
    NoSuchCall(CallId),
    /// It has a call twice.
    #[error("the call {0} is there twice")]
    Twice(CallId),
    /// It has a call that failed.
    #[error("the call {0} failed and yet is there")]
    Failed(CallId),
    /// It lacks a call that completed.
    #[error("the call {0} completed and is not there")]
    Missing(CallId),
    /// A call comes after another one that began when it was over.
    #[error("the call {first} was over before {second} began, and comes after it")]
    RealTime {
        /// The one that was over.
        first: CallId,
        /// The one that began later.
        second: CallId,
    },
    /// The model does not accept the result.
    #[error("the call {0} cannot return its result there")]
    Refused(CallId),
}

/// Checks that the order shows that the history is linearizable, by the definition and by nothing
/// that the search uses.
///
/// # Errors
///
/// The first thing that is wrong with the order.
pub fn verify<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    witness: &Witness,
) -> Result<(), WitnessError> {
    verify_calls(history, witness)?;
    verify_real_time(history, witness)?;
    verify_results(model, history, witness)
}

fn verify_calls<O, R>(history: &History<O, R>, witness: &Witness) -> Result<(), WitnessError> {
    let mut seen = BTreeSet::new();
    for &id in &witness.order {
        let call = history.calls().get(id.index()).ok_or(WitnessError::NoSuchCall(id))?;
        if !seen.insert(id) {
            return Err(WitnessError::Twice(id));
        }
        if !call.may_have_happened() {
            return Err(WitnessError::Failed(id));
        }
    }
    let missing = history
        .numbered()
        .find(|(id, call)| call.completion().is_some() && !seen.contains(id))
        .map(|(id, _)| WitnessError::Missing(id));
    missing.map_or(Ok(()), Err)
}

/// No call may have been over before the latest invocation of those in front of it.
fn verify_real_time<O, R>(history: &History<O, R>, witness: &Witness) -> Result<(), WitnessError> {
    let mut latest: Option<CallId> = None;
    for &id in &witness.order {
        let call = history.call(id);
        if let Some(second) = latest.filter(|&second| call.precedes(history.call(second))) {
            return Err(WitnessError::RealTime { first: id, second });
        }
        // Calls are numbered in the order of their invocations.
        latest = latest.max(Some(id));
    }
    Ok(())
}

fn verify_results<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    witness: &Witness,
) -> Result<(), WitnessError> {
    let mut parts: BTreeMap<M::Key, Vec<M::State>> = BTreeMap::new();
    for &id in &witness.order {
        let call = history.call(id);
        let key = model.key(&call.operation);
        let states = parts.entry(key.clone()).or_insert_with(|| vec![model.initial(&key)]);
        let mut after = Vec::new();
        for state in states.iter() {
            match call.result() {
                Some(result) => after.extend(model.step(state, &call.operation, result)),
                None => model.step_unknown(state, &call.operation, &mut after),
            }
        }
        if after.is_empty() {
            return Err(WitnessError::Refused(id));
        }
        *states = after;
    }
    Ok(())
}
