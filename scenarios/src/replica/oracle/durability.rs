//! What a replica has received is durable before anyone hears of it.

use stormglass_machine::{Effect, NodeId};
use stormglass_replica::{Message, Record, Replica, Role, Storage, SyncAction};

use super::finding::Findings;
use super::step::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early;

/// What one node has received and not flushed. What a leader appends by itself does not count:
/// nobody promises that it is durable.
#[derive(Clone, Debug, Default)]
pub struct Durability {
    /// The entries written in the step under way were received.
    receiving: bool,
    /// The tail of what was received and is not durable.
    loose: Option<u64>,
    pub findings: Findings<Early>,
}

impl Durability {
    /// The process starts afresh.
    pub fn reset(&mut self) {
        self.receiving = false;
        self.loose = None;
    }

    pub fn step(&mut self, step: &Step<'_>) {
        self.receiving = step.machine.config().storage == Storage::Persistent
            && step.machine.trace().sync.iter().any(
                |action| matches!(action, SyncAction::Applied { entries, .. } if *entries > 0),
            );
    }

    /// An effect happens. What comes after a flush comes when the flush is over.
    pub fn effect(&mut self, node: NodeId, effect: &Effect<Replica>) {
        match effect {
            Effect::Write(Record::Append(entry)) if self.receiving => {
                self.loose = Some(entry.seq + 1);
            }
            Effect::Flush => self.loose = None,
            Effect::Send { message: Message::Heartbeat(heartbeat), .. }
                if heartbeat.role == Role::Replica =>
            {
                let loose = self.loose;
                self.findings.expect(Early, loose.is_none_or(|to| heartbeat.tail < to), || {
                    format!(
                        "node {node} says that it has everything below {}, and its disk has not",
                        heartbeat.tail
                    )
                });
            }
            _ => {}
        }
    }
}
