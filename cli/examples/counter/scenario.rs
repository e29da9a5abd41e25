//! Nodes that count what they are asked to add, tell each other, and should not forget.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_campaign::{Planted, Registry};
use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId};
use stormglass_simulator::{Asked, Cluster, Event, Property, Scenario, Settings, World, ensure};

/// The bugs that can be planted in the counter.
pub const BUGS: [Planted; 2] = [
    Planted {
        name: "answers-first",
        about: "a node answers before the disk has what it answers",
        caught_by: "what was answered is kept",
    },
    Planted {
        name: "tells-once",
        about: "a node tells its count once and does not repeat it",
        caught_by: "all know all counts in the end",
    },
];

/// The scenario, as the command is given it.
pub fn registry() -> Registry {
    Registry::new().with_planted(
        "counter",
        "nodes count, tell each other, and do not forget",
        BUGS.to_vec(),
        |bug| Counting { name: "counter", bug },
    )
}

/// A node that counts.
pub struct Counter {
    bug: Option<&'static str>,
    /// What each node has counted, as far as this one knows.
    counts: Vec<u64>,
    own: u64,
}

impl Counter {
    fn tell(&self, env: &mut Env<'_, Self>) {
        let me = env.node();
        let others = (0..self.counts.len() as u32).map(NodeId).filter(|node| *node != me);
        others.for_each(|node| env.send(node, self.own));
    }

    fn add(&mut self, amount: u32, env: &Env<'_, Self>) {
        self.own += u64::from(amount);
        self.counts[env.node().index()] = self.own;
    }
}

impl Machine for Counter {
    type Message = u64;
    type Request = u32;
    type Response = u64;
    type Timer = &'static str;
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.own = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start => {
                self.counts[env.node().index()] = self.own;
                env.set_timer("Tell", Duration::from_millis(100));
            }
            Input::Timer(timer) => {
                if self.bug != Some("tells-once") {
                    self.tell(env);
                }
                env.set_timer(timer, Duration::from_millis(100));
            }
            Input::Message { from, message } => {
                let known = &mut self.counts[from.index()];
                *known = message.max(*known);
            }
            Input::Request { id, request } => {
                self.add(request, env);
                let answers_first = self.bug == Some("answers-first");
                if answers_first {
                    env.respond(id, self.own);
                }
                env.persist(self.own);
                self.tell(env);
                if !answers_first {
                    env.respond(id, self.own);
                }
            }
        }
    }

    fn state(&self) -> &'static str {
        if self.own == 0 { "Fresh" } else { "Counting" }
    }
}

/// Counters under a storm.
pub struct Counting {
    /// The name of the scenario.
    pub name: &'static str,
    /// The bug that is planted.
    pub bug: Option<&'static str>,
}

/// The largest count each node ever answered.
#[derive(Default)]
pub struct Answered(Vec<u64>);

impl Scenario for Counting {
    type Machine = Counter;
    type Ghost = Answered;

    fn name(&self) -> &str {
        self.name
    }

    fn planted(&self) -> Option<&str> {
        self.bug
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        2..=3
    }

    fn machine(&self, _: NodeId, count: u32) -> Counter {
        Counter { bug: self.bug, counts: vec![0; count as usize], own: 0 }
    }

    fn settings(&self) -> Settings {
        let (storm, calm) = (Duration::from_secs(4), Duration::from_secs(3));
        Settings { flush: Duration::from_millis(2), storm, calm, ..Settings::default() }
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<u32>>) {
        for _ in 0..dice.within(1..=8) {
            let at = Duration::from_millis(dice.below(4_000));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request: 1 + dice.below(100) as u32 });
        }
    }

    fn simpler(&self, request: &u32) -> Vec<u32> {
        if *request > 1 { vec![1] } else { Vec::new() }
    }

    fn observe(&self, ghost: &mut Answered, cluster: &Cluster<Counter>, event: Event<'_, Counter>) {
        if let Event::Effect { node, effect: Effect::Respond { response, .. } } = event {
            ghost.0.resize(cluster.count() as usize, 0);
            let answered = &mut ghost.0[node.index()];
            *answered = (*answered).max(*response);
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what was answered is kept", |world, node| {
                let answered = world.ghost().0.get(node.index()).copied().unwrap_or_default();
                let own = world.machine(node).own;
                ensure(own >= answered, || {
                    format!("node {node} answered {answered} and now knows of {own}")
                })
            }),
            Property::finally("all know all counts in the end", |world: &World<'_, Self>| {
                let counts: Vec<_> = world.live().map(|(_, machine)| &machine.counts).collect();
                ensure(counts.windows(2).all(|pair| pair[0] == pair[1]), || format!("{counts:?}"))
            }),
            Property::sometimes("a node starts again with a count", |world, node| {
                world.crashes(node) > 0 && world.machine(node).own > 0
            }),
        ]
    }
}
