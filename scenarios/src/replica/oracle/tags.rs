//! The tag is there exactly while the node has a part in the channel, as far as the sink was
//! reached.

use stormglass_replica::{CoordinatorError, Role};

use super::finding::Findings;
use super::handling::Handling;
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The tag is there while the node has a part in the channel.
    Right,
    /// A call that failed is made good at the next tick.
    Mended,
    /// What could not be withdrawn is counted.
    Counted,
    /// A closed node is idle, and has withdrawn its tag.
    Closed,
}

/// Watches one node's tag.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    /// A call has failed, and nothing has made it good.
    pub failed: bool,
    pub findings: Findings<Rule>,
}

impl Tag {
    /// The process starts afresh.
    pub fn reset(&mut self) {
        self.failed = false;
    }

    pub fn step(&mut self, step: &Step<'_>) {
        let machine = step.machine;
        let trace = machine.trace();
        if let Some((_, succeeded)) = trace.tag_calls.last() {
            self.failed = !succeeded;
            self.counted(step);
        }
        let announced = machine.tag().announced();
        let idle = machine.role() == Role::Idle;
        let closes = matches!(step.handling, Handling::Shutdown | Handling::ShutdownAtOnce);
        if closes {
            // Without the order to do so, a node that ends out of turn leaves its tag behind.
            let turn = step.handling == Handling::Shutdown;
            if !turn && !step.intended().orderly_shutdown {
                self.failed = true;
            } else {
                let gone = idle && (announced.is_none() || self.failed);
                self.findings.expect(Rule::Closed, gone && machine.is_closed(), || {
                    format!("node {} closes as {:?}: {announced:?}", step.node, machine.role())
                });
            }
        }
        self.findings.expect(Rule::Right, self.failed || idle == announced.is_none(), || {
            format!("node {} is {:?}, and its tag {announced:?}", step.node, machine.role())
        });
        if step.handling == Handling::Tick && step.intended().tag_refresh {
            let tried = trace.tag_calls.last().is_some_and(|(_, succeeded)| !succeeded);
            let wanted = (!idle).then(|| machine.advertised_tail());
            self.findings.expect(Rule::Mended, tried || announced == wanted, || {
                format!("node {} has the tag {announced:?}, not {wanted:?}", step.node)
            });
            self.failed = tried;
        }
    }

    fn counted(&mut self, step: &Step<'_>) {
        let lost = step.machine.trace().transitions.iter().filter(|attempt| {
            attempt.to == Role::Idle && attempt.result == Err(CoordinatorError::TagSink)
        });
        let wanted = lost.count() as u64;
        let (old, new) = (&step.before.metrics, step.machine.metrics());
        let counted = new.announce_divergence - old.announce_divergence;
        self.findings.expect(Rule::Counted, counted == wanted, || {
            format!("node {} counted {counted} tags left behind, not {wanted}", step.node)
        });
    }
}
