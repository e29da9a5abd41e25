//! What a node answers to a request for entries: only a leader gives any, it gives what it holds,
//! and it never says that it holds less.

use stormglass_machine::{Effect, NodeId};
use stormglass_replica::constants::{
    BACKGROUND_RESPONSE_BYTES_MAX, ENTRY_OVERHEAD_BYTES, RESPONSE_BYTES_MAX,
    RESPONSE_HEADER_ESTIMATE_BYTES,
};
use stormglass_replica::{
    BandwidthClass, Message, NackCode, Replica, Role, Stamp, SyncNack, SyncResponse,
};

use super::budget::Budget;
use super::finding::Findings;
use super::handling::{Handling, Heard};
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Only a leader answers, and everyone else says that it is none.
    Role,
    /// A leader gives what it holds, as much as it may.
    Content,
    /// A leader refuses a range only if it holds nothing of it, and says from where on it does.
    Refusal,
    /// The budget admits what it can pay for, and charges for nothing else.
    Budget,
    /// Class Background leaves its reserve to the others.
    Reserve,
}

/// Judges the answers of one node, and keeps its budget.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub budget: Budget,
    pub refused_for_budget: u64,
    pub findings: Findings<Rule>,
}

/// What a leader is asked.
#[derive(Clone, Copy)]
struct Question {
    from: NodeId,
    since: u64,
    chunk_max: u64,
    class: BandwidthClass,
    last: Stamp,
}

/// What of its log a leader must give.
struct Slice {
    first: u64,
    count: u64,
    cost: u64,
}

impl Answers {
    /// The process starts afresh.
    pub fn reset(&mut self, machine: &Replica) {
        self.budget = Budget::new(machine.config());
    }

    pub fn step(&mut self, step: &Step<'_>) {
        let Handling::Message(from, Heard::Request { since, chunk_max, class, last }) =
            step.handling
        else {
            return self.unasked(step);
        };
        if !step.members().contains(&from) {
            return;
        }
        let question = Question { from, since, chunk_max, class, last };
        let old = step.before.metrics.sync_bytes;
        let mut charged = 0;
        for effect in step.effects {
            match effect {
                Effect::Send { to, message: Message::SyncResponse(response) } => {
                    charged = self.response(step, question, *to, response);
                }
                Effect::Send { message: Message::SyncNack(nack), .. } => {
                    self.nack(step, question, nack);
                }
                _ => {}
            }
        }
        let counted = step.machine.metrics().sync_bytes - old;
        let (available, left) = (step.machine.budget().available(), self.budget.bytes());
        self.findings.expect(Rule::Budget, counted == charged && available == left, || {
            format!(
                "node {} has {available} bytes left and counted {counted}, not {left} and {charged}",
                step.node
            )
        });
    }

    /// Nobody answers what was not asked.
    fn unasked(&mut self, step: &Step<'_>) {
        let answers = |effect: &Effect<Replica>| {
            matches!(
                effect,
                Effect::Send { message: Message::SyncResponse(_) | Message::SyncNack(_), .. }
            )
        };
        self.findings.expect(Rule::Role, !step.effects.iter().any(answers), || {
            format!("node {} answers what nobody has asked", step.node)
        });
    }

    fn response(
        &mut self,
        step: &Step<'_>,
        question: Question,
        to: NodeId,
        response: &SyncResponse,
    ) -> u64 {
        self.findings.expect(Rule::Role, step.before.role == Role::Leader, || {
            format!("node {} answers as {:?}", step.node, step.before.role)
        });
        let slice = slice(step.machine, question);
        let held = |entry: &stormglass_replica::Entry| {
            step.machine.log().get(entry.seq).is_some_and(|held| held == entry)
        };
        let right = to == question.from
            && response.first_seq == slice.first
            && response.entries.len() as u64 == slice.count
            && response.entries.iter().all(held);
        self.findings.expect(Rule::Content, right, || {
            format!(
                "node {} gives {} entries from {}, not {} from {}",
                step.node,
                response.entries.len(),
                response.first_seq,
                slice.count,
                slice.first
            )
        });
        let admitted = self.budget.admit(question.class, slice.cost, step.clock);
        let rule = match question.class {
            BandwidthClass::Background => Rule::Reserve,
            _ => Rule::Budget,
        };
        self.findings.expect(rule, admitted || step.before.role != Role::Leader, || {
            format!("node {} sends {} bytes it has no budget for", step.node, slice.cost)
        });
        slice.cost
    }

    fn nack(&mut self, step: &Step<'_>, question: Question, nack: &SyncNack) {
        let leads = step.before.role == Role::Leader;
        let says_so = nack.code == NackCode::NotLeader;
        self.findings.expect(Rule::Role, leads != says_so, || {
            format!("node {}, {:?}, refuses by {:?}", step.node, step.before.role, nack.code)
        });
        let log = step.machine.log();
        match nack.code {
            NackCode::BadRange => {
                let floor = match log.is_empty() && !step.intended().empty_floor {
                    true => 0,
                    false => log.first_seq(),
                };
                let nothing = question.since < log.next_seq() && log.is_empty();
                self.findings.expect(Rule::Refusal, nothing && nack.floor == floor, || {
                    format!(
                        "node {} holds {}..{}, is asked for {}, and names {}",
                        step.node,
                        log.first_seq(),
                        log.next_seq(),
                        question.since,
                        nack.floor
                    )
                });
            }
            NackCode::PrefixMismatch => {
                let known = log.stamp_before(question.since);
                let same = question.since <= log.next_seq() && known == Some(question.last);
                let right = step.intended().prefix_check && !same && nack.floor < question.since;
                self.findings.expect(Rule::Refusal, right, || {
                    format!(
                        "node {} wants a log cut to {} that goes on as its own at {}",
                        step.node, nack.floor, question.since
                    )
                });
            }
            NackCode::Backpressure => {
                self.refused_for_budget += 1;
                let cost = slice(step.machine, question).cost;
                let admitted = self.budget.admit(question.class, cost, step.clock);
                self.findings.expect(Rule::Budget, !admitted, || {
                    format!("node {} could have sent {cost} bytes", step.node)
                });
            }
            NackCode::NotLeader | NackCode::ChannelClosed => {}
        }
    }
}

fn slice(machine: &Replica, question: Question) -> Slice {
    let asked = match question.chunk_max {
        0 => RESPONSE_BYTES_MAX,
        bytes => bytes.min(RESPONSE_BYTES_MAX),
    };
    let limit = match question.class {
        BandwidthClass::Background => asked.min(BACKGROUND_RESPONSE_BYTES_MAX),
        _ => asked,
    };
    let log = machine.log();
    let first = match question.since < log.next_seq() {
        true => question.since.max(log.first_seq()),
        false => question.since,
    };
    let (mut count, mut bytes) = (0, 0);
    while let Some(entry) = log.get(first + count) {
        let cost = ENTRY_OVERHEAD_BYTES + entry.bytes.len() as u64;
        if count > 0 && bytes + cost > limit {
            break;
        }
        bytes += cost;
        count += 1;
    }
    Slice { first, count, cost: RESPONSE_HEADER_ESTIMATE_BYTES + bytes }
}
