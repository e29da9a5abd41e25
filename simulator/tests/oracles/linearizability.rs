//! A copy that answers from what it knows, while the original knows more.

use std::time::Duration;

use stormglass_history::Bounds;
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{Clients, Faults, Plain, Property, Reply, Settings, ensure};

/// A register on each node. Node 0 has the original; it passes each write on, and repeats it every
/// second, since messages are lost. A copy sends everybody on to node 0; with the bug, it answers
/// reads itself.
struct Registers {
    version: u64,
    value: Option<i64>,
    answers: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
enum Request {
    Read,
    Write(i64),
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        match self {
            Request::Read => "Read",
            Request::Write(_) => "Write",
        }
    }
}

#[derive(Clone, Debug, Hash)]
enum Response {
    Value(Option<i64>),
    Written,
    AskTheOriginal,
}

#[derive(Clone, Debug, Hash)]
struct Copy {
    version: u64,
    value: Option<i64>,
}

impl Kind for Copy {
    fn kind(&self) -> &'static str {
        "Copy"
    }
}

const ORIGINAL: NodeId = NodeId(0);

impl Registers {
    fn pass_on(&self, env: &mut Env<'_, Self>) {
        for copy in [1, 2].map(NodeId) {
            env.send(copy, Copy { version: self.version, value: self.value });
        }
    }

    fn answer(&mut self, request: Request, env: &mut Env<'_, Self>) -> Response {
        let original = env.node() == ORIGINAL;
        match request {
            Request::Read if original || self.answers => Response::Value(self.value),
            Request::Write(value) if original => {
                (self.version, self.value) = (self.version + 1, Some(value));
                self.pass_on(env);
                Response::Written
            }
            Request::Read | Request::Write(_) => Response::AskTheOriginal,
        }
    }
}

impl Machine for Registers {
    type Message = Copy;
    type Request = Request;
    type Response = Response;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { message: Copy { version, value }, .. } => {
                if version > self.version {
                    (self.version, self.value) = (version, value);
                }
            }
            Input::Request { id, request } => {
                let response = self.answer(request, env);
                env.respond(id, response);
            }
            Input::Start | Input::Timer(()) if env.node() == ORIGINAL => {
                self.pass_on(env);
                env.set_timer((), Duration::from_secs(1));
            }
            Input::Start | Input::Timer(()) => {}
        }
    }

    fn state(&self) -> &'static str {
        "Registering"
    }
}

fn clients() -> Clients<Registers> {
    let clients = Clients::new(|_, response| match response {
        Response::Value(_) | Response::Written => Reply::Done,
        Response::AskTheOriginal => Reply::Elsewhere(Some(ORIGINAL)),
    });
    clients.repeat(|request| matches!(request, Request::Read))
}

fn linearizable() -> Property<Plain<Registers>> {
    Property::finally("clients see one register", |world| {
        world.linearizable(
            &Register::default(),
            Bounds::default(),
            |request| {
                Some(match request {
                    Request::Read => RegisterOperation::Read,
                    Request::Write(value) => RegisterOperation::Write(*value),
                })
            },
            |_, response| match response {
                Response::Value(value) => RegisterResult::Value(*value),
                Response::Written => RegisterResult::Written,
                Response::AskTheOriginal => unreachable!("that is no result"),
            },
        )
    })
}

/// Everything that can be said without the clients: copies are never ahead, and in the end all are
/// alike.
fn registers(machine: fn(NodeId) -> Registers) -> Plain<Registers> {
    let faults = Faults { cut: true, drop: true, pause: true, ..Faults::NONE };
    let settings = Settings { faults, ..Settings::default() };
    Plain::new("registers", 3, machine)
        .settings(settings)
        .ask(20, |dice| match dice.below(2) {
            0 => Request::Read,
            _ => Request::Write(dice.below(3) as i64),
        })
        .clients(3, clients())
        .always("a copy is never ahead", |world, node| {
            let version = |node| world.get(node).map_or(0, |register: &Registers| register.version);
            ensure(version(node) <= version(ORIGINAL), || format!("{node}"))
        })
        .finally("all are alike", |world| {
            let value = |node| world.machine(NodeId(node)).value;
            ensure([1, 2].iter().all(|node| value(*node) == value(0)), || "one is not")
        })
}

fn healthy(_: NodeId) -> Registers {
    Registers { version: 0, value: None, answers: false }
}

fn planted(_: NodeId) -> Registers {
    Registers { answers: true, ..healthy(ORIGINAL) }
}

/// The first violation in a hundred seeds, each with its recording and its replay.
fn violated(scenario: &Plain<Registers>) -> Option<stormglass_simulator::Failure> {
    let mut world = stormglass_simulator::World::new(scenario);
    (0..100).find_map(|seed| {
        let outcome = world.search(seed);
        let recorded = world.record(seed);
        assert_eq!(recorded.outcome, outcome, "recorded, seed {seed} is another run");
        let replayed = world.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, outcome, "replayed, seed {seed} is another run");
        outcome.failure
    })
}

#[test]
fn only_linearizability_finds_a_stale_read() {
    assert_eq!(violated(&registers(planted)), None);
    assert_eq!(violated(&registers(healthy).property(linearizable())), None);
    let failure = violated(&registers(planted).property(linearizable())).expect("reads are stale");
    assert_eq!(failure.property, "clients see one register");
    let detail = &failure.violation.detail;
    for part in
        ["register: not linearizable", "fits nowhere", "before its completion", "would return"]
    {
        assert!(detail.contains(part), "{part:?} is missing: {detail}");
    }
}
