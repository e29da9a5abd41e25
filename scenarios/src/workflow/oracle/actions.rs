//! Which tracked actions are unfinished: what commits have asked for, what a restart would ask for, and
//! what is under way are the same.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_workflow::{ActionOf, IdOf, SnapshotOf};

use super::findings::{Findings, Rule};
use super::trial::{Trial, processes, restored, tracked};
use crate::workflow::example::Example;

/// The unfinished actions, by what was committed: asked for, and not completed since.
pub struct Unfinished<E: Example> {
    /// Each with what was asked for last.
    pub all: BTreeMap<IdOf<E>, ActionOf<E>>,
    /// Every id under which something was begun.
    begun: BTreeSet<IdOf<E>>,
}

impl<E: Example> Clone for Unfinished<E> {
    fn clone(&self) -> Self {
        Unfinished { all: self.all.clone(), begun: self.begun.clone() }
    }
}

impl<E: Example> Default for Unfinished<E> {
    fn default() -> Self {
        Unfinished { all: BTreeMap::new(), begun: BTreeSet::new() }
    }
}

impl<E: Example> Unfinished<E> {
    /// A commit was made, which has completed this action if it was a completion.
    pub fn committed(
        &mut self,
        completed: Option<&IdOf<E>>,
        trial: &Trial<E>,
        findings: &mut Findings,
    ) {
        if let Some(id) = completed {
            self.all.remove(id);
        }
        for action in trial.tracked() {
            let (id, action) = (action.id(), action.action());
            if completed.is_none() && E::begins(action) {
                let is_new = self.begun.insert(id.clone());
                findings.expect(Rule::Unique, is_new, || {
                    format!("{action:?} begins under {id:?}, as another has before")
                });
            }
            self.all.insert(id.clone(), action.clone());
        }
    }

    /// A restart would ask for what is unfinished (F4, F5), each once, the same in any process, and
    /// leave the state as it is (F6).
    pub fn restored(&self, state: &SnapshotOf<E>, trial: &Trial<E>, findings: &mut Findings) {
        let [one, other] = processes().map(|process| restored::<E>(state, &process));
        let is_pure = one.0 == other.0 && one.1 == *state && other.1 == *state;
        findings.expect(Rule::Pure, is_pure, || {
            format!("a restart asks for {:?} in one process, for {:?} in another", one.0, other.0)
        });
        let ids: BTreeSet<_> = tracked::<E>(&one.0).map(|action| action.id()).collect();
        for action in trial.tracked() {
            findings.expect(Rule::Stored, ids.contains(action.id()), || {
                format!("{action:?} was asked for, and a restart forgets it")
            });
        }
        let is_exact = ids.iter().copied().eq(self.all.keys()) && ids.len() == one.0.len();
        findings.expect(Rule::Exact, is_exact, || {
            format!("{:?} are unfinished, and a restart asks for {:?}", self.all, one.0)
        });
    }
}
