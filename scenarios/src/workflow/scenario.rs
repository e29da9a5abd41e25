use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{
    Asked, Attempt, Clients, Cluster, Event, Facts, Faults, Knob, Knobs, Property, Reply, Scenario,
    Settings, World,
};
use stormglass_workflow::{Bug, Config, Node, Phase, Planted, Request, Response, Worker, site};

use super::example::{Example, OwnBug};
use super::ghost::{Ghost, WORKER, pair_name};
use super::properties;

/// A worker, a system outside that is flaky, and a few clients.
pub struct Flow<E: Example> {
    /// The bug that is planted.
    pub planted: Option<Plant<E::Bug>>,
    example: PhantomData<fn() -> E>,
}

/// A bug of the runtime, or of the example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plant<B> {
    /// Of the runtime.
    Runtime(Bug),
    /// Of the example.
    Own(B),
}

impl<B: OwnBug> Plant<B> {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Plant::Runtime(bug) => bug.name(),
            Plant::Own(bug) => bug.name(),
        }
    }

    /// What it does.
    pub fn description(self) -> &'static str {
        match self {
            Plant::Runtime(bug) => bug.description(),
            Plant::Own(bug) => bug.description(),
        }
    }
}

const STORM: Duration = Duration::from_secs(5);
const CLIENTS: u64 = 3;

impl<E: Example> Flow<E> {
    /// With this bug, or without.
    pub fn new(planted: Option<Plant<E::Bug>>) -> Self {
        Flow { planted, example: PhantomData }
    }

    fn own(&self) -> Option<E::Bug> {
        match self.planted {
            Some(Plant::Own(bug)) => Some(bug),
            _ => None,
        }
    }

    fn config(&self, knobs: &Knobs) -> Config {
        let planted = match self.planted {
            Some(Plant::Runtime(bug)) => Planted::new(bug),
            _ => Planted::default(),
        };
        Config {
            queue: knobs.get("queue") as usize,
            window: knobs.get("window") as usize,
            answer_timeout: Duration::from_millis(knobs.get("answer timeout ms")),
            planted,
            ..Config::default()
        }
    }

    fn node(&self, node: NodeId, config: Config) -> Node<E> {
        match node {
            WORKER => Node::worker(E::initial(self.own()), config),
            _ => Node::system(E::external(self.own()), &config),
        }
    }
}

impl<E: Example> Scenario for Flow<E> {
    type Machine = Node<E>;
    type Ghost = Ghost<E>;

    fn name(&self) -> &str {
        E::NAME
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        2..=2
    }

    fn machine(&self, node: NodeId, _count: u32) -> Node<E> {
        self.node(node, Config::default())
    }

    fn tuned_machine(&self, node: NodeId, _count: u32, knobs: &Knobs) -> Node<E> {
        self.node(node, self.config(knobs))
    }

    fn knobs(&self) -> Vec<Knob> {
        vec![
            Knob::one_of("queue", 16, [4, 1]),
            Knob::one_of("window", 8, [2, 1]),
            Knob::one_of("answer timeout ms", 30, [500, 100, 5]),
        ]
    }

    fn sites(&self) -> Vec<&'static str> {
        let is_met = |site: &&str| match *site {
            site::SLOW_READ | site::STALLS => E::AWAITS_STORE,
            site::COMPLETION_CONFLICT => E::IS_TRACKED,
            _ => true,
        };
        site::ALL.into_iter().filter(is_met).collect()
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }

    fn settings(&self) -> Settings {
        Settings {
            latency: Duration::from_millis(5),
            flush: Duration::from_millis(1),
            storm: STORM,
            calm: properties::BOUND + Duration::from_secs(1),
            max_events: 50_000,
            faults: Faults::ALL,
            ..Settings::default()
        }
    }

    fn requests(&self, _count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Request<E::Input>>>) {
        let most = 4 << dice.below(5);
        for _ in 0..dice.within(1..=most) {
            let client = dice.below(CLIENTS) as u32;
            let latest = STORM.as_millis() as u64 >> dice.below(3);
            let at = Duration::from_millis(dice.below(latest));
            asked.push(Asked { client, at, node: WORKER, request: Request::new(E::input(dice)) });
        }
    }

    fn clients(&self) -> Option<Clients<Node<E>>> {
        let clients = Clients::new(|_, response| match response {
            Response::Consumed { .. } => Reply::Done,
            Response::Busy => Reply::Elsewhere(None),
            Response::Elsewhere(node) => Reply::Elsewhere(Some(*node)),
            Response::Stale => Reply::Failed,
        });
        let stamp = |attempt: Attempt, request: &Request<E::Input>| {
            request.clone().in_session(attempt.client.into(), attempt.nth.into())
        };
        Some(clients.repeat(|_| true).stamp(stamp).timeout(Duration::from_millis(300)))
    }

    fn simpler(&self, request: &Request<E::Input>) -> Vec<Request<E::Input>> {
        E::simpler(&request.input).into_iter().map(Request::new).collect()
    }

    fn observe(&self, ghost: &mut Ghost<E>, cluster: &Cluster<Node<E>>, event: Event<'_, Node<E>>) {
        ghost.observe(cluster, event);
    }

    fn facts(&self, world: &World<'_, Self>, facts: &mut Facts) {
        world.ghost().facts(facts);
    }

    fn expected_facts(&self) -> Vec<String> {
        E::pairs().into_iter().map(pair_name).collect()
    }

    fn describe(&self, node: &Node<E>) -> String {
        match (node.as_worker(), node.as_system()) {
            (Some(worker), _) => worker_in_words(worker),
            (None, Some(system)) => format!("ledger {:?}", system.ledger()),
            (None, None) => String::new(),
        }
    }

    fn planted(&self) -> Option<&str> {
        self.planted.map(Plant::name)
    }
}

/// What is committed, which actions are not finished, and what waits.
fn worker_in_words<E: Example>(worker: &Worker<E>) -> String {
    let unfinished = worker.outstanding().iter().map(|(id, _, phase)| {
        let stands = match phase {
            Phase::Waiting(_) => "waits",
            Phase::UnderWay(_) => "is under way",
            Phase::Answered => "is answered",
        };
        format!("{id:?} {stands}")
    });
    let unfinished = unfinished.collect::<Vec<_>>().join(", ");
    let (inputs, completions) = worker.waiting();
    format!(
        "{} committed, state {:?}, unfinished [{unfinished}], {inputs} inputs and {completions} \
         completions wait",
        worker.number(),
        worker.committed(),
    )
}
