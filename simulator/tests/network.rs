//! What links do to messages, planes, failure domains and set clocks: one deviation at a time.

use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};
use stormglass_simulator::{
    ClockStep, Clog, Cluster, Crash, Cut, Deviation, Event, Fate, Faults, Impaired, MessageFault,
    Pause, Plain, Plane, Settings, Shape, Throttle, Watch, World,
};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Number(u64);

impl Kind for Number {
    fn kind(&self) -> &'static str {
        "Number"
    }

    fn plane(&self) -> &'static str {
        if self.0.is_multiple_of(2) { "even" } else { "odd" }
    }
}

/// Nodes 0 and 1 send the numbers from 1 to node 2, every 50 ms; node 2 remembers nothing.
#[derive(Default)]
struct Stream {
    last: u64,
}

impl Machine for Stream {
    type Message = Number;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Start | Input::Timer(()) = input
            && env.node() != NodeId(2)
        {
            self.last += 1;
            env.send(NodeId(2), Number(self.last));
            env.write(self.last);
            env.set_timer((), 50 * MS);
        }
    }

    fn state(&self) -> &'static str {
        "Streaming"
    }
}

/// What node 2 heard of node 0, and at which millisecond; which episodes ended; how far the wall
/// clock of node 0 was set ahead, whenever that changed.
#[derive(Debug, Default)]
struct Tape {
    heard: Vec<(u64, u64)>,
    ended: Vec<(u64, usize)>,
    wall: Vec<(u64, i64)>,
}

impl Watch<Stream> for Tape {
    fn event(&mut self, cluster: &Cluster<Stream>, event: Event<'_, Stream>) {
        let now = cluster.now().as_nanos() / 1_000_000;
        match event {
            Event::Input { input: Input::Message { from: NodeId(0), message }, .. } => {
                self.heard.push((now, message.0));
            }
            Event::Ended(position) => self.ended.push((now, position)),
            _ => {}
        }
        let ahead = |node| cluster.wall_clock(node).as_nanos() as i64;
        let ahead = (ahead(NodeId(0)) - ahead(NodeId(1))) / 1_000_000;
        if self.wall.last().map_or(0, |(_, before)| *before) != ahead {
            self.wall.push((now, ahead));
        }
    }
}

impl Tape {
    fn when(&self, number: u64) -> Vec<u64> {
        let when = self.heard.iter().filter(|(_, heard)| *heard == number);
        when.map(|(now, _)| *now).collect()
    }
}

fn scenario() -> Plain<Stream> {
    Plain::new("stream", 3, |_| Stream::default())
        .planes(&["even", "odd"])
        .domains(|count| vec![vec![NodeId(0), NodeId(1)], vec![NodeId(count - 1)]])
        .corrupt(|number, value| value.is_multiple_of(2).then_some(Number(number.0 + 1_000)))
}

fn play(deviations: &[Deviation<u64>]) -> Tape {
    let (scenario, mut tape) = (scenario(), Tape::default());
    let replayed = World::new(&scenario).replay(1, deviations, u64::MAX, &mut tape);
    assert_eq!(replayed.outcome.failure, None);
    assert!(replayed.matched.iter().all(|matched| *matched), "{:?}", replayed.matched);
    tape
}

fn link() -> Shape {
    Shape::Links(vec![(NodeId(0), NodeId(2))])
}

fn clog(at: Duration, lasts: Duration) -> Clog {
    Clog { shape: link(), at, lasts }
}

/// The nth number is sent at 50 ms times (n - 1), and takes 10 ms.
#[test]
fn what_is_clogged_arrives_in_the_end_and_in_order() {
    let tape = play(&[Deviation::Clog(clog(SECOND, 2 * SECOND))]);
    assert_eq!(
        (tape.when(20), tape.when(21), tape.when(60)),
        (vec![960], vec![3_000], vec![3_000])
    );
    assert_eq!(tape.when(61), [3_010]);
    assert!(tape.heard.is_sorted(), "{:?}", tape.heard);
    assert_eq!(tape.ended, [(3_000, 0)]);
}

#[test]
fn a_message_waits_for_the_last_of_the_clogs_that_are_there_when_it_is_sent() {
    let clogs = [clog(SECOND, 2 * SECOND), clog(2 * SECOND, 3 * SECOND)];
    let tape = play(&clogs.map(Deviation::Clog));
    assert_eq!((tape.when(40), tape.when(41)), (vec![3_000], vec![5_000]));
    assert!(tape.heard.is_sorted(), "{:?}", tape.heard);
}

#[test]
fn a_clog_that_ends_before_a_message_would_arrive_changes_nothing() {
    let dull = play(&[]).heard;
    assert_eq!(play(&[Deviation::Clog(clog(SECOND, 9 * MS))]).heard, dull);
    assert_eq!(play(&[Deviation::Clog(clog(SECOND, Duration::ZERO))]).heard, dull);
    let other = Clog { shape: Shape::Links(vec![(NodeId(2), NodeId(0))]), ..clog(SECOND, SECOND) };
    assert_eq!(play(&[Deviation::Clog(other)]).heard, dull);
}

