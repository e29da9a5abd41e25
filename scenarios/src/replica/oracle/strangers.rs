//! Who is not of the replica set is not heard.

use super::finding::Findings;
use super::handling::Handling;
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heeded;

/// Looks at what messages of strangers do.
#[derive(Clone, Debug, Default)]
pub struct Strangers {
    pub seen: u64,
    pub findings: Findings<Heeded>,
}

impl Strangers {
    pub fn step(&mut self, step: &Step<'_>) {
        let Handling::Message(from, _) = step.handling else { return };
        if step.members().contains(&from) {
            return;
        }
        self.seen += 1;
        let (before, machine) = (step.before, step.machine);
        // The timer that goes on with what else waits is the only thing such a step may set.
        let sends = step
            .effects
            .iter()
            .any(|effect| !matches!(effect, stormglass_machine::Effect::SetTimer { .. }));
        let same = before.role == machine.role()
            && before.belief == machine.belief()
            && before.tail == machine.tail()
            && machine.tracker().peer(from).is_none()
            && !sends;
        self.findings.expect(Heeded, same, || {
            format!("node {} heeds the stranger {from}: {:?}", step.node, step.handling)
        });
    }
}
