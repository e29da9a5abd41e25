//! One node: the crate's `RawNode` with a log in memory, and a store of four counters that applies
//! each command of a client once.

use raft::prelude::{Config, Entry, Message};
use raft::storage::MemStorage;
use raft::{RawNode, StateRole};
use slog::{Discard, Logger, o};

use crate::load::{CLIENTS, Command, NODES};

/// The log is cut after so many entries, and keeps some for those that are behind.
const COMPACTED_EVERY: u64 = 1_000;
const TRAILING: u64 = 100;

pub struct Node {
    raft: RawNode<MemStorage>,
    counters: [u64; 4],
    /// Of each client the number of its last command, and what it was answered.
    sessions: [(u64, u64); CLIENTS],
    /// The attempt under which each client waits here for an answer.
    waiting: [Option<u64>; CLIENTS],
    compacted: u64,
}

/// What a step leads to.
#[derive(Default)]
pub struct Outbox {
    pub messages: Vec<Message>,
    /// Whom to answer, and which attempt.
    pub answers: Vec<(usize, u64)>,
}

impl Node {
    pub fn new(id: u64) -> Node {
        let config = Config {
            id,
            // A tick is a round of heartbeats; elections after three to six of them.
            election_tick: 3,
            min_election_tick: 3,
            max_election_tick: 6,
            heartbeat_tick: 1,
            max_size_per_msg: 1 << 20,
            max_inflight_msgs: 16,
            check_quorum: true,
            pre_vote: true,
            ..Config::default()
        };
        let voters: Vec<u64> = (1..=NODES as u64).collect();
        let storage = MemStorage::new_with_conf_state((voters, vec![]));
        let logger = Logger::root(Discard, o!());
        let raft = RawNode::new(&config, storage, &logger).expect("the configuration is valid");
        let (counters, sessions) = ([0; 4], [(0, 0); CLIENTS]);
        Node { raft, counters, sessions, waiting: [None; CLIENTS], compacted: 0 }
    }

    pub fn tick(&mut self, out: &mut Outbox) {
        self.raft.tick();
        self.settle(out);
    }

    pub fn receive(&mut self, message: Message, out: &mut Outbox) {
        // What is stale is refused, which is no concern of the sender's.
        let _ = self.raft.step(message);
        self.settle(out);
    }

    /// Whether it is proposed; if not, who leads, as far as is known.
    pub fn ask(
        &mut self,
        command: Command,
        attempt: u64,
        out: &mut Outbox,
    ) -> Result<(), Option<usize>> {
        let leader = self.raft.raft.leader_id;
        if self.raft.raft.state != StateRole::Leader {
            return Err((leader > 0).then(|| leader as usize - 1));
        }
        if self.raft.propose(vec![], command.encode()).is_err() {
            return Err(None);
        }
        self.waiting[command.client as usize] = Some(attempt);
        self.settle(out);
        Ok(())
    }

    /// What the crate wants done, in the order of its documentation.
    fn settle(&mut self, out: &mut Outbox) {
        while self.raft.has_ready() {
            let store = self.raft.raft.raft_log.store.clone();
            let mut ready = self.raft.ready();
            out.messages.extend(ready.take_messages());
            assert!(ready.snapshot().is_empty(), "nobody is so far behind");
            self.apply(&ready.take_committed_entries(), out);
            store.wl().append(ready.entries()).expect("entries continue the log");
            if let Some(state) = ready.hs() {
                store.wl().set_hardstate(state.clone());
            }
            out.messages.extend(ready.take_persisted_messages());
            let mut light = self.raft.advance(ready);
            if let Some(commit) = light.commit_index() {
                store.wl().mut_hard_state().set_commit(commit);
            }
            out.messages.extend(light.take_messages());
            self.apply(&light.take_committed_entries(), out);
            self.raft.advance_apply();
        }
    }

    fn apply(&mut self, entries: &[Entry], out: &mut Outbox) {
        for entry in entries {
            let Some(command) = Command::decode(&entry.data) else { continue };
            let client = command.client as usize;
            let session = &mut self.sessions[client];
            if command.sequence > session.0 {
                let counter = &mut self.counters[command.key as usize];
                *counter = counter.wrapping_add(command.amount);
                *session = (command.sequence, *counter);
            }
            if let Some(attempt) = self.waiting[client].take()
                && self.raft.raft.state == StateRole::Leader
            {
                out.answers.push((client, attempt));
            }
        }
        let Some(last) = entries.last() else { return };
        if last.index >= self.compacted + COMPACTED_EVERY {
            self.compacted = last.index;
            let keep = last.index - TRAILING;
            self.raft.mut_store().wl().compact(keep).expect("it is in the log");
        }
    }

    /// The sum of its counters, to compare nodes that have applied everything.
    pub fn sum(&self) -> u64 {
        self.counters.iter().fold(0, |sum, counter| sum.wrapping_add(*counter))
    }
}
