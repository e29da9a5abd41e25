//! Campaigns over a small machine: what they find, what they make of it, and that it does not
//! depend on the number of threads.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use stormglass_campaign::{
    Earlier, NOT_DETERMINISTIC, Options, Registry, Report, Trend, campaign, check, compare, shrink,
};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{RawLog, Verdict, replay, write};
use stormglass_shrinker::Budget;
use stormglass_simulator::{
    BOUNDED_EVENTS, Crash, Deviation, Faults, Plain, Property, Scenario, Settings, Violation,
    ensure,
};

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
    assert_eq!((&*found.property, &*found.signature), (NOT_DETERMINISTIC, NOT_DETERMINISTIC));
    assert!(found.log.is_none() && found.trouble.is_some());
    let difference = found.difference.as_ref().expect("its steps differ");
    let (one, other) = (difference.one.as_ref(), difference.other.as_ref());
    let (one, other) = (one.expect("a step"), other.expect("a step"));
    assert_eq!((&one.time, one.node, &one.input), (&other.time, other.node, &other.input));
    assert_ne!(one.effects, other.effects);
    assert!(report.to_string().contains(&one.effects[0]), "{report}");
}

#[test]
fn a_seed_that_is_run_twice_shows_what_one_run_does_not() {
    let machine = |_| Rumour { reads_shared_state: true, ..Rumour::default() };
    let scenario = Plain::new("shared", 3, machine).ask(4, |dice| 1 + dice.below(50));
    let out = tempfile::tempdir().expect("there is room for a folder");
    assert!(campaign(&scenario, &options(2, &out)).passed, "nothing is violated");
    let twice = |jobs| Options { twice: true, ..options(jobs, &out) };
    let report = campaign(&scenario, &twice(2));
    let [found] = &report.failures[..] else { panic!("{report}") };
    assert_eq!(found.signature, NOT_DETERMINISTIC);
    assert!(found.count > 100 && found.difference.is_some(), "{report}");
    let (once, again) = (campaign(&healthy(), &options(1, &out)), campaign(&healthy(), &twice(1)));
    assert!(again.passed, "{again}");
    assert_eq!((once.chains, once.events), (again.chains, again.events));
    assert_eq!(once.coverage.pairs, again.coverage.pairs, "the second run is not counted");
}

/// Answers every message, and with another one for good measure.
struct Chatty;

impl Machine for Chatty {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Start => env.send(NodeId(1), 0),
            Input::Message { from, message } => (0..2).for_each(|_| env.send(from, message)),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Chatting"
    }
}

#[test]
fn a_search_in_which_seed_after_seed_goes_round_in_circles_is_ended_early() {
    let faults = Faults::NONE;
    let settings = Settings { max_events: 2_000, faults, ..Settings::default() };
    let scenario = Plain::new("chatty", 2, |_| Chatty).settings(settings);
    let out = tempfile::tempdir().expect("there is room for a folder");
    let report = campaign(&scenario, &options(2, &out));
    assert!(report.ended_early && !report.interrupted && !report.passed, "{report}");
    assert!((4..20).contains(&report.seeds_run), "{report}");
    assert_eq!((&*report.failures[0].property, report.failures[0].seed), (BOUNDED_EVENTS, 0));
    let (whole, _out) = run(&says_it_once(), 2);
    assert!(!whole.ended_early, "{whole}");
}

/// Rumours that have to have spread some time after a storm in which there is little time for it.
fn spreads(machine: fn(NodeId) -> Rumour, faults: Faults) -> Plain<Rumour> {
    let (storm, latency) = (Duration::from_millis(200), Duration::from_millis(40));
    let settings = Settings { storm, latency, faults, ..Settings::default() };
    let rumours = Plain::new("rumours", 3, machine).settings(settings);
    rumours.ask(4, |dice| 1 + dice.below(50)).eventually(
        "all know the same",
        Duration::from_secs(9),
        |world| {
            let best: Vec<_> =
                world.core().filter_map(|node| Some(world.get(node)?.best)).collect();
            ensure(best.iter().all(|one| *one == best[0]), || format!("{best:?}"))
        },
    )
}

fn again_and_again(_: NodeId) -> Rumour {
    Rumour { again: true, ..Rumour::default() }
}

