//! What must hold in a group, checked after every step with what no node can know.

use std::collections::BTreeMap;

use stormglass_machine::{Machine, NodeId};
use stormglass_raft::{
    AppendOutcome, Configuration, LogIndex, Message, Payload, Raft, Response, Role, Term,
};

use super::cluster::{Cluster, Happened};
use super::list::List;

type Node = Raft<List>;
type Fact = (Term, Payload<u64>);

/// The truth, as far as it has come to light.
#[derive(Default)]
pub struct Ledger {
    leader_of: BTreeMap<Term, NodeId>,
    votes: BTreeMap<(usize, Term), NodeId>,
    /// By index and term: the entry, and the term before it.
    entries: BTreeMap<(LogIndex, Term), (Payload<u64>, Option<Term>)>,
    pub committed: BTreeMap<LogIndex, Fact>,
    /// The state after each index.
    states: BTreeMap<LogIndex, Vec<u64>>,
    /// What each node had at the end of its last step: term, commit index, last applied, role.
    seen: BTreeMap<usize, (Term, LogIndex, LogIndex, Role, LogIndex)>,
    /// What was committed when a read was asked.
    reads: BTreeMap<u64, LogIndex>,
    /// What clients were told stands at which position of the list.
    promised: BTreeMap<u64, u64>,
    /// By leader's term and follower: what is known to match.
    matched: BTreeMap<(Term, NodeId), LogIndex>,
    pub findings: Vec<String>,
}

impl Ledger {
    pub fn find(&mut self, property: &str, details: impl std::fmt::Debug) {
        self.findings.push(format!("{property}: {details:?}"));
    }

    pub fn read_asked(&mut self, id: u64) {
        self.reads.insert(id, self.last_committed());
    }

    pub fn last_committed(&self) -> LogIndex {
        self.committed.keys().next_back().copied().unwrap_or(0)
    }

    pub fn forget(&mut self, node: usize) {
        self.seen.remove(&node);
    }

    /// Looks at a node after its step.
    pub fn check(&mut self, cluster: &Cluster<Node>, node: usize, happened: &[Happened<Node>]) {
        self.check_messages(cluster, node, happened);
        if !cluster.is_up(node) {
            self.forget(node);
            return;
        }
        let raft = cluster.node(node);
        self.check_leader(raft);
        self.check_log(raft);
        self.check_configurations(raft);
        self.check_commit(cluster, node);
        self.check_state(raft);
        self.check_matches(cluster, raft);
        self.check_leases(cluster);
        let (role, last) = (raft.role(), raft.log().last_index());
        let seen = (raft.current_term(), raft.commit_index(), raft.last_applied(), role, last);
        if let Some(before) = self.seen.insert(node, seen) {
            if seen.0 < before.0 {
                self.find("term-monotone", (node, before.0, seen.0));
            }
            if seen.1 < before.1 || seen.2 < before.2 {
                self.find("bounds", (node, before, seen));
            }
            let leads_on = before.3 == Role::Leader && role == Role::Leader && before.0 == seen.0;
            if leads_on && last < before.4 {
                self.find("leader-append-only", (node, before.4, last));
            }
        }
    }

    fn check_messages(
        &mut self,
        cluster: &Cluster<Node>,
        node: usize,
        happened: &[Happened<Node>],
    ) {
        // Effects happen in order and the disk is instant, so what the disk has at the end of the
        // step is what it had at the last promise, or more.
        let restored = happened
            .iter()
            .any(|one| matches!(one, Happened::Sent { .. }))
            .then(|| cluster.restored(node));
        for one in happened {
            match one {
                Happened::Sent { to, message: Message::TimeoutNow { term } }
                    if cluster.is_up(node) && cluster.node(node).role() == Role::Leader =>
                {
                    let raft = cluster.node(node);
                    let has = raft.leadership().match_index(*to);
                    if has != Some(raft.log().last_index()) {
                        self.find("transfer", (node, to, term, has));
                    }
                }
                Happened::Sent { to, message } => {
                    let restored = restored.as_ref().expect("something was sent");
                    self.check_promise(node, *to, message, restored);
                }
                Happened::Answered { id, response: Response::Read { index, .. } } => {
                    let asked = self.reads.get(&id.0).copied().unwrap_or(0);
                    if *index < asked {
                        self.find("fresh-read", (node, id, *index, asked));
                    }
                }
                Happened::Answered { id, response: Response::Applied { index, response } } => {
                    self.check_answer(id.0, *index, *response);
                }
                _ => {}
            }
        }
    }

