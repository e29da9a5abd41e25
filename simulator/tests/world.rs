//! The world as a whole, on a small machine.

mod gossip;

use std::time::Duration;

use gossip::{Gossip, Rumours};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{
    BOUNDED_EVENTS, Cluster, Crash, Cut, Deviation, Event, Fate, Faults, KNOWN_RECEIVER, LateTimer,
    MessageFault, NO_PANIC, Outcome, Pause, Plain, Scenario, Settings, Shape, SlowFlush,
    TIME_GOES_ON, Watch, World,
};

const SEEDS: std::ops::Range<u64> = 0..300;

#[test]
fn a_correct_machine_survives_every_seed_and_sees_what_it_should() {
    let scenario = Rumours::default();
    let mut world = World::new(&scenario);
    for seed in SEEDS {
        assert_eq!(world.search(seed).failure, None, "seed {seed}");
    }
    assert!(world.sometimes()[0].1 > 50, "{:?}", world.sometimes());
    let pairs = world.pairs();
    assert!(pairs.contains_key(&("Ignorant", "()")) && pairs.contains_key(&("Knowing", "u64")));
}

#[test]
fn search_recording_and_replay_are_the_same_run_alone_and_in_a_batch() {
    let scenario = Rumours::default();
    let mut batch = World::new(&scenario);
    for seed in SEEDS {
        let searched = batch.search(seed);
        let mut alone = World::new(&scenario);
        assert_eq!(alone.search(seed), searched, "seed {seed} alone");
        let recorded = alone.record(seed);
        assert_eq!(recorded.outcome, searched, "seed {seed} recorded");
        let replayed = alone.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, searched, "seed {seed} replayed");
    }
}

#[test]
fn seeds_differ() {
    let scenario = Rumours::default();
    let mut world = World::new(&scenario);
    let mut chains: Vec<_> = SEEDS.map(|seed| world.search(seed).chain).collect();
    chains.sort_unstable();
    chains.dedup();
    assert_eq!(chains.len() as u64, SEEDS.end);
}

#[test]
fn a_machine_that_does_not_persist_is_caught() {
    let scenario = Rumours { forgets: true, ..Rumours::default() };
    let mut world = World::new(&scenario);
    let failure =
        SEEDS.into_iter().find_map(|seed| world.search(seed).failure).expect("it is caught");
    assert_eq!(failure.property, "nobody forgets what it told");
}

#[test]
fn a_panic_is_a_failure_with_its_place_and_the_world_goes_on() {
    let faults = Some(Faults::NONE);
    let scenario = Rumours { panics_at: Some(17), faults, ..Rumours::default() };
    let mut world = World::new(&scenario);
    let (seed, failure) = (0..2_000)
        .find_map(|seed| Some((seed, world.search(seed).failure?)))
        .expect("some client says 17");
    assert_eq!(failure.property, NO_PANIC);
    assert_eq!(failure.violation.detail, "cannot bear the number 17");
    assert!(failure.violation.cause.starts_with("gossip/mod.rs:"), "{failure:?}");
    assert_eq!(world.search(seed).failure, Some(failure));
}

fn dull(deviations: &[Deviation<u64>]) -> (Outcome, Vec<bool>, Tape) {
    let scenario = Rumours::default();
    let mut tape = Tape::default();
    let replayed = World::new(&scenario).replay(1, deviations, u64::MAX, &mut tape);
    (replayed.outcome, replayed.matched, tape)
}

/// What was seen, in short.
#[derive(Default)]
struct Tape {
    delivered: Vec<(u32, u32, u64)>,
    crashed: Vec<u32>,
    best_at_start: Vec<u64>,
}

impl Watch<Gossip> for Tape {
    fn event(&mut self, cluster: &Cluster<Gossip>, event: Event<'_, Gossip>) {
        match event {
            Event::Input { node, input: stormglass_machine::Input::Message { from, .. } } => {
                self.delivered.push((from.0, node.0, cluster.now().as_nanos() / 1_000_000));
            }
            Event::Crashed { node, .. } => self.crashed.push(node.0),
            Event::Started { node } => self.best_at_start.push(cluster.machine(node).best),
            _ => {}
        }
    }
}

