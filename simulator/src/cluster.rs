use std::collections::VecDeque;
use std::time::Duration;

use smallvec::SmallVec;
use stormglass_history::History;
use stormglass_machine::{Dice, Effect, Machine, NodeId, RequestId, Time};

use crate::agenda::Agenda;
use crate::clients::{Clients, Driver};
use crate::clock::Clock;
use crate::decisions::FlushFate;
use crate::deviation::Deviation;
use crate::disk::Disk;
use crate::faults::{Breakage, Broken};
use crate::knob::Knobs;
use crate::network::Network;

/// The virtual cluster as it is at this moment: what checkers may look at.
pub struct Cluster<M: Machine> {
    pub(crate) now: Time,
    pub(crate) heal: Time,
    pub(crate) nodes: Vec<Node<M>>,
    pub(crate) agenda: Agenda<Occurrence<M>>,
    /// What deviates from the dull run at a time of its own.
    pub(crate) plan: Vec<Deviation<M::Request>>,
    pub(crate) network: Network,
    /// The position in the plan of what says which nodes do not heal.
    pub(crate) broken: Option<usize>,
    /// The positions in the plan of the disks that are full or slow.
    pub(crate) bad_disks: Vec<usize>,
    /// Durable data may be destroyed beyond what the scenario tolerates.
    pub(crate) beyond: bool,
    pub(crate) clients: Driver<M>,
    pub(crate) knobs: Knobs,
}

/// One node: a process that may be down, and what it has around it.
///
/// In this order and at the beginning of a cache line, since a large cluster does not fit into the
/// nearest cache: most events touch nothing below the dice.
#[repr(C, align(64))]
pub(crate) struct Node<M: Machine> {
    pub(crate) machine: Option<M>,
    /// The timers that are set, each with the token that its occurrence carries.
    pub(crate) timers: SmallVec<[(M::Timer, u32); 2]>,
    pub(crate) clock: Clock,
    /// Set while it is paused: when it goes on, and the position of the pause in the plan.
    pub(crate) paused: Option<(Time, usize)>,
    /// The crash that strikes in the next step with enough effects.
    pub(crate) armed: Option<Armed>,
    /// Counts the starts; what belongs to an earlier one is void.
    pub(crate) boot: u32,
    pub(crate) next_token: u32,
    pub(crate) flushing: bool,
    pub(crate) dice: Dice,
    pub(crate) disk: Disk<M::Record>,
    /// Effects that wait for a flush, the last to happen first.
    pub(crate) waiting: Vec<Effect<M>>,
    /// What came while the node was flushing or paused, the oldest first.
    pub(crate) held: VecDeque<Occurrence<M>>,
    /// The crash that cuts what waits for a flush, counting down.
    pub(crate) striking: Option<Armed>,
    /// What becomes of the flush under way.
    pub(crate) flush_fate: FlushFate,
    /// How often the flush under way has failed.
    pub(crate) flush_failures: u32,
    /// Faults may destroy its durable data.
    pub(crate) losable: bool,
    /// Its machine has refused to start with what is on the disk.
    pub(crate) refused: bool,
}

/// A crash that waits for a step with more effects than this; of that step, so many happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Armed {
    pub(crate) after_effects: u32,
    pub(crate) plan: usize,
}

/// Something on the agenda.
pub(crate) enum Occurrence<M: Machine> {
    Start {
        node: NodeId,
        boot: u32,
    },
    Message {
        from: NodeId,
        to: NodeId,
        message: M::Message,
    },
    Timer {
        node: NodeId,
        token: u32,
    },
    /// A request is made, or an episode begins.
    Planned(usize),
    ImpairmentEnds(usize),
    BadDiskEnds(usize),
    PauseEnds {
        node: NodeId,
        plan: usize,
    },
    Flushed {
        node: NodeId,
        boot: u32,
    },
    /// The request of a client arrives: for the operation at this position of the plan.
    Ask {
        position: u32,
        attempt: u32,
        node: NodeId,
    },
    /// An answer arrives at a client.
    Answer {
        slot: u32,
    },
    /// A client has waited for long enough.
    Wake {
        position: u32,
        attempt: u32,
    },
    Heal,
    End,
}

impl<M: Machine> Clone for Occurrence<M> {
    fn clone(&self) -> Self {
        match *self {
            Occurrence::Message { from, to, ref message } => {
                Occurrence::Message { from, to, message: message.clone() }
            }
            Occurrence::Start { node, boot } => Occurrence::Start { node, boot },
            Occurrence::Timer { node, token } => Occurrence::Timer { node, token },
            Occurrence::Planned(position) => Occurrence::Planned(position),
            Occurrence::ImpairmentEnds(position) => Occurrence::ImpairmentEnds(position),
            Occurrence::BadDiskEnds(position) => Occurrence::BadDiskEnds(position),
            Occurrence::PauseEnds { node, plan } => Occurrence::PauseEnds { node, plan },
            Occurrence::Flushed { node, boot } => Occurrence::Flushed { node, boot },
            Occurrence::Ask { position, attempt, node } => {
                Occurrence::Ask { position, attempt, node }
            }
            Occurrence::Answer { slot } => Occurrence::Answer { slot },
            Occurrence::Wake { position, attempt } => Occurrence::Wake { position, attempt },
            Occurrence::Heal => Occurrence::Heal,
            Occurrence::End => Occurrence::End,
        }
    }
}