    /// A command without session is the number of its request; those with one are above them all.
    fn check_answer(&mut self, id: u64, index: LogIndex, response: (u64, Option<u64>)) {
        let (position, applied) = response;
        let promised = *self.promised.entry(position).or_insert(applied.unwrap_or(0));
        if applied != Some(promised) {
            self.find("reply-truth", (id, index, response, promised));
        }
        if applied.is_some_and(|element| element < 1_000_000 && element != id) {
            self.find("reply-truth", (id, index, response));
        }
    }

    fn check_promise(
        &mut self,
        node: usize,
        to: NodeId,
        message: &<Node as Machine>::Message,
        disk: &Node,
    ) {
        let term = message.term();
        if term > disk.current_term() && !matches!(message, Message::PreVoteRequest(_)) {
            self.find("promise-on-disk", (node, "term", term, disk.current_term()));
        }
        let vote = match message {
            Message::RequestVote(_) => Some(NodeId(node as u32)),
            Message::RequestVoteResponse(response) if response.vote_granted => Some(to),
            _ => None,
        };
        if let Some(candidate) = vote {
            let before = *self.votes.entry((node, term)).or_insert(candidate);
            if before != candidate {
                self.find("one-vote", (node, term, before, candidate));
            }
            let on_disk = (disk.current_term(), disk.voted_for());
            if on_disk.0 == term && on_disk.1 != Some(candidate) {
                self.find("promise-on-disk", (node, "vote", term, on_disk));
            }
        }
        if let Message::AppendEntriesResponse(response) = message
            && let AppendOutcome::Success { match_index } = response.outcome
            && match_index > disk.log().last_index()
        {
            self.find("promise-on-disk", (node, "entries", match_index, disk.log().last_index()));
        }
    }

    fn check_leader(&mut self, raft: &Node) {
        if raft.role() != Role::Leader {
            return;
        }
        let leader = *self.leader_of.entry(raft.current_term()).or_insert(raft.id());
        if leader != raft.id() {
            self.find("election-safety", (raft.current_term(), leader, raft.id()));
        }
        let first = raft.log().first_index();
        for (index, (term, payload)) in self.committed.range(first..) {
            let entry = raft.log().entry(*index);
            let same = entry.is_some_and(|entry| (entry.term, &entry.payload) == (*term, payload));
            if *term < raft.current_term() && !same {
                let finding = format!("leader-completeness: {:?}", (raft.id(), index, term));
                self.findings.push(finding);
                return;
            }
        }
    }

    fn check_log(&mut self, raft: &Node) {
        let log = raft.log();
        for (index, entry) in (log.first_index()..).zip(log.entries()) {
            let fact = (entry.payload.clone(), log.term_at(index - 1));
            let known = self.entries.entry((index, entry.term)).or_insert_with(|| fact.clone());
            if *known != fact {
                let details = (raft.id(), index, entry.term, known.clone(), fact);
                self.find("log-matching", details);
                return;
            }
        }
    }

    /// The configuration in force is the newest in the log, and a leader has one change under way.
    fn check_configurations(&mut self, raft: &Node) {
        let all = (raft.log().first_index()..).zip(raft.log().entries());
        let changes = all.filter_map(|(index, entry)| match &entry.payload {
            Payload::Configuration(_) => Some(index),
            _ => None,
        });
        let changes: Vec<LogIndex> = changes.collect();
        let snapshot = raft.snapshot().map_or(0, |one| one.metadata.configuration_index);
        let newest = changes.last().copied().unwrap_or(0).max(snapshot);
        if raft.configuration_index() != newest {
            self.find("configuration-chain", (raft.id(), raft.configuration_index(), newest));
        }
        let committed = self.last_committed().max(raft.commit_index());
        let open = changes.iter().filter(|index| **index > committed).count();
        if raft.role() == Role::Leader && open > 1 {
            self.find("configuration-chain", (raft.id(), changes, raft.commit_index()));
        }
    }

    fn check_commit(&mut self, cluster: &Cluster<Node>, node: usize) {
        let raft = cluster.node(node);
        let before = self.seen.get(&node).map_or(0, |seen| seen.1);
        for index in before + 1..=raft.commit_index() {
            let Some(entry) = raft.log().entry(index) else { continue };
            let fact = (entry.term, entry.payload.clone());
            match self.committed.get(&index) {
                Some(known) if *known != fact => {
                    let details = (node, index, known.clone(), fact);
                    self.find("state-machine-safety", details);
                }
                Some(_) => {}
                None => {
                    self.committed.insert(index, fact);
                }
            }
        }
        let snapshot_index = raft.snapshot().map_or(0, |one| one.metadata.last_included_index);
        if raft.role() == Role::Leader && raft.commit_index() > before.max(snapshot_index) {
            self.check_justified(cluster, raft);
        }
    }

