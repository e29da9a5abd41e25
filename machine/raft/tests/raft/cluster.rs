//! A small cluster of any machine on an agenda: random delays, losses and duplicates, cuts,
//! crashes in the middle of a step that keep what was flushed and a random part of the rest, and
//! clocks that run fast or slow. Disks are instant.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use stormglass_machine::{Dice, Effect, Env, Input, Kind, Machine, NodeId, RequestId, Time};

pub const MILLISECOND: u64 = 1_000_000;

enum Event<M: Machine> {
    Message { from: usize, to: usize, message: M::Message },
    Timer { node: usize, boot: u32, timer: M::Timer, set: u64 },
}

enum Written<R> {
    Record(R),
    Checkpoint(R),
}

pub struct Process<M: Machine> {
    pub machine: Option<M>,
    pub boot: u32,
    timers: Vec<(M::Timer, u64)>,
    disk: Vec<M::Record>,
    unflushed: Vec<Written<M::Record>>,
    dice: Dice,
    /// By how many parts in a million the clock is fast.
    pub fast_per_million: i64,
    /// The wall clock is ahead by this.
    pub wall_ahead: u64,
    /// The process crashes in its next step, after so many effects.
    pub crash_after: Option<usize>,
}

/// What a step has made happen, in order.
pub enum Happened<M: Machine> {
    Sent { to: NodeId, message: M::Message },
    Answered { id: RequestId, response: M::Response },
    Flushed,
}

type Build<M> = Box<dyn Fn(usize) -> M>;

pub struct Cluster<M: Machine> {
    build: Build<M>,
    pub processes: Vec<Process<M>>,
    agenda: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event<M>>,
    sequence: u64,
    pub now: u64,
    pub chance: Dice,
    pub loss_per_million: u32,
    pub duplicate_per_million: u32,
    pub delay_max: u64,
    /// Pairs that cannot hear each other: from, to.
    pub cut: Vec<(usize, usize)>,
    /// Kinds of messages that are lost, with how many more of them.
    pub lose: Vec<(&'static str, usize)>,
    pub responses: BTreeMap<u64, M::Response>,
    pub sent: BTreeMap<&'static str, u64>,
    pub flushes: u64,
    seed: u64,
    next_request: u64,
}

impl<M: Machine> Cluster<M> {
    pub fn new(nodes: usize, seed: u64, build: impl Fn(usize) -> M + 'static) -> Cluster<M> {
        let process = |node| Process {
            machine: None,
            boot: 0,
            timers: Vec::new(),
            disk: Vec::new(),
            unflushed: Vec::new(),
            dice: Dice::new(seed, "node", node as u64),
            fast_per_million: 0,
            wall_ahead: 0,
            crash_after: None,
        };
        let mut cluster = Cluster {
            build: Box::new(build),
            processes: (0..nodes).map(process).collect(),
            agenda: BinaryHeap::new(),
            events: BTreeMap::new(),
            sequence: 0,
            now: 1_000 * MILLISECOND,
            chance: Dice::new(seed, "chance", 0),
            loss_per_million: 0,
            duplicate_per_million: 0,
            delay_max: 5 * MILLISECOND,
            cut: Vec::new(),
            lose: Vec::new(),
            responses: BTreeMap::new(),
            sent: BTreeMap::new(),
            flushes: 0,
            seed,
            next_request: 0,
        };
        for node in 0..nodes {
            cluster.boot(node);
        }
        cluster
    }

    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// A machine with what the disk of a node has.
    pub fn restored(&self, node: usize) -> M {
        let mut machine = (self.build)(node);
        for record in &self.processes[node].disk {
            machine.restore(record.clone());
        }
        machine
    }

    pub fn boot(&mut self, node: usize) -> Vec<Happened<M>> {
        assert!(!self.is_up(node), "node {node} is up");
        let machine = self.restored(node);
        let process = &mut self.processes[node];
        process.machine = Some(machine);
        process.boot += 1;
        process.timers.clear();
        process.dice = Dice::new(self.seed, "node", node as u64 * 1_000 + u64::from(process.boot));
        self.step(node, Input::Start)
    }

