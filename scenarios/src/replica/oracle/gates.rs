//! What catch-up may change: an answer counts only if it was asked for, only once, only from the
//! believed leader, and then it changes exactly what it says.

use stormglass_machine::{Effect, NodeId, Time};
use stormglass_replica::constants::{REQUEST_LIFETIME, REQUEST_REGISTRY_CAPACITY};
use stormglass_replica::{Message, NackCode, OnUnderCapacity, Role, Storage, SyncAction};

use super::finding::Findings;
use super::handling::{Handling, Heard};
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An answer counts only if it was asked for, and only once.
    Asked,
    /// An answer counts only from the believed leader.
    Believed,
    /// A log grows by what is next, and by nothing else.
    Growth,
    /// A skip goes to where the leader's log begins.
    Skip,
    /// With the prefix check, entries are taken only behind the entry that comes before them.
    Prefix,
    /// A replica without room does what it was told to do.
    Pressure,
    /// The registry of unanswered requests has a bound.
    Bound,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    leader: NodeId,
    request_id: u64,
    at: Time,
}

/// The unanswered requests of one node.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    tokens: Vec<Token>,
    /// How often there was no room for a chunk since the faults are over.
    pub pressed_in_calm: u64,
    pub gaps: u64,
    pub bad_ranges: u64,
    pub truncations: u64,
    pub findings: Findings<Rule>,
}

impl Gates {
    /// The process starts afresh.
    pub fn reset(&mut self) {
        self.tokens.clear();
    }

    /// Uses up the token of the answer that is handled, if there is one, as far as the order of
    /// the checks lets it come to that. True if it was live.
    pub fn take(&mut self, step: &Step<'_>) -> bool {
        match step.handling {
            Handling::Message(from, Heard::Response { request_id, .. }) => {
                step.members().contains(&from) && self.use_up(from, request_id, step.clock)
            }
            Handling::Message(from, Heard::Nack { request_id, .. }) => {
                let counts = step.members().contains(&from) && step.before.belief == Some(from);
                counts && self.use_up(from, request_id, step.clock)
            }
            _ => false,
        }
    }

    fn use_up(&mut self, leader: NodeId, request_id: u64, clock: Time) -> bool {
        let known = |token: &Token| token.leader == leader && token.request_id == request_id;
        match self.tokens.iter().position(known) {
            Some(position) => self.tokens.remove(position).is_live(clock),
            None => false,
        }
    }

    pub fn step(&mut self, step: &Step<'_>, live: bool, calm: bool) {
        match step.handling {
            Handling::Message(from, answer @ Heard::Response { .. }) => {
                self.answered(step, from, live);
                let gate = live && step.before.belief == Some(from);
                self.response(step, answer, gate && step.before.role == Role::Replica, calm);
            }
            Handling::Message(from, answer @ Heard::Nack { .. }) => {
                self.answered(step, from, live);
                self.nack(step, answer, live && step.before.belief == Some(from));
            }
            Handling::Append => {
                let (before, tail) = (step.before.tail, step.machine.tail());
                self.tail(step, tail == before || tail == before + 1, before);
            }
            // What a log that was swept empty comes up with is another oracle's business.
            Handling::Start => {}
            _ => self.tail(step, step.machine.tail() == step.before.tail, step.before.tail),
        }
        self.abandon(step);
        self.register(step);
        let tokens = step.machine.outstanding().tokens().len();
        let bounded = step.intended().registry_bound;
        self.findings.expect(Rule::Bound, !bounded || tokens <= REQUEST_REGISTRY_CAPACITY, || {
            format!("node {} waits for {tokens} answers", step.node)
        });
    }

    /// What was done with an answer must have been allowed.
    fn answered(&mut self, step: &Step<'_>, from: NodeId, live: bool) {
        let acted = step.machine.trace().sync.iter().any(|action| {
            matches!(
                action,
                SyncAction::Applied { .. }
                    | SyncAction::Rejected { .. }
                    | SyncAction::Skipped { .. }
                    | SyncAction::Truncated { .. }
            )
        });
        let detail = || format!("node {} acted on {:?}", step.node, step.handling);
        let believed = step.before.belief == Some(from);
        self.findings.expect(Rule::Believed, !acted || believed, detail);
        self.findings.expect(Rule::Asked, !acted || live || !believed, detail);
    }