#[test]
fn a_clog_ends_with_the_storm() {
    let tape = play(&[Deviation::Clog(clog(9 * SECOND, 9 * SECOND))]);
    assert_eq!((tape.when(181), tape.when(201)), (vec![10_000], vec![10_010]));
}

#[test]
fn a_late_message_is_late_beyond_the_clog() {
    let late = MessageFault {
        from: NodeId(0),
        to: NodeId(2),
        kind: "Number".into(),
        nth: 20,
        fate: Fate::Delayed { by: 300 * MS },
    };
    let tape = play(&[Deviation::Clog(clog(SECOND, SECOND)), Deviation::Message(late)]);
    assert_eq!((tape.when(21), tape.when(22)), (vec![2_300], vec![2_000]));
}

#[test]
fn a_throttled_link_takes_one_message_at_a_time_and_its_queue_ends_with_it() {
    let throttle = |every| {
        let (at, lasts) = (SECOND, SECOND);
        play(&[Deviation::Throttle(Throttle { shape: link(), at, lasts, every })])
    };
    let tape = throttle(200 * MS);
    let arrivals = [21, 22, 23, 24, 25, 26, 40, 41].map(|number| tape.when(number)[0]);
    assert_eq!(arrivals, [1_010, 1_210, 1_410, 1_610, 1_810, 2_000, 2_000, 2_010]);
    assert!(tape.heard.is_sorted(), "{:?}", tape.heard);
    assert_eq!(throttle(50 * MS).heard, play(&[]).heard);
    assert_eq!(throttle(Duration::ZERO).heard, play(&[]).heard);
}

#[test]
fn two_links_of_a_throttle_have_a_queue_each() {
    let shape = Shape::Deaf(vec![NodeId(2)]);
    let both = Throttle { shape, at: SECOND, lasts: SECOND, every: 200 * MS };
    let one = Throttle { shape: link(), ..both.clone() };
    let heard = |throttle| play(&[Deviation::Throttle(throttle)]).heard;
    assert_eq!(heard(both), heard(one));
}

#[test]
fn a_plane_fails_alone() {
    let cut = Cut { shape: link(), at: SECOND, lasts: SECOND };
    let plane =
        |plane: &'static str, is| play(&[Deviation::Plane(Plane { plane: plane.into(), is })]);
    let odd = plane("odd", Impaired::Cut(cut.clone()));
    assert_eq!((odd.when(21), odd.when(22)), (vec![], vec![1_060]));
    let even = plane("even", Impaired::Clogged(clog(SECOND, SECOND)));
    assert_eq!((even.when(21), even.when(22)), (vec![1_010], vec![2_000]));
    assert_eq!(plane("neither", Impaired::Cut(cut)).heard, play(&[]).heard);
}

#[test]
fn garbage_is_what_the_scenario_makes_of_it_or_nothing() {
    let corrupted = |value| {
        let (from, to, kind) = (NodeId(0), NodeId(2), "Number".to_owned());
        let fate = Fate::Corrupted { value };
        play(&[Deviation::Message(MessageFault { from, to, kind, nth: 2, fate })])
    };
    let (odd, even) = (corrupted(7), corrupted(8));
    assert_eq!((odd.when(3), odd.when(1_003)), (vec![], vec![]));
    assert_eq!((even.when(3), even.when(1_003)), (vec![], vec![110]));
}

#[test]
fn a_wall_clock_is_set_to_and_not_by() {
    let step = |at, ahead_ms: i64| {
        Deviation::ClockStep(ClockStep { node: NodeId(0), at, ahead_ns: ahead_ms * 1_000_000 })
    };
    let steps = [step(SECOND, 300), step(2 * SECOND, -200), step(3 * SECOND, 0)];
    assert_eq!(play(&steps).wall, [(1_000, 300), (2_000, -200), (3_000, 0)]);
    // Without the first, the second still means the same.
    assert_eq!(play(&steps[1..]).wall, [(2_000, -200), (3_000, 0)]);
    assert_eq!(play(&steps[..2]).heard, play(&[]).heard);
}

fn stormy() -> Plain<Stream> {
    scenario().settings(Settings { faults: Faults::ALL, ..Settings::default() })
}

#[test]
fn search_recording_and_replay_are_the_same_run() {
    let scenario = stormy();
    let mut world = World::new(&scenario);
    for seed in 0..200 {
        let searched = world.search(seed);
        let recorded = world.record(seed);
        assert_eq!(recorded.outcome, searched, "seed {seed} recorded");
        let replayed = world.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, searched, "seed {seed} replayed");
    }
}

