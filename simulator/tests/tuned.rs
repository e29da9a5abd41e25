//! Knobs and sites: drawn, recorded, replayed, counted, and free when there are none.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use allocation_counter::measure;
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{
    Cluster, Deviation, Event, Faults, Knob, Knobs, Property, Recorded, Scenario, Settings,
    SiteFires, Tuned, Watch, World,
};

const EARLY: &str = "the timer is set early";
const SILENT: &str = "a round is left out";
const NOWHERE: &str = "nobody ever comes by";

/// Counts rounds, and tells the other.
#[derive(Default)]
struct Ticker {
    every_ms: u64,
    round: u64,
}

impl Machine for Ticker {
    type Message = u64;
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if matches!(input, Input::Start | Input::Timer(())) {
            let early = env.sometimes_here(EARLY);
            let every = if early { self.every_ms / 2 } else { self.every_ms };
            env.set_timer((), Duration::from_millis(every.max(1)));
            if !env.sometimes_here(SILENT) {
                self.round += 1;
                env.send(NodeId(1 - env.node().0), self.round);
            }
        }
    }

    fn state(&self) -> &'static str {
        "Ticking"
    }
}

struct Tickers(Faults);

impl Scenario for Tickers {
    type Machine = Ticker;
    type Ghost = ();

    fn name(&self) -> &str {
        "tickers"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        2..=2
    }

    fn machine(&self, _: NodeId, _: u32) -> Ticker {
        unreachable!("every ticker is tuned")
    }

    fn knobs(&self) -> Vec<Knob> {
        vec![Knob::one_of("every ms", 100, [200, 20]), Knob::within("first round", 0, 0..=1_000)]
    }

    fn tuned_machine(&self, _: NodeId, _: u32, knobs: &Knobs) -> Ticker {
        Ticker { every_ms: knobs.get("every ms"), round: knobs.get("first round") }
    }

    fn sites(&self) -> Vec<&'static str> {
        vec![EARLY, SILENT, NOWHERE]
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn settings(&self) -> Settings {
        Settings { faults: self.0.clone(), ..Settings::default() }
    }
}

const BOTH: Faults = Faults { knobs: true, sites: true, ..Faults::NONE };

fn is_knob(deviation: &&Deviation<()>) -> bool {
    matches!(deviation, Deviation::Knob(_))
}

#[test]
fn search_recording_and_replay_are_the_same_run() {
    for faults in [BOTH, Faults::ALL] {
        let scenario = Tickers(faults);
        let mut batch = World::new(&scenario);
        let (mut dull, mut knobs, mut firings) = (0, BTreeSet::new(), 0);
        for seed in 0..200 {
            let searched = batch.search(seed);
            let mut alone = World::new(&scenario);
            let recorded = alone.record(seed);
            assert_eq!(recorded.outcome, searched, "seed {seed} recorded");
            let replayed = alone.replay(seed, &recorded.deviations, u64::MAX, &mut ());
            assert_eq!(replayed.outcome, searched, "seed {seed} replayed");
            let site = |deviation: &&Deviation<()>| matches!(deviation, Deviation::Site(_));
            firings += recorded.deviations.iter().filter(site).count();
            let of_seed: Vec<_> = recorded.deviations.iter().filter(is_knob).cloned().collect();
            dull += u32::from(of_seed.is_empty());
            knobs.extend(of_seed.into_iter().map(|knob| format!("{knob:?}")));
        }
        assert!(dull > 100, "knobs are turned in {} of 200 seeds", 200 - dull);
        assert!(knobs.len() > 10 && firings > 1_000, "{knobs:?}, {firings} firings");
    }
}