    fn tail(&mut self, step: &Step<'_>, right: bool, wanted: u64) {
        self.findings.expect(Rule::Growth, right, || {
            format!(
                "node {} went from {} to {}, not to {wanted}, by {:?}",
                step.node,
                step.before.tail,
                step.machine.tail(),
                step.handling
            )
        });
    }

    fn response(&mut self, step: &Step<'_>, answer: Heard, gate: bool, calm: bool) {
        let Heard::Response { first, count, bytes, previous, .. } = answer else { return };
        let before = step.before;
        if !gate || count == 0 || first < before.tail {
            return self.tail(step, step.machine.tail() == before.tail, before.tail);
        }
        let gap = first > before.tail;
        self.gaps += u64::from(gap);
        if gap && !can_skip(step) {
            return self.tail(step, step.machine.tail() == before.tail, before.tail);
        }
        if !gap && step.intended().prefix_check && previous != before.last {
            let stays = step.machine.tail() == before.tail;
            return self.findings.expect(Rule::Prefix, stays, || {
                format!(
                    "node {} takes what comes after {previous:?}, not {:?}",
                    step.node, before.last
                )
            });
        }
        let there = !gap || step.machine.tail() >= first;
        self.findings.expect(Rule::Skip, there, || {
            format!("node {} stays at {} before a gap", step.node, before.tail)
        });
        if !there {
            return;
        }
        let held = if gap { 0 } else { before.live_bytes };
        let config = step.machine.config();
        if held + bytes <= config.segment_bytes {
            let wanted = first + count;
            return self.tail(step, step.machine.tail() == wanted, wanted);
        }
        self.tail(step, step.machine.tail() == first, first);
        self.pressed_in_calm += u64::from(calm);
        let role = match config.on_under_capacity {
            OnUnderCapacity::Withdraw => Role::Idle,
            OnUnderCapacity::EvictOldest => Role::Replica,
        };
        self.findings.expect(Rule::Pressure, step.machine.role() == role, || {
            format!("node {} has no room and is {:?}", step.node, step.machine.role())
        });
    }

    fn nack(&mut self, step: &Step<'_>, answer: Heard, gate: bool) {
        let Heard::Nack { code, since, floor, .. } = answer else { return };
        let before = step.before;
        let tail = step.machine.tail();
        let mended = step.intended().prefix_check;
        match code {
            NackCode::BadRange if gate && (!mended || before.role == Role::Replica) => {
                self.bad_ranges += 1;
                let target = if floor > 0 { floor } else { since.saturating_add(1) };
                let wanted = if can_skip(step) { before.tail.max(target) } else { before.tail };
                self.findings.expect(Rule::Skip, tail == wanted, || {
                    format!("node {} skipped to {tail}, not to {wanted}", step.node)
                });
            }
            NackCode::PrefixMismatch
                if gate && mended && before.role == Role::Replica && since == before.tail =>
            {
                self.truncations += 1;
                let wanted = before.tail.min(floor);
                self.tail(step, tail == wanted, wanted);
            }
            _ => self.tail(step, tail == before.tail, before.tail),
        }
    }

    /// Whoever is believed no more, since it does not lead or was missed, owes nothing. After a
    /// cut nobody does: what was asked for is not what is wanted now.
    fn abandon(&mut self, step: &Step<'_>) {
        let cut = |action: &SyncAction| matches!(action, SyncAction::Truncated { .. });
        if step.machine.trace().sync.iter().any(cut) {
            self.tokens.clear();
        }
        if let (Some(leader), None) = (step.before.belief, step.machine.belief()) {
            self.tokens.retain(|token| token.leader != leader);
        }
    }

    fn register(&mut self, step: &Step<'_>) {
        for effect in step.effects {
            let Effect::Send { to, message: Message::SyncRequest(request) } = effect else {
                continue;
            };
            if self.tokens.len() >= REQUEST_REGISTRY_CAPACITY {
                self.tokens.retain(|token| token.is_live(step.clock));
                if step.intended().registry_bound && self.tokens.len() >= REQUEST_REGISTRY_CAPACITY
                {
                    self.tokens.remove(0);
                }
            }
            let request_id = request.request_id;
            self.tokens.push(Token { leader: *to, request_id, at: step.clock });
        }
    }
}

impl Token {
    fn is_live(&self, clock: Time) -> bool {
        clock.since(self.at) < REQUEST_LIFETIME
    }
}

fn can_skip(step: &Step<'_>) -> bool {
    step.machine.config().storage == Storage::Heap || step.intended().persistent_skip
}
