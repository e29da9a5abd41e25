use std::collections::VecDeque;
use std::time::Duration;

use smallvec::SmallVec;
use stormglass_machine::{Dice, Effect, Machine, NodeId, RequestId, Time};

use crate::agenda::Agenda;
use crate::clock::Clock;
use crate::deviation::Deviation;
use crate::disk::Disk;
use crate::knob::Knobs;

/// The virtual cluster as it is at this moment: what checkers may look at.
pub struct Cluster<M: Machine> {
    pub(crate) now: Time,
    pub(crate) heal: Time,
    pub(crate) nodes: Vec<Node<M>>,
    pub(crate) agenda: Agenda<Occurrence<M>>,
    /// What deviates from the dull run at a time of its own.
    pub(crate) plan: Vec<Deviation<M::Request>>,
    /// The positions in the plan of the cuts in force.
    pub(crate) cuts: Vec<usize>,
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
    /// A request is made, or a crash, cut or pause begins.
    Planned(usize),
    CutEnds(usize),
    PauseEnds {
        node: NodeId,
        plan: usize,
    },
    Flushed {
        node: NodeId,
        boot: u32,
    },
    Heal,
    End,
}

impl<M: Machine> Node<M> {
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
    }

    /// Loses everything volatile.
    pub(crate) fn stop(&mut self) {
        self.machine = None;
        self.timers.clear();
        self.waiting.clear();
        self.flushing = false;
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
    pub(crate) fn new(knobs: Knobs) -> Self {
        Cluster {
            now: Time::ZERO,
            heal: Time::MAX,
            nodes: Vec::new(),
            agenda: Agenda::new(),
            plan: Vec::new(),
            cuts: Vec::new(),
            knobs,
        }
    }

    pub(crate) fn reset(&mut self, seed: u64, count: u32, heal: Time) {
        self.now = Time::ZERO;
        self.heal = heal;
        self.agenda.clear();
        self.cuts.clear();
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

    /// The durable records of a node, oldest first.
    pub fn records(&self, node: NodeId) -> impl ExactSizeIterator<Item = &M::Record> {
        self.nodes[node.index()].disk.durable()
    }

    /// How many records of a node a crash could lose.
    pub fn unflushed(&self, node: NodeId) -> usize {
        self.nodes[node.index()].disk.unflushed()
    }

    /// True while a node is up and takes no input, since it is paused or waits for its disk.
    pub fn is_held(&self, node: NodeId) -> bool {
        self.nodes[node.index()].holds()
    }

    /// How often a node has crashed.
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

    /// True if what one node sends to the other now is not cut off.
    pub fn is_linked(&self, from: NodeId, to: NodeId) -> bool {
        let cuts = |position: &usize| match &self.plan[*position] {
            Deviation::Cut(cut) => cut.shape.cuts(from, to, self.count()),
            _ => false,
        };
        from == to || !self.cuts.iter().any(cuts)
    }

    /// How long every fault has been over; nothing while the storm lasts.
    pub fn calm(&self) -> Option<Duration> {
        (!self.is_stormy()).then(|| self.now.since(self.heal))
    }
}
