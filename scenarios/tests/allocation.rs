//! The world allocates nothing for an event, whatever the machine: of all that is allocated in a
//! seed of a warm world, the machines account for everything.
//!
//! What a machine allocates is measured where it does: in its making, its restoring and its steps,
//! and when its messages, records and requests are cloned. Properties and ghosts are left out,
//! since what they allocate is their own.

use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;

use allocation_counter::measure;
use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, Effect, Env, Input, Kind, Machine, NodeId};
use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_scenarios::raft::{Many, Replicated};
use stormglass_scenarios::replica::{Mode, Replication};
use stormglass_scenarios::{raft, replica};
use stormglass_simulator::{Asked, Property, Scenario, Settings, World};

thread_local! {
    /// How often the machines have allocated something.
    static OWN: Cell<u64> = const { Cell::new(0) };
}

/// Does something that belongs to the machines, and counts what it allocates.
fn own<R>(work: impl FnOnce() -> R) -> R {
    let mut result = None;
    let info = measure(|| result = Some(work()));
    OWN.set(OWN.get() + info.count_total);
    result.expect("the work was done")
}

/// A message, record or request whose clones are the machine's own.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Owned<T>(T);

impl<T: Clone> Clone for Owned<T> {
    fn clone(&self) -> Self {
        own(|| Owned(self.0.clone()))
    }
}

impl<T: Hash> Hash for Owned<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

impl<T: fmt::Debug> fmt::Debug for Owned<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<T: Kind> Kind for Owned<T> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }
}

/// A machine whose allocations are counted.
struct Metered<M: Machine> {
    machine: M,
    effects: Vec<Effect<M>>,
}

impl<M: Machine> Machine for Metered<M> {
    type Message = Owned<M::Message>;
    type Request = Owned<M::Request>;
    type Response = M::Response;
    type Timer = M::Timer;
    type Record = Owned<M::Record>;

    fn restore(&mut self, record: Self::Record) {
        own(|| self.machine.restore(record.0));
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        let input = match input {
            Input::Start => Input::Start,
            Input::Message { from, message } => Input::Message { from, message: message.0 },
            Input::Timer(timer) => Input::Timer(timer),
            Input::Request { id, request } => Input::Request { id, request: request.0 },
        };
        let (node, now, wall) = (env.node(), env.now(), env.wall());
        let Metered { machine, effects } = self;
        own(|| machine.step(input, &mut Env::new(node, now, wall, env.dice(), effects)));
        // The list of the world's own grows out here.
        let mut effects = effects.drain(..);
        while let Some(effect) = effects.next() {
            match effect {
                Effect::Send { to, message } => env.send(to, Owned(message)),
                Effect::SetTimer { timer, after } => env.set_timer(timer, after),
                Effect::CancelTimer { timer } => env.cancel_timer(timer),
                Effect::Write(record) => env.write(Owned(record)),
                Effect::Checkpoint(record) => {
                    env.checkpoint(Owned(record));
                    let flush = effects.next();
                    assert!(
                        matches!(flush, Some(Effect::Flush)),
                        "a checkpoint is flushed at once"
                    );
                }
                Effect::Flush => env.flush(),
                Effect::Respond { id, response } => env.respond(id, response),
            }
        }
    }

    fn state(&self) -> &'static str {
        self.machine.state()
    }
}

/// A world of metered machines.
struct Meter<'s, S> {
    scenario: &'s S,
    nodes: RangeInclusive<u32>,
}

impl<S: Scenario> Scenario for Meter<'_, S> {
    type Machine = Metered<S::Machine>;
    type Ghost = ();

    fn name(&self) -> &str {
        self.scenario.name()
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes.clone()
    }

    fn machine(&self, node: NodeId, count: u32) -> Self::Machine {
        own(|| Metered { machine: self.scenario.machine(node, count), effects: Vec::new() })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn settings(&self) -> Settings {
        self.scenario.settings()
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request<S>>>) {
        let mut all = Vec::new();
        own(|| self.scenario.requests(count, dice, &mut all));
        asked.extend(all.into_iter().map(|Asked { client, at, node, request }| Asked {
            client,
            at,
            node,
            request: Owned(request),
        }));
    }
}

type Request<S> = Owned<<<S as Scenario>::Machine as Machine>::Request>;

/// Worlds with clusters of each size.
fn allocates_nothing(scenario: &impl Scenario) {
    is_the_same_when_metered(scenario);
    for count in scenario.nodes() {
        nothing_when_warm(&Meter { scenario, nodes: count..=count });
    }
}

/// Runs some seeds until the world has had room for what they need, and then once more.
fn nothing_when_warm(meter: &Meter<'_, impl Scenario>) {
    let (name, mut world) = (meter.name(), World::new(meter));
    // The first once more, since a seed takes back the lists of the one before it.
    for seed in (0..SEEDS).chain(0..1) {
        world.search(seed);
    }
    for seed in 0..SEEDS {
        OWN.set(0);
        let mut events = 0;
        let all = measure(|| events = world.search(seed).events);
        let (all, own) = (all.count_total, OWN.get());
        assert!(events > 20, "{name}: {events} events are no run");
        assert!(own > 0, "{name}: machines that allocate nothing show nothing");
        assert_eq!(all - own, 0, "{name}, seed {seed}: by the world, in {events} events");
    }
}

const SEEDS: u64 = 20;

/// Otherwise nothing would have been shown of the scenario.
fn is_the_same_when_metered(scenario: &impl Scenario) {
    let meter = Meter { scenario, nodes: scenario.nodes() };
    let (mut metered, mut judged) = (World::new(&meter), World::new(scenario));
    let mut compared = 0;
    for seed in 0..10 {
        let (metered, judged) = (metered.search(seed), judged.search(seed));
        // What is judged may end early, by a known defect.
        if judged.failure.is_none() {
            compared += 1;
            assert_eq!(metered, judged, "{}, seed {seed}", scenario.name());
        }
    }
    assert!(compared > 0, "no seed of {} runs to its end", scenario.name());
}

#[test]
fn a_world_of_factions_allocates_nothing() {
    allocates_nothing(&Bootstrap::default());
    allocates_nothing(&Churn::default());
    allocates_nothing(&Deadline::default());
}

#[test]
fn a_world_of_replicas_allocates_nothing() {
    for plan in replica::PLANS {
        allocates_nothing(&Replication::new(plan, Mode::Hardened));
        allocates_nothing(&Replication::new(plan, Mode::Faithful));
    }
}

/// Here those who ask do not wait for the answers, since clients that do keep a history, which grows;
/// and no operator restarts anything, since each list of nodes to restart is made anew.
#[test]
fn a_world_of_rafts_allocates_nothing_but_for_the_histories_of_clients() {
    for plan in raft::PLANS {
        for count in plan.nodes.clone() {
            nothing_when_warm(&Meter { scenario: &Replicated::new(plan), nodes: count..=count });
        }
    }
    nothing_when_warm(&Meter { scenario: &Many::default(), nodes: 3..=3 });
}