fn request(at: Duration) -> Deviation<u64> {
    Deviation::Request { client: 0, nth: 0, at, node: NodeId(0), request: 9 }
}

fn crash(at: Duration, after_effects: Option<u32>, lose: u32) -> Deviation<u64> {
    Deviation::Crash(Crash {
        nodes: vec![NodeId(0)],
        at,
        after_effects,
        down: Duration::ZERO,
        lose,
    })
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_dull_run_has_messages_after_the_base_latency_and_nothing_else() {
    let (outcome, _, tape) = dull(&[]);
    assert_eq!(outcome.failure, None);
    assert!(tape.delivered.iter().all(|(.., at)| at % 50 == 10));
    assert!(tape.crashed.is_empty());
    assert_eq!(tape.best_at_start, [0, 0]);
}

#[test]
fn a_crash_after_an_effect_keeps_what_was_flushed_before_it() {
    // The request has the effects Write, Flush, Respond.
    for (after, lose, best) in [(0, 0, 0), (1, 0, 9), (1, 1, 0), (2, 1, 9)] {
        let (outcome, matched, tape) = dull(&[crash(SECOND, Some(after), lose), request(SECOND)]);
        assert_eq!(outcome.failure, None, "{after} {lose}");
        assert_eq!(matched, [true, true]);
        assert_eq!(tape.best_at_start, [0, 0, best], "after {after} effects, losing {lose}");
    }
}

#[test]
fn a_slow_flush_holds_the_node_and_a_crash_meanwhile_loses_the_record() {
    let slow = Deviation::Flush(SlowFlush { node: NodeId(0), nth: 0, slow: SECOND });
    let later = SECOND + Duration::from_millis(500);
    let (_, matched, tape) = dull(&[request(SECOND), slow.clone()]);
    assert_eq!(matched, [true, true]);
    let held = |tape: &Tape| {
        tape.delivered.iter().filter(|(_, to, at)| *to == 0 && (1_001..2_000).contains(at)).count()
    };
    assert_eq!(held(&tape), 0);
    assert!(tape.delivered.iter().any(|(_, to, at)| *to == 0 && *at == 2_000));
    let (_, _, tape) = dull(&[request(SECOND), slow, crash(later, None, 1)]);
    assert_eq!(tape.best_at_start, [0, 0, 0]);
}

#[test]
fn fates_and_cuts_and_pauses_do_what_they_say() {
    let (_, _, plain) = dull(&[]);
    let fate = |fate| {
        let (from, to, kind) = (NodeId(0), NodeId(1), "u64".to_owned());
        dull(&[Deviation::Message(MessageFault { from, to, kind, nth: 0, fate })]).2
    };
    let over = |tape: &Tape| tape.delivered.iter().filter(|(from, to, _)| from != to).count();
    assert_eq!(over(&fate(Fate::Dropped)), over(&plain) - 1);
    assert_eq!(over(&fate(Fate::Duplicated { by: SECOND })), over(&plain) + 1);
    assert_eq!(over(&fate(Fate::Delayed { by: SECOND })), over(&plain));
    let cut = |at| Deviation::Cut(Cut { shape: Shape::Split(vec![NodeId(0)]), at, lasts: SECOND });
    let (_, matched, tape) = dull(&[cut(SECOND)]);
    assert_eq!(matched, [true]);
    let while_cut = |(from, to, at): &&(u32, u32, u64)| from != to && (1_010..2_010).contains(at);
    assert_eq!(tape.delivered.iter().filter(while_cut).count(), 0);
    assert!(plain.delivered.iter().filter(while_cut).count() > 5);
    let (_, _, paused) =
        dull(&[Deviation::Pause(Pause { node: NodeId(1), at: SECOND, lasts: SECOND })]);
    let by_paused = |(from, to, at): &&(u32, u32, u64)| {
        (*from == 1 && (1_011..2_010).contains(at)) || (*to == 1 && (1_001..2_000).contains(at))
    };
    assert_eq!(paused.delivered.iter().filter(by_paused).count(), 0);
}

#[test]
fn what_meets_nothing_is_said_not_to_have_matched() {
    let late = Deviation::Timer(LateTimer {
        node: NodeId(0),
        kind: "()".into(),
        nth: 999_999,
        late: SECOND,
    });
    let after_the_storm = crash(15 * SECOND, None, 0);
    let (_, matched, _) = dull(&[late, after_the_storm, request(SECOND)]);
    assert_eq!(matched, [false, false, true]);
}

#[test]
fn a_run_is_cut_off_at_the_callers_bound_and_fails_at_its_own() {
    let scenario = Rumours::default();
    let mut world = World::new(&scenario);
    let short = world.replay(1, &[], 10, &mut ()).outcome;
    assert_eq!((short.events, short.failure), (10, None));
    struct Restless;
    impl Scenario for Restless {
        type Machine = Gossip;
        type Ghost = ();
        fn name(&self) -> &str {
            "restless"
        }
        fn nodes(&self) -> std::ops::RangeInclusive<u32> {
            2..=2
        }
        fn machine(&self, _: NodeId, count: u32) -> Gossip {
            Gossip { count, ..Gossip::default() }
        }
        fn properties(&self) -> Vec<stormglass_simulator::Property<Self>> {
            Vec::new()
        }
        fn settings(&self) -> Settings {
            Settings { max_events: 100, ..Default::default() }
        }
    }
    let failure = World::new(&Restless).search(1).failure.expect("it has more than 100 events");
    assert_eq!((failure.property.as_str(), failure.event), (BOUNDED_EVENTS, 100));
}

/// Sets a timer of zero again and again, or sends to a node that is not there.
struct Astray {
    restless: bool,
}

impl Machine for Astray {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, _: Input<Self>, env: &mut Env<'_, Self>) {
        if self.restless {
            env.set_timer((), Duration::ZERO);
        } else {
            env.send(NodeId(3), 7);
        }
    }

    fn state(&self) -> &'static str {
        "Astray"
    }
}