impl<M: Machine> Node<M> {
    /// The same, by what copies machines.
    pub(crate) fn copy(&self, machine: fn(&M) -> M) -> Self {
        Node {
            machine: self.machine.as_ref().map(machine),
            timers: self.timers.clone(),
            clock: self.clock,
            paused: self.paused,
            armed: self.armed,
            boot: self.boot,
            next_token: self.next_token,
            flushing: self.flushing,
            dice: self.dice.clone(),
            disk: self.disk.clone(),
            waiting: self.waiting.clone(),
            held: self.held.clone(),
            striking: self.striking,
            flush_fate: self.flush_fate,
            flush_failures: self.flush_failures,
            losable: self.losable,
            refused: self.refused,
        }
    }

    fn new(seed: u64, id: NodeId) -> Self {
        Node {
            machine: None,
            boot: 0,
            dice: node_dice(seed, id, 0),
            clock: Clock::default(),
            disk: Disk::new(),
            timers: SmallVec::new(),
            next_token: 0,
            waiting: Vec::new(),
            flushing: false,
            flush_fate: FlushFate::default(),
            flush_failures: 0,
            losable: false,
            refused: false,
            paused: None,
            held: VecDeque::new(),
            armed: None,
            striking: None,
        }
    }

    fn reset(&mut self, seed: u64, id: NodeId) {
        self.stop();
        self.boot = 0;
        self.dice = node_dice(seed, id, 0);
        self.clock = Clock::default();
        self.disk.clear();
        self.next_token = 0;
        self.losable = false;
        self.refused = false;
    }

    /// Loses everything volatile.
    pub(crate) fn stop(&mut self) {
        self.machine = None;
        self.timers.clear();
        self.waiting.clear();
        self.flushing = false;
        self.flush_fate = FlushFate::default();
        self.flush_failures = 0;
        self.paused = None;
        self.held.clear();
        self.armed = None;
        self.striking = None;
    }

    /// True while it is up but takes no input.
    pub(crate) fn holds(&self) -> bool {
        self.flushing || self.paused.is_some()
    }

    /// True if it is up and neither flushing nor paused.
    #[inline]
    pub(crate) fn takes_input(&self) -> bool {
        self.machine.is_some() && !self.holds()
    }

    /// Keeps what has come for later, unless it is down.
    pub(crate) fn hold(&mut self, occurrence: Occurrence<M>) {
        if self.machine.is_some() {
            self.held.push_back(occurrence);
        }
    }

    /// What it has held back longest, if it takes input again.
    pub(crate) fn next_held(&mut self) -> Option<Occurrence<M>> {
        if self.takes_input() { self.held.pop_front() } else { None }
    }

    /// Unsets the timer with this token, if it is still set.
    pub(crate) fn take_timer(&mut self, token: u32) -> Option<M::Timer> {
        let position = self.timers.iter().position(|(_, set)| *set == token)?;
        Some(self.timers.swap_remove(position).0)
    }

    pub(crate) fn cancel_timer(&mut self, timer: M::Timer) {
        if let Some(position) = self.timers.iter().position(|(set, _)| *set == timer) {
            self.timers.swap_remove(position);
        }
    }
}

/// A node's dice depend on the seed, the node and how often it started, and on nothing else.
pub(crate) fn node_dice(seed: u64, node: NodeId, boot: u32) -> Dice {
    Dice::new(seed, "node", u64::from(node.0) << 32 | u64::from(boot))
}

/// The id of a client's nth request.
pub(crate) fn request_id(client: u32, nth: u32) -> RequestId {
    RequestId(u64::from(client) << 32 | u64::from(nth))
}

impl<M: Machine> Cluster<M> {
    pub(crate) fn new(clients: Option<Clients<M>>, knobs: Knobs) -> Self {
        Cluster {
            now: Time::ZERO,
            heal: Time::MAX,
            nodes: Vec::new(),
            agenda: Agenda::new(),
            plan: Vec::new(),
            network: Network::default(),
            broken: None,
            bad_disks: Vec::new(),
            beyond: false,
            clients: Driver::new(clients),
            knobs,
        }
    }

    pub(crate) fn reset(&mut self, seed: u64, count: u32, heal: Time) {
        self.now = Time::ZERO;
        self.heal = heal;
        self.agenda.clear();
        self.network.mend();
        self.broken = None;
        self.bad_disks.clear();
        self.beyond = Deviation::goes_beyond(&self.plan);
        self.clients.reset();
        self.knobs.reset();
        self.nodes.truncate(count as usize);
        for (node, id) in self.nodes.iter_mut().zip(0..) {
            node.reset(seed, NodeId(id));
        }
        for id in self.nodes.len() as u32..count {
            self.nodes.push(Node::new(seed, NodeId(id)));
        }
    }