    /// A leader has committed: an entry of its own term ends it, and the disks of a quorum have it.
    fn check_justified(&mut self, cluster: &Cluster<Node>, raft: &Node) {
        let (index, term) = (raft.commit_index(), raft.log().term_at(raft.commit_index()));
        let has = |node: NodeId| {
            let disk = cluster.restored(node.index());
            disk.log().term_at(index) == term || disk.log().base() >= index
        };
        // The configuration that counted may have been followed by the next one in the same step.
        let base = raft.snapshot().map(|snapshot| &*snapshot.metadata.configuration);
        let first = Configuration::new(raft.options().initial_voters.clone());
        let in_log = raft.log().entries().iter().filter_map(|entry| match &entry.payload {
            Payload::Configuration(configuration) => Some(&**configuration),
            _ => None,
        });
        let all: Vec<_> = [base.unwrap_or(&first)].into_iter().chain(in_log).collect();
        let configurations: Vec<_> = all.into_iter().rev().take(3).collect();
        let own = term == Some(raft.current_term());
        if !own || !configurations.iter().any(|configuration| configuration.has_quorum(has)) {
            self.find("commit-justified", (raft.id(), index, term, configurations));
        }
    }

    fn check_state(&mut self, raft: &Node) {
        let index = raft.last_applied();
        let state = &raft.state_machine().elements;
        let known = self.states.entry(index).or_insert_with(|| state.clone());
        if known != state {
            let details = (raft.id(), index, known.clone(), state.clone());
            self.find("state-machine-safety", details);
        }
        for (position, element) in self.promised.range(..=state.len() as u64) {
            if state[*position as usize - 1] != *element {
                self.findings.push(format!("reply-truth: {:?}", (raft.id(), position, element)));
                break;
            }
        }
        let snapshot_index = raft.snapshot().map_or(0, |one| one.metadata.last_included_index);
        if raft.log().base() > snapshot_index {
            self.find("bounds", (raft.id(), raft.log().base(), snapshot_index));
        }
        if let Some(snapshot) = raft.snapshot() {
            let metadata = &snapshot.metadata;
            let index = metadata.last_included_index;
            let bytes: Vec<u8> = match self.states.get(&index) {
                Some(state) => {
                    state.iter().rev().flat_map(|element| element.to_le_bytes()).collect()
                }
                None => return,
            };
            if *snapshot.data != *bytes {
                self.find("snapshot-exact", (raft.id(), index, "state"));
            }
            let term = self.committed.get(&index).map(|fact| fact.0);
            if term.is_some_and(|term| term != metadata.last_included_term) {
                self.find("snapshot-exact", (raft.id(), index, term));
            }
        }
    }

    fn check_matches(&mut self, cluster: &Cluster<Node>, raft: &Node) {
        if raft.role() != Role::Leader {
            return;
        }
        // A node that was removed and comes back starts anew: its disk may have been wiped.
        let followers: Vec<NodeId> = raft.leadership().followers().collect();
        let term = raft.current_term();
        self.matched.retain(|(led, node), _| *led != term || followers.contains(node));
        for node in followers {
            let matched = raft.leadership().match_index(node).expect("a follower");
            let next = raft.leadership().next_index(node).expect("a follower");
            let before = self.matched.entry((raft.current_term(), node)).or_default();
            if matched < std::mem::replace(before, matched) {
                self.find("progress-sane", (raft.id(), node, matched));
            }
            if next <= matched {
                self.find("progress-sane", (raft.id(), node, matched, next));
            }
            if !cluster.is_up(node.index()) {
                continue;
            }
            let follower = cluster.node(node.index());
            let (ours, theirs) = (raft.log().term_at(matched), follower.log().term_at(matched));
            let compacted = matched < raft.log().base() || matched < follower.log().base();
            let newer = follower.current_term() > raft.current_term();
            if ours != theirs && !compacted && !newer {
                self.find("match-sound", (raft.id(), node, matched, ours, theirs));
            }
        }
    }

    fn check_leases(&mut self, cluster: &Cluster<Node>) {
        let leased = |(node, raft): &(usize, &Node)| raft.lease_is_valid(cluster.clock(*node));
        let holders: Vec<_> =
            cluster.live().filter(leased).map(|(node, raft)| (node, raft.current_term())).collect();
        if holders.len() > 1 {
            self.find("lease-exclusive", holders);
        }
    }
}