#[test]
fn a_machine_that_never_lets_time_go_on_is_stopped() {
    let scenario = Plain::new("restless", 1, |_| Astray { restless: true });
    let failure = World::new(&scenario).search(1).failure.expect("it never ends");
    assert_eq!(failure.property, TIME_GOES_ON);
    assert!(failure.event < Settings::default().max_events, "{failure:?}");
}

#[test]
fn a_message_to_nobody_is_a_violation_that_names_sender_and_receiver() {
    let scenario = Plain::new("astray", 3, |_| Astray { restless: false });
    let failure = World::new(&scenario).search(1).failure.expect("there is no node 3");
    assert_eq!(failure.property, KNOWN_RECEIVER);
    assert_eq!(failure.violation.detail, "node 0 sent 7 to node 3; the last node is 2");
    assert_eq!(failure.violation.cause, "u64");
}

#[test]
fn what_no_log_could_hold_is_refused() {
    let refused = |settings: Settings| {
        let scenario = Plain::new("refused", 1, |_| Gossip { count: 1, ..Gossip::default() })
            .settings(settings);
        std::panic::catch_unwind(|| drop(World::new(&scenario))).is_err()
    };
    let usual = Settings::default();
    assert!(!refused(usual.clone()));
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(!refused(Settings { storm: year, ..usual.clone() }));
    assert!(refused(Settings { storm: year + SECOND, ..usual.clone() }));
    assert!(refused(Settings { latency: year / 100, ..usual.clone() }));
    assert!(refused(Settings {
        faults: Faults { clock_drift_ppm: 1_000_001, ..Faults::ALL },
        ..usual.clone()
    }));
    assert!(refused(Settings {
        faults: Faults { clock_offset: 2 * year, ..Faults::ALL },
        ..usual
    }));
}
