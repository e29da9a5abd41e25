//! How a node comes up: what it takes back from its disk, and how it starts.

use crate::{Bug, CorruptSnapshot, Image, Log, Memberships, Raft, Record, StateMachine, Step};

impl<S: StateMachine> Raft<S> {
    pub(crate) fn take_back(&mut self, record: Record<S::Command, S::Response>) {
        match record {
            Record::Ballot { term, voted_for } => (self.term, self.voted_for) = (term, voted_for),
            Record::Append { first, entries } => {
                self.log.truncate_after(first - 1);
                self.memberships.truncate_after(first - 1);
                self.log.append(&entries);
                if !self.has(Bug::ConfigurationForgotten) {
                    self.memberships.append(first, &entries);
                }
            }
            Record::Commit(index) => self.commit_index = self.commit_index.max(index),
            Record::Chunk(chunk) => {
                if chunk.offset == 0 {
                    self.incoming.clear();
                }
                self.incoming.push(chunk);
            }
            Record::Image(image) => self
                .take_back_image(image)
                .expect("the state machine reads the snapshots that it has written"),
        }
    }

    /// What an image says takes the place of everything, unless the state machine cannot read it.
    pub(crate) fn take_back_image(
        &mut self,
        image: Image<S::Command, S::Response>,
    ) -> Result<(), CorruptSnapshot> {
        let remembers = !self.has(Bug::ConfigurationForgotten);
        if let Some(snapshot) = &image.snapshot {
            self.machine.restore(&snapshot.data)?;
            let metadata = &snapshot.metadata;
            self.sessions = (*snapshot.sessions).clone();
            self.commit_index = metadata.last_included_index;
            self.last_applied = metadata.last_included_index;
            if remembers {
                self.memberships =
                    Memberships::new(metadata.configuration_index, metadata.configuration.clone());
            }
        }
        (self.term, self.voted_for) = (image.term, image.voted_for);
        self.log = Log::new(image.base, image.base_term);
        self.log.append(&image.entries);
        if remembers {
            self.memberships.append(image.base + 1, &image.entries);
        }
        (self.snapshot, self.incoming) = (image.snapshot, image.incoming);
        Ok(())
    }
}

impl<S: StateMachine> Step<'_, '_, S> {
    /// A node that has been in a term may have promised its leader, just before it went down, to
    /// vote for nobody else for a while. It keeps the promise that it cannot remember.
    pub(crate) fn start(&mut self) {
        assert_eq!(self.env.node(), self.id(), "a node runs with its own options");
        self.durable_index = self.log.last_index();
        self.promised_at = (self.term > 0).then(|| self.env.now());
        // Anywhere, so that no answer from before a restart fits a ticket of today.
        self.raft.next_ticket = self.env.dice().next_u64();
        self.arm_election_timer();
        if self.has(Bug::AppliedBeforeEffect) {
            self.last_applied = self.commit_index;
        }
        self.apply();
    }
}
