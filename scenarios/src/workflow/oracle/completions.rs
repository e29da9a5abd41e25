//! A completion may come late, twice, and for nobody: it must be good for its own action, once.

use std::collections::VecDeque;

use stormglass_workflow::{IdOf, Input, ResultOf, SnapshotOf};

use super::findings::{Findings, Rule};
use super::trial::{InputOf, Trial, processes};
use crate::workflow::example::{Example, Item};

/// So many of the last completions are told again after each commit.
const REMEMBERED: usize = 6;

/// So many others are told the result of an item.
const OTHERS: usize = 3;

/// The last completions.
pub struct Completions<E: Example>(VecDeque<(IdOf<E>, ResultOf<E>)>);

impl<E: Example> Clone for Completions<E> {
    fn clone(&self) -> Self {
        Completions(self.0.clone())
    }
}

impl<E: Example> Default for Completions<E> {
    fn default() -> Self {
        Completions(VecDeque::new())
    }
}

impl<E: Example> Completions<E> {
    /// A completion was committed.
    pub fn remember(&mut self, id: &IdOf<E>, result: &ResultOf<E>) {
        if E::is_pending(result) {
            return;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((id.clone(), result.clone()));
    }

    /// Told once more, a completion changes nothing and asks for nothing (F8); neither does an input
    /// that is of this sort.
    pub fn told_again(&self, last: &InputOf<E>, state: &SnapshotOf<E>, findings: &mut Findings) {
        if let Input::Normal(input) = last
            && E::is_repeatable(input)
        {
            changes_nothing::<E>(last, state, Rule::Idempotent, findings);
        }
        for (id, result) in &self.0 {
            hits_its_own::<E>(state, (id, result), findings);
            let again = Input::TrackedActionCompleted { id: id.clone(), result: result.clone() };
            changes_nothing::<E>(&again, state, Rule::Idempotent, findings);
        }
    }
}

fn changes_nothing<E: Example>(
    input: &InputOf<E>,
    state: &SnapshotOf<E>,
    rule: Rule,
    findings: &mut Findings,
) {
    let [process, _] = processes();
    let trial = Trial::<E>::run(state, input, &process, usize::MAX);
    let nothing = trial.state == *state && (trial.result.is_err() || trial.tracked().count() == 0);
    findings.expect(rule, nothing, || {
        format!("{input:?} in {state:?} leads to {:?} with {:?}", trial.state, trial.actions)
    });
}

/// What has come to its end stays as it is, until it is forgotten (F9).
pub fn terminal<N: Eq + std::fmt::Debug>(
    before: &[Item<N>],
    after: &[Item<N>],
    findings: &mut Findings,
) {
    for item in before.iter().filter(|item| item.is_final) {
        let now = after.iter().find(|one| one.id == item.id);
        findings.expect(Rule::Terminal, now.is_none_or(|now| now == item), || {
            format!("{item:?} had come to its end and is {now:?} now")
        });
    }
}

/// A result changes no other item than its own (F11).
fn hits_its_own<E: Example>(
    before: &SnapshotOf<E>,
    (id, result): (&IdOf<E>, &ResultOf<E>),
    findings: &mut Findings,
) {
    let [process, _] = processes();
    let input = Input::TrackedActionCompleted { id: id.clone(), result: result.clone() };
    let Trial { state, .. } = Trial::<E>::run(before, &input, &process, usize::MAX);
    if state == *before {
        return;
    }
    let after = E::items(&state);
    for item in E::items(before).iter().filter(|item| item.id != *id) {
        // Finished business may be forgotten at any time.
        let stays = after.iter().find(|one| one.id == item.id);
        let is_same = stays == Some(item) || stays.is_none() && item.is_final;
        findings.expect(Rule::Correlated, is_same, || {
            format!("{result:?} of {id:?} has changed {item:?} to {stays:?}")
        });
    }
}

/// A completion changes nothing but what has its id (F11), and that only if it waits for such a
/// result; of an unknown id it changes nothing at all (F10).
pub fn correlated<E: Example>(
    before: &SnapshotOf<E>,
    (id, result): (&IdOf<E>, &ResultOf<E>),
    trial: &Trial<E>,
    findings: &mut Findings,
) {
    let items = E::items(before);
    let status = items.iter().find(|item| item.id == *id).map(|item| item.status);
    let is_awaited = status.is_some_and(|status| E::awaits(status, result));
    let is_idle = trial.state == *before && (trial.result.is_err() || trial.tracked().count() == 0);
    findings.expect(Rule::Correlated, is_awaited || is_idle || status.is_none(), || {
        format!("{result:?} of {id:?}, which is {status:?}, does something")
    });
    hits_its_own::<E>(before, (id, result), findings);
    for item in items.iter().filter(|item| item.id != *id && !item.is_final).take(OTHERS) {
        hits_its_own::<E>(before, (&item.id, result), findings);
    }
    let unknown = Input::TrackedActionCompleted { id: E::unknown_id(), result: result.clone() };
    changes_nothing::<E>(&unknown, before, Rule::Unknown, findings);
}
