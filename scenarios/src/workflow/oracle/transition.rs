//! A transition is a function of state and input, and does all or nothing.

use stormglass_workflow::SnapshotOf;

use super::findings::{Findings, Rule};
use super::trial::{InputOf, Trial, processes};
use crate::workflow::example::Example;

/// Runs the transition of a commit in two processes that have nothing in common. Both must go the
/// same way (F2).
pub fn deterministic<E: Example>(
    before: &SnapshotOf<E>,
    input: &InputOf<E>,
    findings: &mut Findings,
) -> Trial<E> {
    let [one, other] =
        processes().map(|process| Trial::<E>::run(before, input, &process, usize::MAX));
    let is_same =
        one.result == other.result && one.state == other.state && one.actions == other.actions;
    findings.expect(Rule::Deterministic, is_same, || {
        format!(
            "{input:?} is {:?} with {:?} in one process, and {:?} with {:?} in another",
            one.result, one.actions, other.result, other.actions
        )
    });
    one
}

/// A transition that fails leaves the state as it was, wherever it fails: also for want of room for
/// any of its actions (F1). If it does not fail then, nothing tracked is missing (F4).
pub fn atomic<E: Example>(
    before: &SnapshotOf<E>,
    input: &InputOf<E>,
    whole: &Trial<E>,
    findings: &mut Findings,
) {
    let untouched = |trial: &Trial<E>| trial.result.is_ok() || trial.state == *before;
    findings.expect(Rule::Atomic, untouched(whole), || {
        format!("{input:?} was refused and has changed the state: {:?}", whole.state)
    });
    let [process, _] = processes();
    for room in 0..whole.actions.len() {
        let trial = Trial::<E>::run(before, input, &process, room);
        findings.expect(Rule::Atomic, untouched(&trial), || {
            format!("{input:?} with room for {room} actions fails and has changed the state")
        });
        let is_whole = trial.result.is_err() || trial.tracked().eq(whole.tracked());
        findings.expect(Rule::Stored, is_whole, || {
            format!("{input:?} with room for {room} actions is done without a tracked action")
        });
    }
}
