//! A small world for nodes: a network, disks, timers and one clock, with crashes at any effect.
//!
//! It checks after every step what must always hold; the first breach ends the run.

use std::collections::BTreeMap;
use std::time::Duration;

use stormglass_faction::{
    ClusterView, FactionNode, Message, NodeConfig, PeerState, Planted, ProcessResult, Record,
    Request, Timer, Visited,
};
use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, RequestId, Time};

use crate::invariants::{Ghosts, check};

/// What can be scheduled.
#[derive(Clone, Debug)]
enum Event {
    Deliver { from: usize, to: usize, message: Message },
    Fire { node: usize, timer: Timer, setting: u64 },
    Ask { node: usize, request: Request },
    Start { node: usize },
    Crash { node: usize },
}

/// What the network does to messages. All zero is dull: one millisecond each.
#[derive(Clone, Copy, Default)]
pub struct Weather {
    pub drop_per_million: u32,
    pub duplicate_per_million: u32,
    pub extra_delay: Duration,
}

pub struct Slot {
    pub config: NodeConfig,
    pub node: Option<FactionNode>,
    pub disk: Vec<Record>,
    /// Handed to the disk and not durable yet; a checkpoint says so.
    unflushed: Vec<(Record, bool)>,
    timers: Vec<(Timer, u64)>,
    /// How many effects have happened, in all boots together.
    pub effects: usize,
    /// The effect, counted like that, which a crash prevents.
    pub crash_at: Option<usize>,
}

pub struct Network {
    pub slots: Vec<Slot>,
    pub now: Time,
    pub weather: Weather,
    /// Links that carry nothing, by sender and receiver.
    pub cuts: Vec<(usize, usize)>,
    pub sent: Vec<(usize, usize, Message)>,
    pub responses: Vec<(usize, ProcessResult)>,
    pub ghosts: Ghosts,
    /// Which cells of the machine's table any node has been through.
    pub visited: Visited,
    pub restart_after: Duration,
    queue: BTreeMap<(Time, u64), Event>,
    scheduled: u64,
    dice: Dice,
    planted: Planted,
}

const LATENCY: Duration = Duration::from_millis(1);

impl Network {
    pub fn new(configs: Vec<NodeConfig>, planted: Planted, seed: u64) -> Network {
        let ghosts = Ghosts::new(configs.len());
        let slot = |config| Slot {
            config,
            node: None,
            disk: vec![],
            unflushed: vec![],
            timers: vec![],
            effects: 0,
            crash_at: None,
        };
        Network {
            slots: configs.into_iter().map(slot).collect(),
            now: Time::ZERO,
            weather: Weather::default(),
            cuts: vec![],
            sent: vec![],
            responses: vec![],
            ghosts,
            visited: Visited::default(),
            restart_after: Duration::from_millis(50),
            queue: BTreeMap::new(),
            scheduled: 0,
            dice: Dice::new(seed, "network", 0),
            planted,
        }
    }

    /// A cluster of members `0..size`, all of which start at once.
    pub fn started(size: u32, quorum: usize, adjust: impl Fn(&mut NodeConfig)) -> Network {
        let config = |id| {
            let mut config = NodeConfig::of_cluster(u64::from(id), size, quorum);
            adjust(&mut config);
            config
        };
        let mut network = Network::new((0..size).map(config).collect(), Planted::NOTHING, 0);
        for node in 0..size as usize {
            network.start(node, Duration::ZERO);
        }
        network
    }

    pub fn start(&mut self, node: usize, after: Duration) {
        self.schedule(after, Event::Start { node });
    }

    pub fn crash(&mut self, node: usize, after: Duration) {
        self.schedule(after, Event::Crash { node });
    }

    pub fn ask(&mut self, node: usize, request: Request, after: Duration) {
        self.schedule(after, Event::Ask { node, request });
    }

    /// Nothing passes between this node and any other.
    pub fn isolate(&mut self, node: usize) {
        for other in 0..self.slots.len() {
            self.cuts.extend([(node, other), (other, node)]);
        }
    }

    pub fn view(&self, node: usize) -> &ClusterView {
        self.slots[node].node.as_ref().expect("the node is up").view()
    }

    pub fn state(&self, node: usize) -> PeerState {
        self.view(node).peer_state()
    }

    pub fn up(&self) -> impl Iterator<Item = (usize, &FactionNode)> {
        self.slots.iter().enumerate().filter_map(|(id, slot)| Some((id, slot.node.as_ref()?)))
    }