    /// Stops a node. Its disk keeps what was flushed, and any first part of the rest.
    pub fn crash(&mut self, node: usize) {
        let process = &mut self.processes[node];
        process.machine = None;
        process.crash_after = None;
        let kept = self.chance.within(0..=process.unflushed.len() as u64) as usize;
        process.unflushed.truncate(kept);
        self.flush(node);
    }

    fn flush(&mut self, node: usize) {
        let process = &mut self.processes[node];
        for written in process.unflushed.drain(..) {
            match written {
                Written::Record(record) => process.disk.push(record),
                Written::Checkpoint(record) => process.disk = vec![record],
            }
        }
    }

    pub fn is_up(&self, node: usize) -> bool {
        self.processes[node].machine.is_some()
    }

    pub fn node(&self, node: usize) -> &M {
        self.processes[node].machine.as_ref().expect("the node is up")
    }

    pub fn live(&self) -> impl Iterator<Item = (usize, &M)> {
        self.processes
            .iter()
            .enumerate()
            .filter_map(|(node, process)| Some((node, process.machine.as_ref()?)))
    }

    pub fn records_on_disk(&self, node: usize) -> usize {
        self.processes[node].disk.len()
    }

    /// The node's own monotonic clock.
    pub fn clock(&self, node: usize) -> Time {
        let fast = self.processes[node].fast_per_million;
        let nanos = i128::from(self.now) * i128::from(1_000_000 + fast) / 1_000_000;
        Time::from_nanos(nanos as u64)
    }

    pub fn cut_off(&mut self, node: usize) {
        for other in (0..self.len()).filter(|other| *other != node) {
            self.cut.extend([(node, other), (other, node)]);
        }
    }

