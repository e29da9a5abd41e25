//! Compaction: a snapshot takes the place of the log up to it, on leaders and followers alike.

use alloc::sync::Arc;

use crate::{
    Bug, Entries, Image, LogIndex, Observation, Raft, Record, Snapshot, SnapshotMetadata,
    StateMachine, Step,
};

impl<S: StateMachine> Raft<S> {
    /// Everything the disk must have, as one record that can take the place of all others.
    pub fn image(&self) -> Image<S::Command, S::Response> {
        self.image_from(self.log.base(), self.snapshot.clone())
    }

    fn image_from(
        &self,
        base: LogIndex,
        snapshot: Option<Arc<Snapshot<S::Response>>>,
    ) -> Image<S::Command, S::Response> {
        let skipped = (base - self.log.base()) as usize;
        Image {
            term: self.term,
            voted_for: self.voted_for,
            snapshot,
            base,
            base_term: self.log.term_at(base).unwrap_or(0),
            entries: Entries::from(&self.log.entries()[skipped..]),
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
        let term = match self.has(Bug::SnapshotTermWrong) {
            true => Some(self.log.last_term()),
            false => self.log.term_at(last_included_index),
        };
        let Some(last_included_term) = term else {
            self.insist(false, "what was applied last is not in the log");
            return;
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
        let base = retained.max(self.log.base());
        if self.has(Bug::CompactsBeforeSnapshot) {
            self.env.checkpoint(Record::Image(self.image_from(base, self.snapshot.clone())));
        }
        self.env.checkpoint(Record::Image(self.image_from(base, Some(snapshot.clone()))));
        self.settled();
        self.snapshot = Some(snapshot);
        self.log.compact(base);
        self.memberships.forget_before(last_included_index);
        self.observe(Observation::SnapshotCreated { last_included_index });
    }
}
