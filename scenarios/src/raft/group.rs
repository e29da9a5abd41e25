//! What is remembered of one group: of each node, of the log, of what was asked and answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stormglass_machine::{NodeId, Time};
use stormglass_raft::{ClientId, Configuration, LogIndex, Message, Record, Role, Term};

use super::disk::Written;
use super::entries::Entries;
use super::findings::{Findings, Judge};
use super::history::History;
use super::host::{Act, Given, Node};
use super::judge;
use super::store::Answer;
use super::witness::{Heard, Seen, Witness};

/// What is remembered of one group.
#[derive(Clone, Debug)]
pub struct Group {
    pub witnesses: Vec<Witness>,
    pub history: History,
    pub entries: Entries,
    /// Its nodes have a part in other groups, too.
    pub has_neighbours: bool,
    /// Who leads each term.
    pub leaders: Vec<Option<NodeId>>,
    /// The bytes of each snapshot, by its index.
    pub snapshots: BTreeMap<LogIndex, Arc<[u8]>>,
    /// What the commands of sessions were answered.
    pub answers: BTreeMap<(ClientId, u64), (LogIndex, Answer)>,
    /// The term in which something was committed since the last look.
    pub committed_in: Option<Term>,
    /// The highest term at the end of the faults, and how often a node was asked to stand by then.
    pub term_at_heal: Term,
    pub asked_at_heal: u64,
    /// How often a node was asked to stand.
    pub asked_to_stand: u64,
    pub findings: Findings,
    pub tally: Tally,
}

/// So many committed entries are remembered that no log has any more. Only a very long run has as
/// many.
const REMEMBERED: u64 = 8_192;

/// What is counted, not judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub elections: u64,
    pub commits: u64,
    pub snapshots_taken: u64,
    pub snapshots_installed: u64,
    pub reads: u64,
    pub configurations: u64,
    pub joint: u64,
    pub transfers: u64,
    pub stale_reads: u64,
    pub truncations: u64,
}

/// A step that has been made.
pub struct Step<'a> {
    pub node: NodeId,
    pub raft: &'a Node,
    /// How the node was before.
    pub before: Seen,
    pub heard: Heard,
    pub now: Time,
    /// How long the faults have been over.
    pub calm: Option<Duration>,
    /// The clock of each node.
    pub clocks: &'a dyn Fn(NodeId) -> Time,
}

impl Step<'_> {
    /// The node's own clock.
    pub fn clock(&self) -> Time {
        (self.clocks)(self.node)
    }

    /// It has become leader in this step, or leads another term.
    pub fn was_elected(&self) -> bool {
        let leads = self.raft.role() == Role::Leader;
        let term = self.raft.current_term();
        leads && (self.before.role != Role::Leader || self.before.term != term)
    }
}

impl Group {
    /// A group of so many nodes that all begin as this one.
    pub fn new(raft: &Node, count: u32) -> Self {
        let first = Configuration::new(raft.options().initial_voters.clone());
        Group {
            witnesses: (0..count).map(|_| Witness::new(raft)).collect(),
            history: History::new(Arc::new(first), raft.options().session_limit),
            entries: Entries::default(),
            has_neighbours: false,
            leaders: Vec::new(),
            snapshots: BTreeMap::new(),
            answers: BTreeMap::new(),
            committed_in: None,
            term_at_heal: 0,
            asked_at_heal: 0,
            asked_to_stand: 0,
            findings: Findings::default(),
            tally: Tally::default(),
        }
    }

    /// What is remembered of a node.
    pub fn of(&self, node: NodeId) -> &Witness {
        &self.witnesses[node.index()]
    }

    pub fn of_mut(&mut self, node: NodeId) -> &mut Witness {
        &mut self.witnesses[node.index()]
    }

    /// Takes note of what is wrong, if it is.
    #[inline(always)]
    pub fn ensure(
        &mut self,
        holds: bool,
        judge: Judge,
        cause: &'static str,
        detail: impl FnOnce(&Group) -> String,
    ) {
        if !holds {
            let detail = detail(self);
            self.findings.add(judge, cause, detail);
        }
    }

    /// A process has taken its records back, and is about to be told so.
    pub fn started(&mut self, node: NodeId, raft: &Node) {
        let first = Arc::new(Configuration::new(raft.options().initial_voters.clone()));
        let witness = self.of_mut(node);
        let disk = std::mem::take(&mut witness.disk);
        let votes = std::mem::take(&mut witness.votes);
        *witness = Witness { disk, votes, ..Witness::new(raft) };
        witness.configurations.replace(0, first);
        witness.memory = witness.disk.log.clone();
        // What is compacted away is not looked at again, but for the last of it.
        witness.compared = witness.memory.base().saturating_sub(1);
        judge::terms::restarted(self, node, raft);
    }

    /// One of the records that it has taken back, after all were read.
    pub fn took_back(&mut self, node: NodeId, record: &Written) {
        self.of_mut(node).configurations.follow(record);
    }