#[test]
fn clocks_go_beyond_their_bounds_only_beyond_what_is_tolerated() {
    let faults = Faults { clock_drift_ppm: 100_000, clock_step: Duration::ZERO, ..Faults::ALL };
    let scenario = scenario().settings(Settings { faults, ..Settings::default() });
    let worst = |mut world: World<'_, _>| {
        let lists = (0..100).map(|seed| world.record(seed).deviations);
        lists.flatten().fold((0, 0, 0), |(ahead, drift, step), deviation| match deviation {
            Deviation::Clock(clock) => (
                clock.ahead_ns.unsigned_abs().max(ahead),
                clock.drift_ppm.unsigned_abs().max(drift),
                step,
            ),
            Deviation::ClockStep(clock) => (ahead, drift, clock.ahead_ns.unsigned_abs().max(step)),
            _ => (ahead, drift, step),
        })
    };
    let bound = SECOND.as_nanos() as u64;
    let (ahead, drift, step) = worst(World::new(&scenario));
    assert!((bound / 2..=bound).contains(&ahead), "{ahead} ns");
    assert!((50_000..=100_000).contains(&drift), "{drift} parts per million");
    assert_eq!(step, 0);
    let (ahead, drift, step) = worst(World::new(&scenario).beyond_tolerance());
    assert!((5 * bound..=10 * bound).contains(&ahead), "{ahead} ns");
    assert!((250_000..=500_000).contains(&drift), "{drift} parts per million");
    assert_eq!(step, 0);
}

/// All deviations of a few hundred seeds, each with the seed's number.
fn drawn() -> Vec<(u64, Deviation<u64>)> {
    let scenario = stormy();
    let mut world = World::new(&scenario);
    let each = (0..300).map(|seed| (seed, world.record(seed).deviations));
    each.flat_map(|(seed, all)| all.into_iter().map(move |one| (seed, one))).collect()
}

#[test]
fn everything_is_drawn() {
    let drawn = drawn();
    let count = |is: fn(&Deviation<u64>) -> bool| drawn.iter().filter(|(_, one)| is(one)).count();
    let planes = |one: &Deviation<u64>| matches!(one, Deviation::Plane(_));
    assert!(count(planes) > 300);
    assert!(count(|one| matches!(one, Deviation::Clog(_))) > 300);
    assert!(count(|one| matches!(one, Deviation::Throttle(_))) > 300);
    assert!(count(|one| matches!(one, Deviation::ClockStep(_))) > 300);
    assert!(count(|one| matches!(one, Deviation::Cut(Cut { shape: Shape::Star { .. }, .. }))) > 50);
    let corrupted = |one: &Deviation<u64>| match one {
        Deviation::Message(MessageFault { fate, .. }) => matches!(fate, Fate::Corrupted { .. }),
        _ => false,
    };
    assert!(count(corrupted) > 300);
    // The first domain has two nodes that a crash of a side would seldom have alone.
    let domain = |one: &Deviation<u64>| match one {
        Deviation::Crash(Crash { nodes, .. }) => *nodes == [NodeId(0), NodeId(1)],
        _ => false,
    };
    assert!(count(domain) > 150);
}

/// Nodes that are clogged together and are not let go in the order in which they were clogged.
#[test]
fn some_nodes_are_let_go_in_another_order() {
    let clogs: Vec<_> = drawn()
        .into_iter()
        .filter_map(|(seed, deviation)| match deviation {
            Deviation::Clog(Clog { shape: Shape::Split(side), at, lasts }) => {
                Some((seed, side, at, at + lasts))
            }
            _ => None,
        })
        .collect();
    let swapped = clogs.windows(2).filter(|pair| {
        let [(seed, one, begins, ends), (same, other, later, sooner)] = pair else { return false };
        seed == same && one != other && begins < later && later < sooner && sooner < ends
    });
    assert!(swapped.count() > 50);
}

#[test]
fn some_pauses_last_from_the_beginning_of_a_storm_to_its_end() {
    let storm = Settings::default().storm;
    let pauses = drawn().into_iter().filter(|(_, deviation)| match deviation {
        Deviation::Pause(Pause { at, lasts, .. }) => {
            *at < storm / 10 && *at + *lasts > storm - storm / 10
        }
        _ => false,
    });
    assert!(pauses.count() > 0);
}

#[test]
fn a_pause_that_is_longer_than_the_storm_ends_with_it() {
    let pause = Pause { node: NodeId(2), at: SECOND, lasts: 60 * SECOND };
    let tape = play(&[Deviation::Pause(pause)]);
    assert_eq!((tape.when(21), tape.when(200)), (vec![10_000], vec![10_000]));
    assert_eq!(tape.ended, [(10_000, 0)]);
}

/// Each node of a large cluster sends once; most of what is counted is the drawing of the storm.
#[test]
fn the_storm_of_a_large_cluster_is_drawn_and_passes() {
    let settings = Settings { storm: 100 * MS, calm: 100 * MS, ..Settings::default() };
    let scenario = Plain::new("many", 5_000, |_| Stream::default()).settings(settings);
    let mut world = World::new(&scenario);
    for seed in 0..4 {
        assert_eq!(world.search(seed).failure, None);
        assert_eq!(world.now(), Time::ZERO + 200 * MS);
    }
}