#[test]
fn a_firing_that_is_left_out_moves_no_other() {
    let scenario = Tickers(BOTH);
    let mut world = World::new(&scenario);
    let mut left_out = 0;
    for seed in 0..50 {
        let Recorded { deviations, outcome } = world.record(seed);
        // A round that is left out is not told; the timer goes on as ever.
        let silent =
            |site: &&Deviation<()>| matches!(site, Deviation::Site(site) if site.site == SILENT);
        for position in 0..deviations.len() {
            if !silent(&&deviations[position]) {
                continue;
            }
            left_out += 1;
            let mut fewer = deviations.clone();
            fewer.remove(position);
            let replayed = world.replay(seed, &fewer, u64::MAX, &mut ());
            assert!(replayed.matched.iter().all(|matched| *matched), "{seed}: without {position}");
            assert_ne!(replayed.outcome.chain, outcome.chain);
        }
    }
    assert!(left_out > 100, "{left_out}");
}

fn fires(node: u32, site: &str, nth: u32) -> Deviation<()> {
    Deviation::Site(SiteFires { node: NodeId(node), site: site.to_owned(), nth })
}

fn turned(name: &str, value: u64) -> Deviation<()> {
    Deviation::Knob(Tuned { name: name.to_owned(), value })
}

/// What was told of knobs and sites, with the time in milliseconds.
#[derive(Default)]
struct Tape(Vec<(u64, String)>);

impl Watch<Ticker> for Tape {
    fn event(&mut self, cluster: &Cluster<Ticker>, event: Event<'_, Ticker>) {
        let text = match event {
            Event::Misbehaved { node, site } => format!("{node}: {site}"),
            Event::Struck(position) => format!("{position} strikes"),
            _ => return,
        };
        self.0.push((cluster.now().as_nanos() / 1_000_000, text));
    }
}

#[test]
fn a_list_says_exactly_what_fires_and_what_is_turned() {
    let list = [
        fires(1, SILENT, 3),
        turned("every ms", 20),
        fires(1, EARLY, 0),
        // Unknown names and values, and calls that never come, are dull.
        turned("every ms", 21),
        turned("every second", 20),
        fires(0, NOWHERE, 0),
        fires(0, EARLY, 1_000_000),
    ];
    let scenario = Tickers(Faults::NONE);
    let mut tape = Tape::default();
    let mut world = World::new(&scenario);
    let replayed = world.replay(0, &list, u64::MAX, &mut tape);
    let told: Vec<_> = tape.0.iter().map(|(at, text)| (*at, text.as_str())).collect();
    let expected =
        [(0, "1 strikes"), (0, "1: the timer is set early"), (50, "1: a round is left out")];
    assert_eq!(told, expected);
    assert_eq!(replayed.matched, [true, true, true, false, false, false, false]);
    assert_eq!(world.knobs().get("every ms"), 20);
    let dull = world.replay(0, &[], u64::MAX, &mut ());
    assert_eq!(world.knobs().get("every ms"), 100, "the next run begins anew");
    assert_ne!(dull.outcome.chain, replayed.outcome.chain);
}

#[test]
fn sites_that_were_never_reached_are_listed() {
    let scenario = Tickers(BOTH);
    let mut world = World::new(&scenario);
    (0..50).for_each(|seed| drop(world.search(seed)));
    let sites = world.sites();
    assert_eq!(sites.keys().copied().collect::<Vec<_>>(), [SILENT, NOWHERE, EARLY]);
    assert_eq!((sites[NOWHERE].reached, sites[NOWHERE].fired), (0, 0));
    assert!(sites[EARLY].fired > 100 && sites[EARLY].reached > sites[EARLY].fired, "{sites:?}");
}

#[test]
fn a_warm_world_allocates_nothing_for_knobs_and_sites() {
    let scenario = Tickers(Faults::ALL);
    let mut world = World::new(&scenario);
    let mut run = || (0..50).map(|seed| world.search(seed).events).sum::<u64>();
    let mut events = run();
    let allocations = measure(|| events = run());
    assert!(events > 20_000, "{events} events are no work");
    assert_eq!(allocations.count_total, 0);
}
