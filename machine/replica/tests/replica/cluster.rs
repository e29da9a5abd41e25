//! A small cluster on an agenda: random delays and losses, cuts, crashes that keep what was
//! flushed and a random part of the rest. Disks are instant.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, RequestId, Time};
use stormglass_replica::{Config, Message, Record, Replica, Request, Response, Role, Timer};

pub const MILLISECOND: u64 = 1_000_000;

enum Event {
    Message { from: NodeId, to: NodeId, message: Message },
    Timer { node: usize, boot: u32, timer: Timer, set: u64 },
}

struct Process {
    replica: Option<Replica>,
    boot: u32,
    timers: BTreeMap<&'static str, u64>,
    disk: Vec<Record>,
    flushed: usize,
    started_at: u64,
}

pub struct Cluster {
    pub configs: Vec<Config>,
    processes: Vec<Process>,
    agenda: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    sequence: u64,
    pub now: u64,
    pub chance: Dice,
    pub loss_per_million: u32,
    pub delay_max: u64,
    /// Pairs that cannot hear each other: from, to.
    pub cut: Vec<(usize, usize)>,
    /// Called after every step, with the node, its effects and its state.
    pub findings: Vec<String>,
    pub responses: Vec<(usize, Response)>,
    seed: u64,
}

impl Cluster {
    pub fn start(configs: Vec<Config>, seed: u64) -> Cluster {
        let one = |_: &Config| Process {
            replica: None,
            boot: 0,
            timers: BTreeMap::new(),
            disk: Vec::new(),
            flushed: 0,
            started_at: 0,
        };
        let mut cluster = Cluster {
            processes: configs.iter().map(one).collect(),
            configs,
            agenda: BinaryHeap::new(),
            events: BTreeMap::new(),
            sequence: 0,
            now: 0,
            chance: Dice::new(seed, "chance", 0),
            loss_per_million: 0,
            delay_max: 10 * MILLISECOND,
            cut: Vec::new(),
            findings: Vec::new(),
            responses: Vec::new(),
            seed,
        };
        for node in 0..cluster.configs.len() {
            cluster.boot(node);
        }
        cluster
    }

    pub fn boot(&mut self, node: usize) {
        let process = &mut self.processes[node];
        assert!(process.replica.is_none(), "node {node} is up");
        let mut replica = Replica::new(self.configs[node].clone());
        for record in &process.disk {
            replica.restore(record.clone());
        }
        process.replica = Some(replica);
        process.boot += 1;
        process.timers.clear();
        process.started_at = self.now;
        self.step(node, Input::Start);
    }

    /// Stops a node. Its disk keeps what was flushed, and any first part of the rest.
    pub fn crash(&mut self, node: usize) {
        let process = &mut self.processes[node];
        process.replica = None;
        let loose = process.disk.len() - process.flushed;
        let kept = self.chance.within(0..=loose as u64) as usize;
        process.disk.truncate(process.flushed + kept);
        process.flushed = process.disk.len();
    }

    pub fn is_up(&self, node: usize) -> bool {
        self.processes[node].replica.is_some()
    }

    pub fn node(&self, node: usize) -> &Replica {
        self.processes[node].replica.as_ref().expect("the node is up")
    }

    pub fn live(&self) -> impl Iterator<Item = &Replica> {
        self.processes.iter().filter_map(|process| process.replica.as_ref())
    }

    pub fn leaders(&self) -> Vec<u32> {
        let leads = |replica: &&Replica| replica.role() == Role::Leader;
        self.live().filter(leads).map(|replica| replica.config().node.0).collect()
    }

    pub fn ask(&mut self, node: usize, request: Request) {
        if self.is_up(node) {
            self.step(node, Input::Request { id: RequestId(self.sequence), request });
        }
    }

    pub fn run_for(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds * MILLISECOND;
        while let Some(&Reverse((at, sequence))) = self.agenda.peek().filter(|next| next.0.0 <= end)
        {
            self.agenda.pop();
            self.now = at;
            match self.events.remove(&sequence).expect("on the agenda") {
                Event::Message { from, to, message } if self.is_up(to.index()) => {
                    self.step(to.index(), Input::Message { from, message });
                }
                Event::Timer { node, boot, timer, set } if self.is_due(node, boot, timer, set) => {
                    self.step(node, Input::Timer(timer));
                }
                _ => {}
            }
        }
        self.now = end;
    }

    fn is_due(&self, node: usize, boot: u32, timer: Timer, set: u64) -> bool {
        let process = &self.processes[node];
        let name = stormglass_machine::Kind::kind(&timer);
        process.replica.is_some() && process.boot == boot && process.timers.get(name) == Some(&set)
    }

    fn step(&mut self, node: usize, input: Input<Replica>) {
        let process = &mut self.processes[node];
        let replica = process.replica.as_mut().expect("the node is up");
        let boot = u64::from(process.boot) << 32 | node as u64;
        let mut dice = Dice::new(self.seed ^ self.sequence << 20, "node", boot);
        let mut effects = Vec::new();
        let now = Time::from_nanos(self.now - process.started_at);
        let wall = Time::from_nanos(1_000_000_000_000 + self.now);
        let id = NodeId(node as u32);
        replica.step(input, &mut Env::new(id, now, wall, &mut dice, &mut effects));
        super::convergence::check_step(replica, &effects, &mut self.findings);
        for effect in effects {
            self.take_effect(node, effect);
        }
    }

    fn take_effect(&mut self, node: usize, effect: Effect<Replica>) {
        let process = &mut self.processes[node];
        match effect {
            Effect::Send { to, message } => self.send(NodeId(node as u32), to, message),
            Effect::SetTimer { timer, after } => {
                let set = self.sequence;
                process.timers.insert(stormglass_machine::Kind::kind(&timer), set);
                let boot = process.boot;
                self.plan(after, Event::Timer { node, boot, timer, set });
            }
            Effect::CancelTimer { timer } => {
                process.timers.remove(stormglass_machine::Kind::kind(&timer));
            }
            Effect::Write(record) => process.disk.push(record),
            Effect::Checkpoint(_) => unreachable!("a replica writes no checkpoints"),
            Effect::Flush => process.flushed = process.disk.len(),
            Effect::Respond { response, .. } => self.responses.push((node, response)),
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        let lost = self.chance.per_million(self.loss_per_million);
        let delay = Duration::from_nanos(self.chance.within(MILLISECOND..=self.delay_max));
        if !lost && !self.cut.contains(&(from.index(), to.index())) {
            self.plan(delay, Event::Message { from, to, message });
        }
    }

    fn plan(&mut self, after: Duration, event: Event) {
        let at = self.now + after.as_nanos() as u64;
        self.agenda.push(Reverse((at, self.sequence)));
        self.events.insert(self.sequence, event);
        self.sequence += 1;
    }
}
