//! A group of lists under the ledger's eyes, and what scripts do with it.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::{ClientId, Options, Raft, Request, Response, Role, Stamp};

use super::cluster::{Cluster, Happened, MILLISECOND};
use super::ledger::Ledger;
use super::list::List;

pub type Node = Raft<List>;

pub struct Group {
    pub cluster: Cluster<Node>,
    pub ledger: Ledger,
}

pub fn ids(nodes: impl IntoIterator<Item = u32>) -> Vec<NodeId> {
    nodes.into_iter().map(NodeId).collect()
}

/// Ten times slower than the defaults, so that delays of some milliseconds are short.
pub fn options(node: u32, voters: u32) -> Options {
    let mut options = Options::new(NodeId(node), ids(0..voters));
    options.election_timeout = Duration::from_millis(150)..=Duration::from_millis(300);
    options.lease_duration = None;
    options
}

impl Group {
    /// Nodes of which the first `voters` are the first voters.
    pub fn new(
        nodes: usize,
        voters: u32,
        seed: u64,
        adjust: impl Fn(Options) -> Options + 'static,
    ) -> Group {
        let build = move |node| Raft::new(adjust(options(node as u32, voters)), List::default());
        Group { cluster: Cluster::new(nodes, seed, build), ledger: Ledger::default() }
    }

    pub fn of(voters: u32) -> Group {
        Group::new(voters as usize, voters, 1, |options| options)
    }

    pub fn node(&self, node: usize) -> &Node {
        self.cluster.node(node)
    }

    pub fn check(&mut self, node: usize, happened: &[Happened<Node>]) {
        self.ledger.check(&self.cluster, node, happened);
    }

    pub fn crash(&mut self, node: usize) {
        self.cluster.crash(node);
        self.ledger.forget(node);
    }

    pub fn boot(&mut self, node: usize) {
        let happened = self.cluster.boot(node);
        self.check(node, &happened);
    }

    pub fn restart(&mut self, node: usize) {
        self.crash(node);
        self.boot(node);
    }

    pub fn ask(&mut self, node: usize, request: Request<u64, ()>) -> u64 {
        let id = self.cluster.request_id();
        if matches!(request, Request::Read(())) {
            self.ledger.read_asked(id);
        }
        let happened = self.cluster.ask_as(id, node, request);
        self.check(node, &happened);
        id
    }

    /// Appends the number of the request itself.
    pub fn append(&mut self, node: usize) -> u64 {
        let command = self.cluster.request_id() + 1;
        self.ask(node, Request::ClientCommand { command, session: None })
    }

    pub fn append_many(&mut self, node: usize, times: usize) -> Vec<u64> {
        (0..times).map(|_| self.append(node)).collect()
    }

    pub fn append_once(&mut self, node: usize, client: u64, sequence: u64, command: u64) -> u64 {
        let stamp = Stamp { client: ClientId(client), sequence, acknowledged: 0 };
        self.ask(node, Request::ClientCommand { command, session: Some(stamp) })
    }

    pub fn response(&self, id: u64) -> Option<&Response<(u64, Option<u64>)>> {
        self.cluster.responses.get(&id)
    }

    pub fn run(&mut self, milliseconds: u64) {
        let until = self.cluster.now + milliseconds * MILLISECOND;
        while let Some((node, happened)) = self.cluster.advance(until) {
            self.check(node, &happened);
        }
    }

    /// Runs until something holds; false if it does not within five seconds.
    pub fn comes_true(&mut self, holds: impl Fn(&Group) -> bool) -> bool {
        for _ in 0..1_000 {
            if holds(self) {
                return true;
            }
            self.run(5);
        }
        holds(self)
    }

    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&Group) -> bool) {
        assert!(self.comes_true(holds), "never came true: {what}\n{}", self.describe());
    }

    pub fn describe(&self) -> String {
        let line = |(node, raft): (usize, &Node)| {
            format!(
                "{node}: {:?} term {} log {}..{} commit {} applied {} {:?}\n",
                raft.role(),
                raft.current_term(),
                raft.log().first_index(),
                raft.log().last_index(),
                raft.commit_index(),
                raft.last_applied(),
                raft.configuration(),
            )
        };
        self.cluster.live().map(line).collect()
    }

    /// The leader of the highest term.
    pub fn leader(&self) -> Option<usize> {
        let leaders = self.cluster.live().filter(|(_, raft)| raft.role() == Role::Leader);
        leaders.max_by_key(|(_, raft)| raft.current_term()).map(|(node, _)| node)
    }

    /// Waits for a leader that has committed in its term.
    #[track_caller]
    pub fn elect(&mut self) -> usize {
        let ready = |group: &Group| {
            group.leader().is_some_and(|leader| {
                let raft = group.node(leader);
                raft.log().term_at(raft.commit_index()) == Some(raft.current_term())
            })
        };
        self.until("a leader is ready", ready);
        self.leader().expect("it is there")
    }

    #[track_caller]
    pub fn answer(&mut self, id: u64) -> Response<(u64, Option<u64>)> {
        self.until("the request is answered", |group| group.response(id).is_some());
        self.response(id).expect("it is there").clone()
    }

    pub fn elements(&self, node: usize) -> &[u64] {
        &self.node(node).state_machine().elements
    }

    /// All live members have applied the same, and the leader's whole log.
    pub fn has_converged(&self) -> bool {
        let Some(leader) = self.leader() else { return false };
        let raft = self.node(leader);
        raft.last_applied() == raft.log().last_index()
            && self.cluster.live().all(|(node, other)| {
                !raft.configuration().contains(NodeId(node as u32))
                    || other.last_applied() == raft.last_applied()
            })
    }

    #[track_caller]
    pub fn assert_sound(&self) {
        assert!(self.ledger.findings.is_empty(), "{}", self.ledger.findings.join("\n"));
    }
}