    pub fn split(&mut self, left: &[usize], right: &[usize]) {
        for (a, b) in left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b))) {
            self.cut.extend([(a, b), (b, a)]);
        }
    }

    pub fn request_id(&mut self) -> u64 {
        self.next_request += 1;
        self.next_request
    }

    /// Asks a node; the response, once there is one, is found by the number that is returned.
    pub fn ask(&mut self, node: usize, request: M::Request) -> u64 {
        let id = self.request_id();
        self.ask_as(id, node, request);
        id
    }

    pub fn ask_as(&mut self, id: u64, node: usize, request: M::Request) -> Vec<Happened<M>> {
        if !self.is_up(node) {
            return Vec::new();
        }
        self.step(node, Input::Request { id: RequestId(id), request })
    }

    /// Lets a message arrive now.
    pub fn deliver(&mut self, from: usize, to: usize, message: M::Message) -> Vec<Happened<M>> {
        let from = NodeId(from as u32);
        self.step(to, Input::Message { from, message })
    }

    /// Lets a timer fire now, whether it is set or not.
    pub fn fire(&mut self, node: usize, timer: M::Timer) -> Vec<Happened<M>> {
        self.step(node, Input::Timer(timer))
    }

    /// Puts records on the disk of a node that is down.
    pub fn preset(&mut self, node: usize, records: Vec<M::Record>) {
        assert!(!self.is_up(node), "node {node} is up");
        self.processes[node].disk = records;
    }

    fn step(&mut self, node: usize, input: Input<M>) -> Vec<Happened<M>> {
        let (clock, seed) = (self.clock(node), self.seed);
        let process = &mut self.processes[node];
        let wall = clock + Duration::from_nanos(process.wall_ahead);
        let mut effects = Vec::new();
        let mut dice = std::mem::replace(&mut process.dice, Dice::new(seed, "unused", 0));
        let mut env = Env::new(NodeId(node as u32), clock, wall, &mut dice, &mut effects);
        process.machine.as_mut().expect("the node is up").step(input, &mut env);
        process.dice = dice;
        let cut_at = process.crash_after.take().filter(|after| *after < effects.len());
        let mut happened = Vec::new();
        for effect in effects.drain(..cut_at.unwrap_or(effects.len())) {
            self.perform(node, effect, &mut happened);
        }
        if cut_at.is_some() {
            self.crash(node);
        }
        happened
    }

    fn perform(&mut self, node: usize, effect: Effect<M>, happened: &mut Vec<Happened<M>>) {
        let process = &mut self.processes[node];
        match effect {
            Effect::Send { to, message } => {
                happened.push(Happened::Sent { to, message: message.clone() });
                *self.sent.entry(message.kind()).or_default() += 1;
                self.transmit(node, to.index(), message);
            }
            Effect::SetTimer { timer, after } => {
                let fast = process.fast_per_million;
                let true_time = after.as_nanos() as i128 * 1_000_000 / i128::from(1_000_000 + fast);
                process.timers.retain(|(name, _)| *name != timer);
                process.timers.push((timer, self.sequence));
                let (boot, set) = (process.boot, self.sequence);
                let at = self.now + true_time as u64 + 1;
                self.schedule(at, Event::Timer { node, boot, timer, set });
            }
            Effect::CancelTimer { timer } => process.timers.retain(|(name, _)| *name != timer),
            Effect::Write(record) => process.unflushed.push(Written::Record(record)),
            Effect::Checkpoint(record) => process.unflushed.push(Written::Checkpoint(record)),
            Effect::Flush => {
                self.flushes += 1;
                self.flush(node);
                happened.push(Happened::Flushed);
            }
            Effect::Respond { id, response } => {
                happened.push(Happened::Answered { id, response: response.clone() });
                let before = self.responses.insert(id.0, response);
                assert!(before.is_none(), "request {} is answered twice", id.0);
            }
        }
    }

    fn transmit(&mut self, from: usize, to: usize, message: M::Message) {
        let kind = message.kind();
        if let Some((_, left)) =
            self.lose.iter_mut().find(|(name, left)| *name == kind && *left > 0)
        {
            *left -= 1;
            return;
        }
        if self.cut.contains(&(from, to)) || self.chance.per_million(self.loss_per_million) {
            return;
        }
        if self.chance.per_million(self.duplicate_per_million) {
            let at = self.arrival() + 20 * self.delay_max;
            self.schedule(at, Event::Message { from, to, message: message.clone() });
        }
        let at = self.arrival();
        self.schedule(at, Event::Message { from, to, message });
    }

    fn arrival(&mut self) -> u64 {
        self.now + self.chance.within(MILLISECOND / 10..=self.delay_max)
    }

    fn schedule(&mut self, at: u64, event: Event<M>) {
        self.agenda.push(Reverse((at, self.sequence)));
        self.events.insert(self.sequence, event);
        self.sequence += 1;
    }

    /// Lets the next thing happen, if it is due before `until`: at which node, and what came of
    /// it. `None` if there is nothing left to happen before.
    pub fn advance(&mut self, until: u64) -> Option<(usize, Vec<Happened<M>>)> {
        loop {
            let Reverse((at, sequence)) = *self.agenda.peek()?;
            if at > until {
                self.now = until;
                return None;
            }
            self.agenda.pop();
            self.now = self.now.max(at);
            match self.events.remove(&sequence).expect("it was scheduled") {
                Event::Message { from, to, message } => {
                    if to < self.len() && self.is_up(to) && !self.cut.contains(&(from, to)) {
                        return Some((to, self.deliver(from, to, message)));
                    }
                }
                Event::Timer { node, boot, timer, set } => {
                    let process = &mut self.processes[node];
                    let current = process.timers.iter().position(|one| *one == (timer, set));
                    if let Some(position) = current.filter(|_| process.boot == boot)
                        && process.machine.is_some()
                    {
                        process.timers.remove(position);
                        return Some((node, self.step(node, Input::Timer(timer))));
                    }
                }
            }
        }
    }
}
