//! Campaigns over a small machine: what they find, what they make of it, and that it does not
//! depend on the number of threads.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use stormglass_campaign::{NOT_DETERMINISTIC, Options, Report, campaign, check, shrink};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{RawLog, Verdict, replay, write};
use stormglass_shrinker::Budget;
use stormglass_simulator::{Crash, Deviation, Plain, Property, Scenario, Violation, ensure};

/// Passes the largest number it has heard on to the next node, once.
#[derive(Default)]
struct Rumour {
    best: u64,
    again: bool,
    reads_shared_state: bool,
}

/// What a machine must never read.
static SHARED: AtomicU64 = AtomicU64::new(0);

impl Machine for Rumour {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.best = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        let next = NodeId((env.node().0 + 1) % 3);
        match input {
            Input::Message { message: news, .. } | Input::Request { request: news, .. } => {
                if news > self.best {
                    self.best = news;
                    if self.reads_shared_state {
                        self.best += SHARED.fetch_add(1, Ordering::Relaxed);
                    }
                    env.persist(self.best);
                    env.send(next, self.best);
                }
            }
            Input::Start | Input::Timer(()) if self.again => {
                env.send(next, self.best);
                env.set_timer((), Duration::from_millis(200));
            }
            Input::Start | Input::Timer(()) => {}
        }
    }

    fn state(&self) -> &'static str {
        "Listening"
    }
}

fn scenario(machine: fn(NodeId) -> Rumour) -> Plain<Rumour> {
    Plain::new("rumours", 3, machine).ask(4, |dice| 1 + dice.below(50)).finally(
        "all know the same",
        |world| {
            let best: Vec<_> = world.live().map(|(_, machine)| machine.best).collect();
            ensure(best.iter().all(|one| *one == best[0]), || format!("{best:?}"))
        },
    )
}

fn healthy() -> Plain<Rumour> {
    scenario(|_| Rumour { again: true, ..Rumour::default() })
}

fn says_it_once() -> Plain<Rumour> {
    scenario(|_| Rumour::default())
}

fn options(jobs: usize, out: &tempfile::TempDir) -> Options {
    let jobs = NonZeroUsize::new(jobs).expect("some");
    Options { jobs, out: out.path().to_owned(), ..Options::new(0..200) }
}

fn run(scenario: &Plain<Rumour>, jobs: usize) -> (Report, tempfile::TempDir) {
    let out = tempfile::tempdir().expect("there is room for a folder");
    (campaign(scenario, &options(jobs, &out)), out)
}

#[test]
fn a_healthy_machine_passes() {
    let (report, _out) = run(&healthy(), 2);
    assert!(report.passed, "{report}");
    assert_eq!((report.seeds_run, report.failures.len()), (200, 0));
    assert!(report.coverage.pairs.contains_key("Listening × u64"));
}

#[test]
fn a_failure_becomes_a_small_log_that_replays_exactly() {
    let scenario = says_it_once();
    let (report, _out) = run(&scenario, 2);
    let [found] = &report.failures[..] else { panic!("{report}") };
    assert_eq!(found.property, "all know the same");
    let size = found.shrunk.expect("it was shrunk");
    assert!(size.minimal && size.after.deviations <= 2, "{size:?}");
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(&scenario).expect("it is of this scenario");
    assert_eq!(replay(&scenario, &log).verdict, Verdict::Exact);
    assert_eq!(replay(&healthy(), &log).verdict, Verdict::Absent);
    let requests =
        log.deviations.iter().filter(|deviation| matches!(deviation, Deviation::Request { .. }));
    assert_eq!(requests.count(), 1, "one rumour is enough: {:?}", log.deviations);
}

#[test]
fn what_is_found_does_not_depend_on_the_number_of_threads() {
    let facts = |jobs| {
        let (report, _out) = run(&says_it_once(), jobs);
        let found = &report.failures[0];
        (report.chains, report.events, found.seed, found.count, found.deviations, found.events)
    };
    assert_eq!(facts(1), facts(2));
    assert_eq!(facts(1), facts(7));
}

#[test]
fn a_machine_that_is_not_deterministic_is_told_apart_from_one_that_is_wrong() {
    let scenario = scenario(|_| Rumour { reads_shared_state: true, ..Rumour::default() });
    let (report, _out) = run(&scenario, 1);
    let found = &report.failures[0];
    assert_eq!(found.property, NOT_DETERMINISTIC);
    assert!(found.log.is_none() && found.trouble.is_some());
}

/// True for the first who asks.
static FIRST: AtomicBool = AtomicBool::new(true);

#[test]
fn a_run_that_fails_alike_but_is_not_the_same_is_not_deterministic() {
    let scenario = Plain::new("first", 3, |_| Rumour {
        best: u64::from(FIRST.swap(false, Ordering::Relaxed)),
        again: true,
        ..Rumour::default()
    })
    .finally("never", |_| Err("as ever".into()));
    let out = tempfile::tempdir().expect("there is room for a folder");
    let report = campaign(&scenario, &Options { seeds: 0..1, ..options(1, &out) });
    assert_eq!(report.failures[0].property, NOT_DETERMINISTIC, "{report}");
}

#[test]
#[should_panic(expected = "would run none")]
fn a_campaign_without_seeds_is_no_pass() {
    check(&healthy(), 7..7);
}