    /// Whether nothing is under way and no timer is set.
    pub fn is_silent(&self) -> bool {
        self.queue.values().all(|event| match event {
            Event::Fire { node, timer, setting } => {
                !self.slots[*node].timers.contains(&(*timer, *setting))
            }
            _ => false,
        })
    }

    /// Runs for a while; the error names what does not hold.
    pub fn run(&mut self, duration: Duration) -> Result<(), &'static str> {
        let end = self.now + duration;
        let mut events = 0;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((time, _), event) = entry.remove_entry();
            self.now = time;
            events += 1;
            if events > 200_000 {
                return Err("traffic is bounded");
            }
            self.happen(event)?;
        }
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), &'static str> {
        match event {
            Event::Deliver { from, to, message } => {
                self.step(to, Input::Message { from: NodeId(from as u32), message })
            }
            Event::Ask { node, request } => {
                self.step(node, Input::Request { id: RequestId(0), request })
            }
            Event::Fire { node, timer, setting } => {
                let timers = &mut self.slots[node].timers;
                let Some(position) = timers.iter().position(|set| *set == (timer, setting)) else {
                    return Ok(());
                };
                timers.remove(position);
                self.step(node, Input::Timer(timer))
            }
            Event::Start { node } => {
                let slot = &mut self.slots[node];
                if slot.node.is_some() {
                    return Ok(());
                }
                let mut machine = FactionNode::with_planted(slot.config.clone(), self.planted);
                slot.disk.iter().for_each(|record| machine.restore(record.clone()));
                slot.node = Some(machine);
                self.step(node, Input::Start)
            }
            Event::Crash { node } => {
                self.go_down(node);
                Ok(())
            }
        }
    }

    fn go_down(&mut self, node: usize) {
        let slot = &mut self.slots[node];
        if slot.node.take().is_some() {
            slot.timers.clear();
            slot.unflushed.clear();
            self.start(node, self.restart_after);
        }
    }

    fn step(&mut self, node: usize, input: Input<FactionNode>) -> Result<(), &'static str> {
        let Some(machine) = self.slots[node].node.as_mut() else { return Ok(()) };
        let before = machine.view().clone();
        let (mut effects, mut dice) = (vec![], Dice::new(0, "node", 0));
        let id = NodeId(node as u32);
        let mut env = Env::new(id, self.now, self.now, &mut dice, &mut effects);
        machine.step(input.clone(), &mut env);
        self.visited = self.visited | machine.visited();
        for effect in effects {
            if self.slots[node].crash_at == Some(self.slots[node].effects) {
                self.slots[node].crash_at = None;
                self.go_down(node);
                return check(self, node, None, &input);
            }
            self.slots[node].effects += 1;
            self.execute(node, effect);
        }
        check(self, node, Some(&before), &input)
    }

    fn execute(&mut self, node: usize, effect: Effect<FactionNode>) {
        let slot = &mut self.slots[node];
        match effect {
            Effect::Send { to, message } => self.transmit(node, to.index(), message),
            Effect::SetTimer { timer, after } => {
                slot.timers.retain(|(set, _)| *set != timer);
                slot.timers.push((timer, self.scheduled));
                let setting = self.scheduled;
                self.schedule(after, Event::Fire { node, timer, setting });
            }
            Effect::CancelTimer { timer } => slot.timers.retain(|(set, _)| *set != timer),
            Effect::Write(record) => slot.unflushed.push((record, false)),
            Effect::Checkpoint(record) => slot.unflushed.push((record, true)),
            Effect::Flush => {
                for (record, replaces) in slot.unflushed.drain(..) {
                    if replaces {
                        slot.disk.clear();
                    }
                    slot.disk.push(record);
                }
            }
            Effect::Respond { response, .. } => self.responses.push((node, response)),
        }
    }

    fn transmit(&mut self, from: usize, to: usize, message: Message) {
        self.sent.push((from, to, message));
        self.ghosts.sent(from, message);
        let weather = self.weather;
        if self.cuts.contains(&(from, to)) || self.dice.per_million(weather.drop_per_million) {
            return;
        }
        let copies = 1 + usize::from(self.dice.per_million(weather.duplicate_per_million));
        for _ in 0..copies {
            let extra = self.dice.within(0..=weather.extra_delay.as_nanos() as u64);
            let delay = LATENCY + Duration::from_nanos(extra);
            self.schedule(delay, Event::Deliver { from, to, message });
        }
    }

    fn schedule(&mut self, after: Duration, event: Event) {
        self.queue.insert((self.now + after, self.scheduled), event);
        self.scheduled += 1;
    }
}
