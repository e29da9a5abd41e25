//! A bug that takes a knob and a site: found, shrunk to what it takes, and counted.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_campaign::{Earlier, Options, Trend, campaign, compare};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{RawLog, Verdict, log_of, replay, script, write};
use stormglass_simulator::{
    Deviation, Knob, Knobs, Property, Scenario, Script, SiteFires, Tuned, ensure,
};

const GROWS: &str = "the table grows early";
const SHRINKS: &str = "the table shrinks early";
const LIMIT: &str = "table size";

/// A table that doubles, and nobody has thought of a size of more than a hundred.
struct Table {
    size: u64,
}

impl Machine for Table {
    type Message = u64;
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if matches!(input, Input::Start | Input::Timer(())) {
            env.set_timer((), Duration::from_secs(1));
            if env.sometimes_here(GROWS) {
                self.size *= 2;
            }
            if self.size > 1_000_000 && env.sometimes_here(SHRINKS) {
                self.size /= 2;
            }
        }
    }

    fn state(&self) -> &'static str {
        "Growing"
    }
}

struct Tables;

impl Scenario for Tables {
    type Machine = Table;
    type Ghost = ();

    fn name(&self) -> &str {
        "tables"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        1..=3
    }

    fn machine(&self, _: NodeId, _: u32) -> Table {
        unreachable!("every table is tuned")
    }

    fn knobs(&self) -> Vec<Knob> {
        vec![Knob::within(LIMIT, 1, 1..=100), Knob::one_of("colour", 0, [1, 2, 3])]
    }

    fn tuned_machine(&self, _: NodeId, _: u32, knobs: &Knobs) -> Table {
        Table { size: knobs.get(LIMIT) }
    }

    fn sites(&self) -> Vec<&'static str> {
        vec![GROWS, SHRINKS]
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("the table is small", |world, node| {
            let size = world.machine(node).size;
            ensure(size <= 100, || format!("its size is {size}"))
        })]
    }
}

#[test]
fn what_is_found_is_shrunk_to_one_firing_and_the_dullest_knob_that_does() {
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options = Options { out: out.path().to_owned(), ..Options::new(0..1_000) };
    let report = campaign(&Tables, &options);
    let [found] = &report.failures[..] else { panic!("{report}") };
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(&Tables).expect("it is of this scenario");
    assert_eq!(replay(&Tables, &log).verdict, Verdict::Exact);
    let knobs = log.deviations.iter().filter_map(|deviation| match deviation {
        Deviation::Knob(Tuned { name, value }) => Some((name.as_str(), *value)),
        _ => None,
    });
    let site = |deviation: &&Deviation<()>| matches!(deviation, Deviation::Site(_));
    let firings = log.deviations.iter().filter(site).count();
    assert!(found.shrunk.expect("it was shrunk").minimal, "{report}");
    let size = |deviation: &&Deviation<()>| matches!(deviation, Deviation::Nodes { .. });
    let nodes = log.deviations.iter().filter(size).count();
    assert_eq!(log.deviations.len(), nodes + 1 + firings, "{:?}", log.deviations);
    // With one doubling less, or the next smaller size, it would be small.
    let [(name, size)] = knobs.collect::<Vec<_>>()[..] else { panic!("{:?}", log.deviations) };
    assert_eq!(name, LIMIT);
    assert!(size << firings > 100 && size << (firings - 1) <= 100, "{size}, {firings}");
    assert!((size - 1) << firings <= 100, "{size}, {firings}");
    assert!(log.story[0].ends_with(&format!("knob {LIMIT:?} is at {size}")), "{:?}", log.story);
    let run = log.story.iter().take_while(|line| !line.is_empty());
    let told = run.filter(|line| line.ends_with("misbehaves: the table grows early"));
    assert_eq!(told.count(), firings, "{:?}", log.story);
}

#[test]
fn a_report_says_which_sites_were_reached() {
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options =
        Options { out: out.path().to_owned(), shrink_attempts: 0, ..Options::new(0..100) };
    let report = campaign(&Tables, &options);
    let sites = &report.coverage.sites;
    assert!(sites[GROWS].fired > 0 && sites[GROWS].reached > sites[GROWS].fired);
    assert_eq!(sites[SHRINKS].reached, 0);
    let text = report.to_string();
    assert!(text.contains("\n  site NEVER REACHED: the table shrinks early\n"), "{text}");
    assert!(text.contains(&format!("fired {}: the table grows early\n", sites[GROWS].fired)));
}

#[test]
fn a_site_that_is_not_reached_any_more_is_worse() {
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options =
        Options { out: out.path().to_owned(), shrink_attempts: 0, ..Options::new(0..100) };
    let mut report = campaign(&Tables, &options);
    let json = serde_json::to_string(&report).expect("a report is JSON");
    let earlier: Earlier = serde_json::from_str(&json).expect("it can be read");
    assert_ne!(compare(&earlier, &report).trend, Trend::Worse);
    report.coverage.sites.remove(GROWS).expect("it was reached");
    let changes = compare(&earlier, &report);
    assert_eq!(changes.trend, Trend::Worse);
    let text = changes.to_string();
    assert!(text.contains("WORSE   no longer reached: site the table grows early\n"), "{text}");
    assert!(
        text.contains("WORSE   no longer reached: site the table grows early, fired"),
        "{text}"
    );
}

#[test]
fn a_script_becomes_a_log_that_replays_exactly() {
    let mut cluster = script(&Tables, 2).knob(LIMIT, 60);
    cluster.run_for(Duration::from_millis(1_500));
    cluster.misbehave_next(NodeId(1), GROWS);
    let failure = cluster.run_to_violation();
    assert_eq!(failure.violation.detail, "its size is 120");
    let log = log_of(&Tables, Script::<Tables>::SEED, cluster.deviations()).expect("it fails");
    let expected = [
        Deviation::Nodes { count: 2 },
        Deviation::Knob(Tuned { name: LIMIT.to_owned(), value: 60 }),
        Deviation::Site(SiteFires { node: NodeId(1), site: GROWS.to_owned(), nth: 2 }),
    ];
    assert_eq!(log.deviations, expected);
    assert_eq!(log.expected.chain, cluster.chain());

    let folder = tempfile::tempdir().expect("there is room for a folder");
    for name in ["a.json", "a.bin"] {
        let path = folder.path().join(name);
        write(&path, &log).expect("it can be written");
        let read = RawLog::open(&path).expect("it is there").read(&Tables).expect("it makes sense");
        assert_eq!(replay(&Tables, &read).verdict, Verdict::Exact);
    }
}

#[test]
#[should_panic(expected = "VIOLATED: the table is small: its size is 120\n\n   0.000    s   \
                           1  knob \"table size\" is at 60\n   0.000    s   2  node 0 [Growing] starts")]
fn a_script_that_violates_something_fails_with_its_story() {
    let mut cluster = script(&Tables, 1).knob(LIMIT, 60);
    cluster.misbehave_next(NodeId(0), GROWS);
    cluster.finish();
}
