//! What leaves a worker, and when: nothing before it is durable, nothing twice that must go once.

use std::collections::{BTreeMap, VecDeque};

use stormglass_workflow::{EntryOf, ExecuteOf, IdOf, StateMachine};

use super::actions::Unfinished;
use super::findings::{Findings, Rule};
use super::history::History;
use super::trial::{processes, restored, tracked};
use crate::workflow::example::Example;

/// What a worker has sent.
pub struct Sent<E: Example> {
    /// How often what must go once was sent.
    single: BTreeMap<IdOf<E>, u32>,
    /// The untracked actions of the last commit that were not executed yet.
    untracked: VecDeque<<E as StateMachine>::UntrackedAction>,
}

impl<E: Example> Default for Sent<E> {
    fn default() -> Self {
        Sent { single: BTreeMap::new(), untracked: VecDeque::new() }
    }
}

impl<E: Example> Sent<E> {
    /// A commit has asked for untracked actions. Those of earlier ones are too late.
    pub fn committed(&mut self, untracked: impl Iterator<Item = E::UntrackedAction>) {
        self.untracked.clear();
        self.untracked.extend(untracked);
    }

    /// The worker has crashed.
    pub fn crashed(&mut self) {
        self.untracked.clear();
    }

    /// A command leaves for a system outside. It was asked for by a commit that is durable, or would
    /// be by a restart (F3); if it must go once, it has not gone before (F12).
    pub fn execute(
        &mut self,
        command: &ExecuteOf<E>,
        durable: &History<E>,
        unfinished: &Unfinished<E>,
        findings: &mut Findings,
    ) {
        let is_wanted = unfinished.all.get(&command.id).is_some_and(|action| {
            *action == command.action || {
                let [process, _] = processes();
                let (actions, _) = restored::<E>(&durable.state, &process);
                tracked::<E>(&actions)
                    .any(|one| *one.id() == command.id && *one.action() == command.action)
            }
        });
        findings.expect(Rule::Committed, is_wanted, || {
            format!("{command:?} is executed, and no commit wants it")
        });
        if E::is_single(&command.action) {
            let times = self.single.entry(command.id.clone()).or_default();
            *times += 1;
            findings.expect(Rule::Once, *times == 1, || {
                format!("{command:?} is sent {times} times, to a system that does it each time")
            });
        }
    }

    /// An untracked action is executed: the next of the last commit, and no other (F21).
    pub fn hear(&mut self, untracked: &E::UntrackedAction, findings: &mut Findings) {
        let next = self.untracked.pop_front();
        findings.expect(Rule::Untracked, next.as_ref() == Some(untracked), || {
            format!("{untracked:?} is executed where {next:?} is due")
        });
    }
}

/// Something has taken effect outside: for each id at most once (F12).
pub fn took_effect<E: Example>(id: &IdOf<E>, entry: &EntryOf<E>, findings: &mut Findings) {
    findings.expect(Rule::Once, E::effects(entry) <= 1, || {
        format!("what {id:?} stands for has taken effect {} times", E::effects(entry))
    });
}
