//! Bringing a follower up to date by a snapshot, piece by piece: the leader's side, which sends
//! the next piece when it hears how far the follower is, and the follower's.

use alloc::sync::Arc;
use alloc::vec::Vec;

use stormglass_machine::NodeId;

use crate::{
    Bug, Chunk, Entries, Image, InstallSnapshot, InstallSnapshotResponse, LogIndex, Message, Mode,
    Observation, Raft, Record, Snapshot, SnapshotMetadata, StateMachine, Step,
};

impl<S: StateMachine> Raft<S> {
    /// Of a snapshot that is on its way to this node: its last index, and how many bytes are here.
    pub fn incoming_snapshot(&self) -> Option<(LogIndex, u64)> {
        self.incoming.last().map(|chunk| (chunk.last_included_index, chunk.end()))
    }
}

impl<S: StateMachine> Step<'_, '_, S> {
    /// The follower needs what is compacted away.
    pub(crate) fn begin_snapshot(&mut self, position: usize) {
        let Some(snapshot) = self.snapshot.clone() else {
            self.insist(false, "compacted without a snapshot");
            return;
        };
        let peer = &mut self.leadership.peers[position];
        peer.in_flight.clear();
        peer.mode = Mode::Snapshot { snapshot, offset: 0 };
        self.send_next_chunk(position);
    }

    /// Sends the first piece that the follower has not confirmed.
    pub(crate) fn send_next_chunk(&mut self, position: usize) {
        let peer = &self.leadership.peers[position];
        let Mode::Snapshot { snapshot, offset } = &peer.mode else {
            return;
        };
        let (to, from) = (peer.node, *offset as usize);
        let until = snapshot.data.len().min(from + self.options.snapshot_chunk_bytes);
        let is_last = until == snapshot.data.len();
        let chunk = InstallSnapshot {
            term: self.term,
            metadata: snapshot.metadata.clone(),
            offset: *offset,
            data: Arc::from(&snapshot.data[from..until]),
            done: is_last.then(|| snapshot.sessions.clone()),
            round: self.leadership.round,
        };
        self.send(to, Message::InstallSnapshot(chunk));
    }

    pub(crate) fn chunk_response(&mut self, from: NodeId, reply: &InstallSnapshotResponse) {
        let Some(position) = self.heard_from(from, reply.round) else {
            return;
        };
        let Mode::Snapshot { snapshot, offset } = &mut self.leadership.peers[position].mode else {
            return;
        };
        if reply.last_included_index != snapshot.metadata.last_included_index {
            return;
        }
        if reply.done {
            self.advance(position, reply.last_included_index);
            return;
        }
        let before = core::mem::replace(offset, reply.next_offset.min(snapshot.data.len() as u64));
        // A follower that is further behind than it was has lost its pieces, or could not read
        // them; the next round sends them again.
        if *offset > before {
            self.send_next_chunk(position);
        }
    }

    pub(crate) fn install_snapshot(&mut self, from: NodeId, request: InstallSnapshot<S::Response>) {
        self.hear_leader(from);
        let (round, last_included_index) = (request.round, request.metadata.last_included_index);
        let (next_offset, done) = match self.has_state_of(&request.metadata) {
            true => (request.offset, true),
            false => self.take_chunk(request),
        };
        let term = self.term;
        let response =
            InstallSnapshotResponse { term, round, last_included_index, next_offset, done };
        self.promise(from, Message::InstallSnapshotResponse(response));
    }

    /// Whether the snapshot says nothing new: because so much is committed here, or because the
    /// log meets it, and is therefore committed up to there.
    fn has_state_of(&mut self, metadata: &SnapshotMetadata) -> bool {
        let known = self.log.term_at(metadata.last_included_index);
        if known == Some(metadata.last_included_term) && !self.has(Bug::InstallKeepsTail) {
            self.commit_to(metadata.last_included_index);
        }
        metadata.last_included_index <= self.commit_index && !self.has(Bug::OldSnapshotRewinds)
    }

    /// Takes a piece if it is the next. Returns where the next one begins, and whether all is
    /// done.
    fn take_chunk(&mut self, request: InstallSnapshot<S::Response>) -> (u64, bool) {
        let chunk = Chunk {
            leader_term: request.term,
            last_included_index: request.metadata.last_included_index,
            last_included_term: request.metadata.last_included_term,
            offset: request.offset,
            data: request.data,
        };
        let belongs = self.incoming.last().is_some_and(|last| last.fits(&chunk));
        if !belongs && !self.has(Bug::ChunksUnkeyed) {
            self.incoming.clear();
        }
        if chunk.offset == self.incoming.last().map_or(0, Chunk::end) {
            self.incoming.push(chunk.clone());
            if let Some(sessions) = request.done {
                let chunks = core::mem::take(&mut self.incoming);
                let data = chunks.iter().flat_map(|chunk| chunk.data.iter().copied()).collect();
                return (0, self.install(Snapshot { metadata: request.metadata, sessions, data }));
            }
            self.write(Record::Chunk(chunk));
        }
        (self.incoming.last().map_or(0, Chunk::end), false)
    }

    /// Puts a snapshot in place of everything this node has. Returns whether that was possible.
    fn install(&mut self, snapshot: Snapshot<S::Response>) -> bool {
        let last_included_index = snapshot.metadata.last_included_index;
        let image = Image {
            term: self.term,
            voted_for: self.voted_for,
            base: last_included_index,
            base_term: snapshot.metadata.last_included_term,
            entries: self.tail_to_keep(last_included_index),
            incoming: Vec::new(),
            snapshot: Some(Arc::new(snapshot)),
        };
        if self.take_back_image(image).is_err() {
            return false;
        }
        if self.has(Bug::SnapshotReplacedInPlace) {
            let empty = Image { snapshot: None, ..self.image() };
            self.env.checkpoint(Record::Image(empty));
        }
        self.checkpoint();
        self.observe(Observation::SnapshotInstalled { last_included_index });
        self.serve_forwarded_reads();
        true
    }

    /// Nothing of the log: where it met the snapshot there was no need to install it, and where
    /// it differs it holds nothing that is committed.
    fn tail_to_keep(&self, base: LogIndex) -> Entries<S::Command> {
        let kept = self.log.entries().iter().zip(self.log.first_index()..);
        let behind = kept.filter(|(_, index)| *index > base && self.has(Bug::InstallKeepsTail));
        behind.map(|(entry, _)| entry.clone()).collect()
    }
}
