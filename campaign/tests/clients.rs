//! Campaigns over a scenario with clients that wait for answers: what a history that is not
//! linearizable is shrunk to, and how it is told.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use stormglass_campaign::{Options, Report, campaign};
use stormglass_history::Bounds;
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_machine::{Env, Input, Kind, Machine};
use stormglass_replay::{RawLog, Verdict, replay};
use stormglass_simulator::{
    self as simulator, Clients, Deviation, Faults, Plain, Reply, Settings, Way, World,
};

/// Answers what it has been told last, and tells nobody else.
#[derive(Default)]
struct Forgetful {
    value: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Request {
    Read,
    Write(i64),
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        "Request"
    }
}

impl Machine for Forgetful {
    type Message = ();
    type Request = Request;
    type Response = Option<i64>;
    type Timer = ();
    type Record = i64;

    fn restore(&mut self, record: i64) {
        self.value = Some(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let Input::Request { id, request } = input else { return };
        if let Request::Write(value) = request {
            self.value = Some(value);
            env.persist(value);
        }
        env.respond(id, self.value);
    }

    fn state(&self) -> &'static str {
        "Answering"
    }
}

/// So many nodes, each of which believes that it is the only one.
fn registers(nodes: u32, bounds: Bounds) -> Plain<Forgetful> {
    let judge: fn(&World<'_, _>) -> _ = match bounds.steps {
        0 => |world| judge(world, Bounds { steps: 0, bytes: 0 }),
        _ => |world| judge(world, Bounds::default()),
    };
    let clients = Clients::<Forgetful>::new(|_, _| Reply::Done);
    Plain::new("registers", nodes, |_| Forgetful::default())
        .ask(20, |dice| match dice.below(2) {
            0 => Request::Read,
            _ => Request::Write(1 + dice.below(5) as i64),
        })
        .clients(3, clients.repeat(|request| matches!(request, Request::Read)))
        .finally("clients see one register", judge)
}

fn judge(world: &World<'_, Plain<Forgetful>>, bounds: Bounds) -> simulator::Verdict {
    world.linearizable(
        &Register::default(),
        bounds,
        |request| {
            Some(match *request {
                Request::Read => RegisterOperation::Read,
                Request::Write(value) => RegisterOperation::Write(value),
            })
        },
        |request, value| match request {
            Request::Read => RegisterResult::Value(*value),
            Request::Write(_) => RegisterResult::Written,
        },
    )
}

fn run(scenario: &Plain<Forgetful>, jobs: usize) -> (Report, tempfile::TempDir) {
    let out = tempfile::tempdir().expect("there is room for a folder");
    let jobs = NonZeroUsize::new(jobs).expect("some");
    let options = Options { jobs, out: out.path().to_owned(), ..Options::new(0..300) };
    (campaign(scenario, &options), out)
}

#[test]
fn one_register_is_one_register_under_all_faults() {
    let (report, _out) = run(&registers(1, Bounds::default()), 2);
    assert!(report.passed, "{report}");
    let counted = |name: &str| report.facts.get(name).map_or(0, |tally| tally.total);
    assert!(counted("operations of clients: completed") > 3_000, "{report}");
    assert!(counted("operations of clients: of unknown outcome") > 100, "{report}");
}

#[test]
fn two_registers_are_not_one_and_a_write_and_a_read_show_it() {
    let scenario = registers(2, Bounds::default());
    let (report, _out) = run(&scenario, 2);
    let [found] = &report.failures[..] else { panic!("{report}") };
    let size = found.shrunk.expect("it was shrunk");
    assert!(size.minimal && size.after.deviations == 2, "{size:?}");
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(&scenario).expect("it is of this scenario");
    assert_eq!(replay(&scenario, &log).verdict, Verdict::Exact);
    assert_eq!(replay(&registers(1, Bounds::default()), &log).verdict, Verdict::Absent);
    let told = log.story.join("\n");
    for part in ["client", "wants Write(", "is answered: ", "fits nowhere", "|-- read -> ", "^^^"] {
        assert!(told.contains(part), "{part:?} is not told:\n{told}");
    }
    assert!(log.story.iter().all(|line| !line.contains('\n')), "{told}");
    assert!(report.to_string().contains("\n      client"), "{report}");
}

#[test]
fn each_number_of_threads_finds_the_same() {
    let scenario = registers(2, Bounds::default());
    let ((one, _), (two, _)) = (run(&scenario, 1), run(&scenario, 2));
    let facts = |report: &Report| format!("{:?}", report.facts);
    assert_eq!((&one.chains, facts(&one)), (&two.chains, facts(&two)));
    assert_eq!(one.failures[0].seed, two.failures[0].seed);
    assert_eq!(one.failures[0].story, two.failures[0].story);
}

#[test]
fn histories_that_are_too_hard_are_reported_and_do_not_pass() {
    let (report, _out) = run(&registers(2, Bounds { steps: 0, bytes: 0 }), 2);
    assert!(report.failures.is_empty() && !report.passed, "{report}");
    assert!(report.to_string().contains("in 300 seeds the history of the clients"), "{report}");
    let told = "counted: histories too hard to judge within the bounds: 300 in 300 seeds";
    assert!(report.to_string().contains(told), "{report}");
}

/// A counter that is off by one if an answer is lost: the client asks again for what has happened.
#[test]
fn a_lost_answer_stands_in_the_log_and_is_told() {
    let faults = Faults { client_link: true, ..Faults::NONE };
    let counts_twice = Plain::new("counts twice", 1, |_| Counter::default())
        .settings(Settings { faults, ..Settings::default() })
        .ask(5, |_| Request::Read)
        .clients(1, Clients::<Counter>::new(|_, _| Reply::Done).repeat(|_| true))
        .always("at most five are counted", |world, node| {
            let count = world.machine(node).count;
            simulator::ensure(count <= 5, || format!("{count}"))
        });
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options = Options { out: out.path().to_owned(), ..Options::new(0..200) };
    let report = campaign(&counts_twice, &options);
    let [found] = &report.failures[..] else { panic!("{report}") };
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(&counts_twice).expect("it is of this scenario");
    let lost = |one: &Deviation<Request>| match one {
        Deviation::ClientLink(link) => link.way == Way::Answer,
        _ => false,
    };
    assert!(log.deviations.iter().any(lost), "{:?}", log.deviations);
    assert!(log.story.iter().any(|line| line.contains("is being answered, and that is lost")));
}

#[derive(Default)]
struct Counter {
    count: u64,
}

impl Machine for Counter {
    type Message = ();
    type Request = Request;
    type Response = u64;
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Request { id, .. } = input {
            self.count += 1;
            env.respond(id, self.count);
        }
    }

    fn state(&self) -> &'static str {
        "Counting"
    }
}