#[test]
fn recovery_is_reported_and_compared() {
    let (report, _out) = run(&spreads(again_and_again, Faults::ALL), 2);
    let recovery = report.recovery["all know the same"];
    assert_eq!(recovery.count, 200);
    assert!(recovery.median_s < recovery.p99_s && recovery.p99_s <= recovery.max_s, "{recovery:?}");
    assert!(report.to_string().contains("recovery, in 200 seeds: 0 ms at least"), "{report}");
    let changes = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(&report).expect("a report is JSON");
        edit(&mut value);
        let earlier: Earlier = serde_json::from_value(value).expect("it was a report");
        compare(&earlier, &report)
    };
    assert_eq!(changes(&|_| {}).trend, Trend::Same);
    let slower_by = |factor: f64| {
        changes(&move |old| {
            let old = &mut old["recovery"]["all know the same"]["p99_s"];
            *old = (old.as_f64().expect("a number") / factor).into();
        })
    };
    assert_eq!(slower_by(1.05).trend, Trend::Same);
    assert_eq!(slower_by(2.0).trend, Trend::Worse);
    assert_eq!(slower_by(0.5).trend, Trend::Better);
    let lost = changes(&|old| old["coverage"]["pairs"]["Listening × Gossip"] = 1.into());
    assert_eq!(lost.trend, Trend::Worse, "{lost}");
    assert!(lost.to_string().contains("WORSE   no longer reached: Listening × Gossip"), "{lost}");
    let larger = changes(&|old| {
        old["coverage"]["pairs"]["Listening × Gossip"] = 1.into();
        old["seeds_run"] = 1_000.into();
    });
    assert_eq!(larger.trend, Trend::Same, "fewer seeds reach less: {larger}");
    let gone = changes(&|old| old["sometimes"]["a quiet day"] = 3.into());
    assert_eq!(gone.trend, Trend::Same, "it is no longer looked for: {gone}");
}

#[test]
fn a_new_failure_is_worse_and_an_old_one_is_not() {
    let (healthy, _out) = run(&healthy(), 2);
    let (failing, _out) = run(&says_it_once(), 2);
    let earlier = |report: &Report| -> Earlier {
        let text = serde_json::to_string(report).expect("a report is JSON");
        serde_json::from_str(&text).expect("it was a report")
    };
    assert_eq!(compare(&earlier(&healthy), &failing).trend, Trend::Worse);
    assert_eq!(compare(&earlier(&failing), &failing).trend, Trend::Same);
    let better = compare(&earlier(&failing), &healthy);
    assert!(better.changes.iter().any(|change| change.trend == Trend::Better), "{better}");
}

#[test]
fn what_is_stuck_by_design_is_counted() {
    let stuck = spreads(|_| Rumour::default(), Faults::ALL)
        .recoverable(|world| (0..3).all(|node| world.crashes(NodeId(node)) == 0));
    let (report, _out) = run(&stuck, 2);
    assert!(report.stuck_by_design > 10, "{report}");
    let told = format!("nothing was asked of the calm: {} seeds", report.stuck_by_design);
    assert!(report.to_string().contains(&told), "{report}");
}

#[test]
fn a_run_in_which_only_a_core_heals_is_shrunk_and_replays_exactly() {
    // Each passes its number on to the next only: the ring needs all.
    let ring = spreads(again_and_again, Faults { core: true, ..Faults::NONE }).core(2);
    let out = tempfile::tempdir().expect("there is room for a folder");
    let report = campaign(&ring, &Options { seeds: 0..2_000, ..options(2, &out) });
    let found = report.failures.first().unwrap_or_else(|| panic!("{report}"));
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(&ring).expect("it is of this scenario");
    assert_eq!(replay(&ring, &log).verdict, Verdict::Exact);
    let broken = |deviation: &Deviation<u64>| matches!(deviation, Deviation::Broken(_));
    assert!(log.deviations.iter().any(broken), "{:?}", log.deviations);
    assert!(log.story.iter().any(|line| line.contains("for ever")), "{:?}", log.story);
}

#[test]
#[should_panic(expected = "calls \"gossip\" a scenario that calls itself \"rumours\"")]
fn a_registry_knows_a_scenario_by_its_own_name() {
    let registry = Registry::new().with("gossip", "it is about rumours", healthy);
    let _ = registry.find("gossip").expect("it is there").build(None);
}

/// Where a panic of this thread is said to be.
fn place_of_panic(panics: impl FnOnce() + std::panic::UnwindSafe) -> String {
    static PLACES: Mutex<Vec<(ThreadId, String)>> = Mutex::new(Vec::new());
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
        let entry = (std::thread::current().id(), place.unwrap_or_default());
        PLACES.lock().expect("nobody panics with it").push(entry);
        usual(info);
    }));
    catch_unwind(panics).expect_err("it panics");
    let places = PLACES.lock().expect("nobody panics with it");
    let own = places.iter().rfind(|(thread, _)| *thread == std::thread::current().id());
    own.expect("the hook was called").1.clone()
}

#[test]
fn check_points_at_the_test_that_called_it() {
    let line = line!() + 1;
    let place = place_of_panic(|| check(&says_it_once(), 0..50));
    assert!(place.ends_with(&format!("tests/campaign.rs:{line}")), "{place}");
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
    let told = report.to_string();
    let first = "rumours: FAILED: nothing is violated, but what should be seen sometimes never was";
    assert_eq!(told.lines().next(), Some(first));
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
