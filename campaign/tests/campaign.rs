//! Campaigns over a small machine: what they find, what they make of it, and that it does not
//! depend on the number of threads.

use std::num::NonZeroUsize;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stormglass_campaign::{NOT_DETERMINISTIC, Options, Report, campaign, check};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{RawLog, Verdict, replay};
use stormglass_simulator::{Deviation, Plain, Violation, ensure};

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
