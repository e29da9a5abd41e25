//! Who says what to whom, and when: heartbeats at ticks, requests to believed leaders.

use stormglass_machine::{Effect, NodeId};
use stormglass_replica::{Message, Role};

use super::finding::Findings;
use super::handling::Handling;
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nobody sends anything to itself.
    Itself,
    /// Who has no part in the channel says nothing.
    Silent,
    /// A new leader says so at once.
    Announces,
    /// One heartbeat for each peer and tick, and no other.
    Once,
    /// A heartbeat says what its sender is.
    Truthful,
    /// A replica asks the leader it believes in.
    Asks,
    /// A closed node is silent.
    Closed,
}

/// Looks at what nodes send.
#[derive(Clone, Debug, Default)]
pub struct Emission {
    pub findings: Findings<Rule>,
}

const MOST: usize = 16;

impl Emission {
    pub fn step(&mut self, step: &Step<'_>) {
        if step.before.closed {
            return self.closed(step);
        }
        let speaks = step.handling == Handling::Tick
            && matches!(step.before.role, Role::Leader | Role::Replica);
        let announces = step.won() && step.intended().announce_on_winning;
        if step.effects.is_empty() && !speaks && !announces {
            return;
        }
        let (mut said, mut led) = ([0_u8; MOST], [0_u8; MOST]);
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            self.findings.expect(Rule::Itself, *to != step.node, || {
                format!("node {} sends to itself", step.node)
            });
            match message {
                Message::Heartbeat(heartbeat) => {
                    let announcement = announces && heartbeat.role == Role::Leader;
                    let counts = if announcement { &mut led } else { &mut said };
                    counts[to.index()] += 1;
                    let role = if announcement { Role::Leader } else { step.before.role };
                    let truth = heartbeat.role == role && heartbeat.tail == step.machine.tail();
                    self.findings.expect(Rule::Truthful, truth, || {
                        format!(
                            "node {}, {role:?} with tail {}, says {heartbeat:?}",
                            step.node,
                            step.machine.tail()
                        )
                    });
                }
                Message::SyncRequest(_) => {
                    let asks =
                        step.machine.belief() == Some(*to) && step.machine.role() == Role::Replica;
                    self.findings.expect(Rule::Asks, asks, || {
                        format!(
                            "node {} asks {to} and believes in {:?}",
                            step.node,
                            step.machine.belief()
                        )
                    });
                }
                Message::SyncResponse(_) | Message::SyncNack(_) => {}
            }
        }
        self.counts(step, speaks, announces, &said, &led);
    }

    fn counts(
        &mut self,
        step: &Step<'_>,
        speaks: bool,
        announces: bool,
        said: &[u8; MOST],
        led: &[u8; MOST],
    ) {
        for node in (0..MOST as u32).map(NodeId) {
            let peer = step.is_peer(node);
            let (said, led) = (said[node.index()], led[node.index()]);
            let wanted = u8::from(speaks && peer);
            let quiet = matches!(step.before.role, Role::Idle | Role::Candidate);
            let rule = if quiet && led == 0 { Rule::Silent } else { Rule::Once };
            self.findings.expect(rule, said == wanted && led < 2, || {
                format!("node {} says {} times to {node} that it is there", step.node, said + led)
            });
            self.findings.expect(Rule::Announces, (led > 0) == (announces && peer), || {
                format!("node {} leads, and tells {node} {led} times", step.node)
            });
        }
    }

    fn closed(&mut self, step: &Step<'_>) {
        let says = step.effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
        self.findings.expect(Rule::Closed, !says, || {
            format!("node {} is closed and sends something", step.node)
        });
    }
}
