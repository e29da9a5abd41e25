//! A machine and a scenario to try the world on: nodes tell each other the largest number they
//! know, and remember it.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId};
use stormglass_simulator::{
    Asked, Cluster, Event, Faults, Property, Scenario, Settings, World, ensure,
};

#[derive(Clone, Debug, Default)]
pub struct Gossip {
    pub best: u64,
    pub count: u32,
    pub forgets: bool,
    pub panics_at: Option<u64>,
}

impl Gossip {
    fn learn(&mut self, number: u64, env: &mut Env<Self>) {
        assert!(self.panics_at != Some(number), "cannot bear the number {number}");
        if number > self.best {
            self.best = number;
            if !self.forgets {
                env.persist(number);
            }
        }
    }
}

impl Machine for Gossip {
    type Message = u64;
    type Request = u64;
    type Response = u64;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.best = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Start => env.set_timer((), Duration::from_millis(50)),
            Input::Timer(()) => {
                let to = NodeId(env.dice().below(u64::from(self.count)) as u32);
                env.send(to, self.best);
                env.set_timer((), Duration::from_millis(50));
            }
            Input::Message { message, .. } => self.learn(message, env),
            Input::Request { id, request } => {
                self.learn(request, env);
                env.respond(id, self.best);
            }
        }
    }

    fn state(&self) -> &'static str {
        if self.best == 0 { "Ignorant" } else { "Knowing" }
    }
}

#[derive(Default)]
pub struct Rumours {
    pub forgets: bool,
    pub panics_at: Option<u64>,
    pub faults: Option<Faults>,
}

/// The largest number each node ever told anybody.
#[derive(Default)]
pub struct Told(Vec<u64>);

impl Scenario for Rumours {
    type Machine = Gossip;
    type Ghost = Told;

    fn name(&self) -> &str {
        "rumours"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        2..=5
    }

    fn machine(&self, _: NodeId, count: u32) -> Gossip {
        Gossip { best: 0, count, forgets: self.forgets, panics_at: self.panics_at }
    }

    fn settings(&self) -> Settings {
        let faults = self.faults.clone().unwrap_or(Faults::ALL);
        Settings { faults, ..Settings::default() }
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<u64>>) {
        for _ in 0..3 {
            let at = Duration::from_millis(dice.below(5_000));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request: 1 + dice.below(100) });
        }
    }

    fn observe(&self, ghost: &mut Told, cluster: &Cluster<Gossip>, event: Event<'_, Gossip>) {
        let Event::Effect { node, effect } = event else { return };
        ghost.0.resize(cluster.count() as usize, 0);
        let told = &mut ghost.0[node.index()];
        if let Effect::Send { message: number, .. } | Effect::Respond { response: number, .. } =
            effect
        {
            *told = (*told).max(*number);
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody forgets what it told", |world, node| {
                let (best, told) = (world.machine(node).best, world.ghost().0[node.index()]);
                ensure(best >= told, || format!("node {node} told {told} and now knows {best}"))
            }),
            Property::finally("all know the same", |world: &World<'_, Self>| {
                let best: Vec<_> = world.live().map(|(_, machine)| machine.best).collect();
                ensure(best.windows(2).all(|pair| pair[0] == pair[1]), || format!("{best:?}"))
            }),
            Property::sometimes("a node starts again with what it knew", |world, node| {
                world.crashes(node) > 0 && world.machine(node).best > 0
            }),
        ]
    }
}