#[test]
fn the_name_of_a_log_is_as_long_as_file_systems_allow() {
    let scenario = Plain::new("wordy", 1, |_| Rumour::default())
        .finally("nobody knows anything", |_| {
            Err(Violation::new("as ever").because("a long story ".repeat(40)))
        });
    let (report, _out) = run(&scenario, 1);
    let log = report.failures[0].log.as_ref().expect("it was written");
    let name = log.file_name().and_then(|name| name.to_str()).expect("it has a name");
    assert!(name.starts_with("wordy-nobody-knows-anything-a-long") && name.ends_with("-0.json"));
}

/// A violation of one cause, known or not.
fn caused_by_d1(known: bool) -> Violation {
    let violation = Violation::new("as ever");
    if known { violation.known("D1") } else { violation.because("D1") }
}

#[test]
fn what_is_a_known_defect_in_some_seeds_only_is_a_failure() {
    let scenario = || Plain::new("half known", 3, |_| Rumour::default());
    // In one of the two it is known in the lowest seed.
    let halves = [
        scenario().finally("never", |world| Err(caused_by_d1(world.crashes(NodeId(0)) == 0))),
        scenario().finally("never", |world| Err(caused_by_d1(world.crashes(NodeId(0)) != 0))),
    ];
    for scenario in halves {
        let (report, _out) = run(&scenario, 2);
        assert!(report.known.is_empty() && report.failures.len() == 1, "{report}");
    }
}

/// As many nodes as a seed draws, and a failure that two of them are enough for.
struct Cluster;

impl Scenario for Cluster {
    type Machine = Rumour;
    type Ghost = ();

    fn name(&self) -> &str {
        "cluster"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=9
    }

    fn machine(&self, _: NodeId, _: u32) -> Rumour {
        Rumour { again: true, ..Rumour::default() }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::finally("nobody crashes", |world| {
            ensure(world.ids().all(|node| world.crashes(node) == 0), || "somebody did")
        })]
    }
}

#[test]
fn a_shrunk_log_can_be_read_whenever_the_budget_ended() {
    let crash = |node| {
        Deviation::Crash(Crash {
            nodes: vec![NodeId(node)],
            at: Duration::from_secs(1),
            after_effects: None,
            down: Duration::ZERO,
            lose: 0,
        })
    };
    // The number of nodes is left out before the crash of one that is then absent.
    let deviations = vec![crash(7), crash(0), Deviation::Nodes { count: 9 }];
    let out = tempfile::tempdir().expect("there is room for a folder");
    let path = out.path().join("log.json");
    for attempts in 1.. {
        let shrunk = shrink(&Cluster, 1, deviations.clone(), Budget::new(attempts));
        let shrunk = shrunk.expect("it fails");
        write(&path, &shrunk.log).expect("it can be written");
        let log = RawLog::open(&path).and_then(|log| log.read(&Cluster));
        assert_eq!(log.expect("it can be read"), shrunk.log, "after {attempts} attempts");
        if shrunk.size.minimal {
            break;
        }
    }
}

#[test]
fn what_should_be_seen_sometimes_and_never_is_fails_the_campaign() {
    let scenario = healthy()
        .sometimes("a node is asked", |world, node| world.machine(node).best > 0)
        .sometimes("a node knows more than anybody said", |world, node| {
            world.machine(node).best > 1_000
        });
    let (report, _out) = run(&scenario, 2);
    assert!(!report.passed);
    assert_eq!(report.never_seen().collect::<Vec<_>>(), ["a node knows more than anybody said"]);
    assert!(report.sometimes["a node is asked"] > 100);
}

#[test]
fn a_known_defect_is_counted_and_fails_a_strict_campaign_only() {
    let scenario = Plain::new("known", 3, |_| Rumour::default())
        .finally("nobody knows anything", |_| {
            Err(Violation::new("as ever").known("D1: it is meant to"))
        });
    let (report, out) = run(&scenario, 1);
    assert!(report.passed);
    assert_eq!(report.known[0].signature, "nobody knows anything [D1: it is meant to]");
    let strict = campaign(&scenario, &Options { strict: true, ..options(1, &out) });
    assert!(!strict.passed && strict.known.is_empty());
}

#[test]
fn a_campaign_that_is_stopped_reports_what_it_did() {
    static STOP: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
    let out = tempfile::tempdir().expect("there is room for a folder");
    let report = campaign(&healthy(), &Options { stop: &STOP, ..options(2, &out) });
    assert!(report.interrupted);
    assert_eq!(report.seeds_run, 0);
}

#[test]
fn a_log_that_cannot_be_written_is_said() {
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    let options = Options { out: file.path().to_owned(), ..Options::new(0..200) };
    let report = campaign(&says_it_once(), &options);
    assert!(report.failures[0].log.is_none());
    let trouble = report.failures[0].trouble.as_deref().expect("it is said");
    assert!(trouble.contains("could not be written"), "{trouble}");
}

#[test]
fn check_panics_with_the_story_and_the_line_that_replays_it() {
    check(&healthy(), 0..50);
    let failed = catch_unwind(|| check(&says_it_once(), 0..50)).expect_err("it fails");
    let text = failed.downcast_ref::<String>().expect("a panic has a message");
    for part in ["VIOLATED: all know the same", "is asked", "STORMGLASS_LOG=", "cargo test check_"]
    {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}