    /// A node is about to be given something.
    pub fn given(&mut self, node: NodeId, raft: &Node, given: &Given<'_>, now: Time, clock: Time) {
        if let Given::Message { message: Message::TimeoutNow { .. }, .. } = given {
            self.asked_to_stand += 1;
        }
        if self.has_neighbours {
            judge::isolation::untouched(self, node, raft);
        }
        let committed = self.history.last();
        self.of_mut(node).given(node, raft, given, (now, clock), committed);
    }

    /// A step was made, and this is something that is going to happen.
    #[inline]
    pub fn planned(&mut self, node: NodeId, raft: &Node, act: Act<'_>, clock: Time) {
        match act {
            Act::Send { to, message } => {
                judge::messages::truth(self, node, raft, to, message);
                judge::elections::would_depose(self, node, raft, to, message, clock);
                judge::elections::would_vote(self, node, raft, to, message, clock);
                judge::transfers::hands_over(self, node, to, message);
                judge::reads::allowed(self, node, raft, to, message, clock);
                if let Message::AppendEntriesResponse(_) = message {
                    self.of_mut(node).heard.append_answered = true;
                }
            }
            Act::Write(record) => {
                if let Record::Ballot { .. } = record {
                    judge::elections::ballot(self, node, raft);
                }
                judge::log::written(self, node, raft, record);
            }
            Act::SetTimer(timer) => {
                judge::time::set(self, node, timer);
                self.of_mut(node).arm(timer, true);
            }
            Act::CancelTimer(timer) => self.of_mut(node).arm(timer, false),
            Act::Respond { id, response } => {
                judge::replies::planned(self, node, id, response);
                judge::reads::served(self, node, raft, id, response, clock);
            }
        }
    }

    /// A step was made, and all that is going to happen has been looked at.
    pub fn stepped(
        &mut self,
        node: NodeId,
        raft: &Node,
        now: Time,
        calm: Option<Duration>,
        clocks: &dyn Fn(NodeId) -> Time,
    ) {
        let Witness { seen: before, heard, .. } = *self.of(node);
        let silent = heard.append.is_some() && !heard.append_answered;
        self.ensure(!silent, Judge::AppendAnswered, "", |_| {
            format!("node {node} does not answer an append: {:?}", heard.append)
        });
        let step = Step { node, raft, before, heard, now, calm, clocks };
        judge::terms::stepped(self, &step);
        judge::elections::stepped(self, &step);
        judge::configurations::stepped(self, &step);
        judge::commits::stepped(self, &step);
        judge::state::stepped(self, &step);
        judge::progress::stepped(self, &step);
        judge::reads::stepped(self, &step);
        judge::transfers::stepped(self, &step);
        judge::time::stepped(self, &step);
        if self.has_neighbours {
            judge::isolation::stepped(self, &step);
        }
        let witness = self.of_mut(node);
        (witness.seen, witness.heard) = (Seen::of(raft), Heard::default());
    }

    /// Something happens.
    #[inline]
    pub fn done(&mut self, node: NodeId, act: Act<'_>) {
        match act {
            Act::Send { to, message } => judge::promises::sent(self, node, to, message),
            Act::Write(record) => self.of_mut(node).disk.write(record),
            Act::Respond { id, response } => judge::replies::answered(self, node, id, response),
            Act::SetTimer(_) | Act::CancelTimer(_) => {}
        }
    }

    /// What was on its way to a disk has arrived.
    pub fn flushed(&mut self, node: NodeId) {
        if self.of(node).disk.is_settled() {
            return;
        }
        let mut records = self.of_mut(node).disk.take_unflushed();
        let compacts = records.iter().any(|record| matches!(record, Record::Image(_)));
        for record in &records {
            judge::log::durable(self, node, record);
            self.of_mut(node).disk.keep(record);
        }
        records.clear();
        self.of_mut(node).disk.reuse(records);
        judge::commits::flushed(self, node);
        if compacts {
            self.forget();
        }
    }

    /// Forgets what every log has compacted away long ago, so that a run may be as long as it
    /// likes.
    fn forget(&mut self) {
        let bases = |witness: &Witness| witness.disk.log.base().min(witness.memory.base());
        let upto = self.witnesses.iter().map(bases).min().unwrap_or(0).saturating_sub(1);
        if upto < self.history.forgotten() + REMEMBERED {
            return;
        }
        self.history.forget(upto);
        self.entries.forget(upto);
        self.snapshots.retain(|index, _| *index > upto);
        self.answers.retain(|_, (index, _)| *index > upto);
    }

    /// A process has ended; its disk has been read again.
    pub fn crashed(&mut self, node: NodeId) {
        judge::commits::crashed(self, node);
        let witness = self.of_mut(node);
        witness.pending.clear();
        witness.claim.1.clear();
        witness.lease = None;
        witness.heard = Heard::default();
    }
}

/// A majority of a set of voters.
pub fn majority(voters: &[NodeId], counts: impl Fn(NodeId) -> bool) -> bool {
    let counted = voters.iter().filter(|voter| counts(**voter)).count();
    counted * 2 > voters.len()
}

/// A majority of the voters, and of those they take the place of.
pub fn quorum(configuration: &Configuration, counts: impl Fn(NodeId) -> bool) -> bool {
    majority(configuration.voters(), &counts)
        && (!configuration.is_joint() || majority(configuration.outgoing(), &counts))
}
