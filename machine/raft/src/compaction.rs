//! Compaction: a snapshot takes the place of the log up to it, on leaders and followers alike.

use alloc::sync::Arc;

use crate::{
    Bug, Entries, Image, Observation, Raft, Record, Snapshot, SnapshotMetadata, StateMachine, Step,
};

impl<S: StateMachine> Raft<S> {
    /// Everything the disk must have, as one record that can take the place of all others.
    pub fn image(&self) -> Image<S::Command, S::Response> {
        Image {
            term: self.term,
            voted_for: self.voted_for,
            snapshot: self.snapshot.clone(),
            base: self.log.base(),
            base_term: self.log.term_at(self.log.base()).unwrap_or(0),
            entries: Entries::from(self.log.entries()),
            incoming: self.incoming.clone(),
        }
    }
}

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn snapshot_if_due(&mut self) {
        let applied = self.last_applied.saturating_sub(self.snapshot_index());
        if applied >= self.options.snapshot_threshold {
            self.create_snapshot();
        }
    }

    /// Takes a snapshot of what is applied. The log is compacted once the disk has the snapshot,
    /// and in one with it.
    fn create_snapshot(&mut self) {
        let last_included_index = self.last_applied;
        self.incoming.retain(|chunk| chunk.last_included_index > last_included_index);
        let own = self.log.term_at(last_included_index);
        let last_included_term = match self.has(Bug::SnapshotTermWrong) {
            true => self.log.last_term(),
            false => own.expect("what was applied last is in the log"),
        };
        let (configuration_index, configuration) = self.memberships.at(last_included_index).clone();
        let snapshot = Arc::new(Snapshot {
            metadata: SnapshotMetadata {
                last_included_index,
                last_included_term,
                configuration,
                configuration_index,
            },
            sessions: Arc::new(self.sessions.clone()),
            data: Arc::from(self.machine.snapshot()),
        });
        let retained = last_included_index.saturating_sub(self.options.trailing_entries);
        self.raft.log.compact(retained.max(self.raft.log.base()));
        self.memberships.forget_before(last_included_index);
        let before = self.snapshot.replace(snapshot);
        if self.has(Bug::CompactsBeforeSnapshot) {
            let compacted = Image { snapshot: before, ..self.image() };
            self.env.checkpoint(Record::Image(compacted));
        }
        self.checkpoint();
        self.observe(Observation::SnapshotCreated { last_included_index });
    }

    /// Replaces all records by what this node has now. The disk has it before anything else
    /// happens.
    pub(crate) fn checkpoint(&mut self) {
        self.env.checkpoint(Record::Image(self.raft.image()));
        self.settled();
    }
}
