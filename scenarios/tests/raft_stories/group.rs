//! A group of Raft nodes that does what a story says.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use stormglass_machine::{NodeId, RequestId};
use stormglass_raft::{Configuration, ConfigurationChange, LogIndex, Options, Request, Role};
use stormglass_replay::script;
use stormglass_scenarios::raft::{Answer, Command, Node, Plan, Query, Replicated};
use stormglass_simulator::{Faults, Script, Settings, World};

/// What a node answers.
pub type Response = stormglass_raft::Response<Answer>;

/// Every node confirms each read by a round, compacts nothing, and nobody asks twice.
pub const PLAN: Plan = Plan {
    name: "raft-story",
    about: "A group of nodes to which happens what a story says.",
    nodes: 1..=6,
    settings,
    configure: |options, _| patient(options),
    ask: |_, _, _| {},
    restarts: |_, _| Vec::new(),
    patience: None,
    sometimes: Vec::new,
    clocks_are_sound: true,
    losable: |_| 0,
    bugs: &[],
};

fn settings() -> Settings {
    Settings {
        latency: Duration::from_millis(10),
        storm: Duration::from_secs(12),
        calm: Duration::from_secs(5),
        faults: Faults::NONE,
        ..Settings::default()
    }
}

/// Without leases and snapshots.
pub fn patient(options: Options) -> Options {
    Options { snapshot_threshold: 1_000, ..options.with_lease_duration(None) }
}

/// The first three nodes are the first voters; the others wait to be called.
pub static OPEN: Plan = Plan {
    configure: |options, _| Options {
        initial_voters: (0..3).map(NodeId).collect(),
        ..patient(options)
    },
    ..PLAN
};

/// A group of nodes, and what a story says of it.
pub struct Group<'s>(Script<'s, Replicated>);

impl<'s> Deref for Group<'s> {
    type Target = Script<'s, Replicated>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Group<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Long enough for a round and its answer, and much shorter than an election timeout.
pub const A_MOMENT: Duration = Duration::from_millis(60);
/// Long enough for an election, if one comes.
pub const A_WHILE: Duration = Duration::from_millis(1_000);

impl<'s> Group<'s> {
    /// So many nodes that have just started.
    #[track_caller]
    pub fn of(scenario: &'s Replicated, nodes: u32) -> Self {
        Group(script(scenario, nodes))
    }

    /// The same once a leader has committed in its term; and that leader.
    #[track_caller]
    pub fn with_leader(scenario: &'s Replicated, nodes: u32) -> (Self, NodeId) {
        let mut group = Group::of(scenario, nodes);
        let leader = group.elect();
        (group, leader)
    }

    /// Waits for a leader that has committed in its term.
    #[track_caller]
    pub fn elect(&mut self) -> NodeId {
        self.elect_other_than(None)
    }

    /// Waits for such a leader that is not this node.
    #[track_caller]
    pub fn elect_other_than(&mut self, node: Option<NodeId>) -> NodeId {
        let ready = |world: &World<'_, Replicated>| {
            let mut live = world.live();
            let other = |(id, raft): &(NodeId, &Node)| Some(*id) != node && leads(raft);
            live.find(other).map(|(id, _)| id)
        };
        self.run_until(|world| ready(world).is_some());
        ready(self).expect("it was there a moment ago")
    }

    /// A member besides these.
    pub fn other_than(&self, nodes: &[NodeId]) -> NodeId {
        let mut members = self.ids().filter(|node| !nodes.contains(node));
        members.next().expect("there is another")
    }

    /// Asks a node to append a value to the list.
    #[track_caller]
    pub fn append(&mut self, node: NodeId, value: u32) -> RequestId {
        let command = Command::Append { key: 0, value };
        self.ask(node, Request::ClientCommand { command, session: None })
    }

    /// Appends values, one after another, each when the one before is answered.
    #[track_caller]
    pub fn append_all(&mut self, node: NodeId, values: impl IntoIterator<Item = u32>) {
        for value in values {
            let asked = self.append(node, value);
            let answer = self.until_answered(asked);
            assert!(matches!(answer, Response::Applied { .. }), "{value}: {answer:?}");
        }
    }

    /// Asks a node for the list.
    #[track_caller]
    pub fn read(&mut self, node: NodeId) -> RequestId {
        self.ask(node, Request::Read(Query::List { key: 0 }))
    }

    /// Asks a node to change the members.
    #[track_caller]
    pub fn change(&mut self, node: NodeId, change: ConfigurationChange) -> RequestId {
        self.ask(node, Request::ConfigChange(change))
    }

    /// The same, and waits until the change is complete.
    #[track_caller]
    pub fn change_now(&mut self, node: NodeId, change: ConfigurationChange) {
        let asked = self.change(node, change.clone());
        let answer = self.until_answered(asked);
        assert!(matches!(answer, Response::ConfigChanged { .. }), "{change:?}: {answer:?}");
    }

    /// Waits for an answer.
    #[track_caller]
    pub fn until_answered(&mut self, id: RequestId) -> Response {
        for _ in 0..400 {
            if let Some(answer) = self.answer(id) {
                return answer.clone();
            }
            self.run_for(Duration::from_millis(5));
        }
        panic!("not answered within two seconds:\n{}", self.story().join("\n"));
    }

    /// What was read.
    #[track_caller]
    pub fn until_read(&mut self, id: RequestId) -> Vec<u32> {
        match self.until_answered(id) {
            Response::Read { response: Answer::List(list), .. } => list.to_vec(),
            other => panic!("it was not read, but {other:?}"),
        }
    }

    /// Waits until these nodes have applied all that the leader has.
    #[track_caller]
    pub fn until_level(&mut self, leader: NodeId, nodes: &[NodeId]) {
        self.run_until(|world| {
            let last = world.machine(leader).log().last_index();
            nodes.iter().all(|node| world.machine(*node).last_applied() == last)
        });
    }

    /// The list, as a node has it.
    pub fn list(&self, node: NodeId) -> Vec<u32> {
        list(self.machine(node))
    }

    /// The configuration that is in force at a node.
    pub fn configuration(&self, node: NodeId) -> &Configuration {
        self.machine(node).configuration()
    }

    /// Where a node's newest snapshot was taken; zero if there is none.
    pub fn snapshot_of(&self, node: NodeId) -> LogIndex {
        snapshot_index(self.machine(node))
    }

    /// A node sends no answers to appends until it is let go.
    #[track_caller]
    pub fn silence(&mut self, nodes: &[NodeId], towards: NodeId) {
        nodes.iter().for_each(|node| self.hold("AppendEntriesResponse", *node, towards));
    }

    /// What it would have answered arrives.
    #[track_caller]
    pub fn let_go(&mut self, nodes: &[NodeId], towards: NodeId) {
        nodes.iter().for_each(|node| self.release("AppendEntriesResponse", *node, towards));
    }
}

/// It leads, and has committed in its term.
pub fn leads(raft: &Node) -> bool {
    let committed = raft.log().term_at(raft.commit_index());
    raft.role() == Role::Leader && committed == Some(raft.current_term())
}

/// The list that a node has.
pub fn list(raft: &Node) -> Vec<u32> {
    use stormglass_raft::StateMachine as _;
    match raft.state_machine().query(&Query::List { key: 0 }) {
        Answer::List(list) => list.to_vec(),
        other => unreachable!("a list is no {other:?}"),
    }
}

/// Where the newest snapshot was taken.
pub fn snapshot_index(raft: &Node) -> LogIndex {
    raft.snapshot().map_or(0, |snapshot| snapshot.metadata.last_included_index)
}