    /// True time since the start.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The tunables of the machines, as they are set in this run.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// How many nodes there are, up or down.
    pub fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// All nodes, up or down.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<M> {
        (0..self.count()).map(NodeId)
    }

    /// True if the process of this node runs, be it paused or waiting for its disk.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.nodes[node.index()].machine.is_some()
    }

    /// The machine of a node, if it is up.
    pub fn get(&self, node: NodeId) -> Option<&M> {
        self.nodes[node.index()].machine.as_ref()
    }

    /// The machine of a node.
    ///
    /// # Panics
    ///
    /// If the node is down.
    pub fn machine(&self, node: NodeId) -> &M {
        self.get(node).unwrap_or_else(|| panic!("node {node} is down and has no machine"))
    }

    /// The nodes that are up, with their machines.
    pub fn live(&self) -> impl Iterator<Item = (NodeId, &M)> {
        self.ids().filter_map(|node| Some((node, self.get(node)?)))
    }

    /// The durable records of a node that can be read, oldest first: what a restart would find.
    pub fn records(&self, node: NodeId) -> impl ExactSizeIterator<Item = &M::Record> {
        self.nodes[node.index()].disk.durable()
    }

    /// How many records of a node a crash could lose.
    pub fn unflushed(&self, node: NodeId) -> usize {
        self.nodes[node.index()].disk.unflushed()
    }

    /// True if the machine of this node has refused to start with what is on its disk: the node is
    /// down until its disk is replaced.
    pub fn refused(&self, node: NodeId) -> bool {
        self.nodes[node.index()].refused
    }

    /// True if durable data may be destroyed in this run beyond what the scenario
    /// [tolerates](crate::Scenario::tolerates).
    pub fn is_beyond_tolerance(&self) -> bool {
        self.beyond
    }

    /// True while a node is up and takes no input, since it is paused or waits for its disk.
    pub fn is_held(&self, node: NodeId) -> bool {
        self.nodes[node.index()].holds()
    }

    /// How often a node has crashed, or stopped by itself, or refused to start.
    pub fn crashes(&self, node: NodeId) -> u32 {
        self.nodes[node.index()].boot
    }

    /// A node's monotonic clock.
    pub fn clock(&self, node: NodeId) -> Time {
        self.nodes[node.index()].clock.monotonic(self.now)
    }

    /// A node's wall clock.
    pub fn wall_clock(&self, node: NodeId) -> Time {
        self.nodes[node.index()].clock.wall(self.now)
    }

    /// True until every fault has ended.
    pub(crate) fn is_stormy(&self) -> bool {
        self.now < self.heal
    }

    /// How much later than at `due` a fault may make something happen: it ends with the storm.
    pub(crate) fn until_heal(&self, due: Time, by: Duration) -> Duration {
        by.min(self.heal.since(due))
    }

    /// The nodes that heal at the end of the storm: all, unless this run has others that stay
    /// broken for ever. What must come true in the calm is asked of these.
    pub fn core(&self) -> impl Iterator<Item = NodeId> {
        let broken = self.broken_nodes().map_or(&[][..], |broken| &broken.nodes[..]);
        self.ids().filter(|node| broken.binary_search(node).is_err())
    }

    /// The nodes that do not heal, and what is wrong with them.
    pub(crate) fn broken_nodes(&self) -> Option<&Broken> {
        match self.plan.get(self.broken?) {
            Some(Deviation::Broken(broken)) => Some(broken),
            _ => unreachable!("that is where it stands"),
        }
    }

    /// True if the storm is over and this node never starts again.
    pub(crate) fn stays_down(&self, node: NodeId) -> bool {
        !self.is_stormy()
            && self.broken_nodes().is_some_and(|broken| {
                broken.how == Breakage::Down && broken.nodes.binary_search(&node).is_ok()
            })
    }

    /// True if what one node sends to the other now is not cut off, or one plane of it only.
    pub fn is_linked(&self, from: NodeId, to: NodeId) -> bool {
        from == to || !self.network.is_cut(&self.plan, from, to, self.count())
    }

    /// What clients asked and were answered so far; empty if the scenario has no
    /// [clients that wait for answers](crate::Scenario::clients).
    pub fn history(&self) -> &History<M::Request, M::Response> {
        &self.clients.history
    }

    /// True if the client whose operation this is still waits in this attempt.
    pub(crate) fn is_waited_for(&self, position: u32, attempt: u32) -> bool {
        let Deviation::Request { client, .. } = self.plan[position as usize] else {
            unreachable!("clients make requests")
        };
        self.clients
            .open(client)
            .is_some_and(|open| open.position == position as usize && open.attempt == attempt)
    }

    /// How long every fault has been over; nothing while the storm lasts.
    pub fn calm(&self) -> Option<Duration> {
        (!self.is_stormy()).then(|| self.now.since(self.heal))
    }
}
