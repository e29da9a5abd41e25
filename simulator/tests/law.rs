//! The law of effects and the phases of a run, where faults meet each other.

use std::time::Duration;

use stormglass_machine::{Effect, Env, Input, Machine, NodeId, Time};
use stormglass_simulator::{
    Cluster, Crash, Cut, Deviation, Event, Fate, LateTimer, MessageFault, Outcome, Pause, Plain,
    Shape, SlowFlush, Watch, World,
};

/// Node 0 sends the numbers from 1 to node 1, every 50 ms; every node writes a request down before
/// it answers, and cancels a timer that is not set.
#[derive(Default)]
struct Stream {
    last: u64,
}

impl Machine for Stream {
    type Message = u64;
    type Request = u64;
    type Response = u64;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start if env.node() != NodeId(0) => {}
            Input::Start => env.set_timer((), 50 * MS),
            Input::Timer(()) => {
                self.last += 1;
                env.send(NodeId(1), self.last);
                env.set_timer((), 50 * MS);
            }
            Input::Message { message, .. } => self.last = message,
            Input::Request { id, request } => {
                env.persist(request);
                env.respond(id, request);
                env.cancel_timer(());
            }
        }
    }

    fn state(&self) -> &'static str {
        "Streaming"
    }
}

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// When every fault is over.
const HEAL: Duration = Duration::from_secs(10);

/// What was seen, and at which millisecond.
#[derive(Debug, Default, PartialEq)]
struct Tape {
    heard: Vec<(u64, u64)>,
    timers: Vec<u64>,
    answered: Vec<u64>,
    crashed: Vec<u64>,
    ended: Vec<(u64, usize)>,
    /// Messages that are lost, late or doubled, by when they were sent.
    fated: Vec<u64>,
}

impl Watch<Stream> for Tape {
    fn event(&mut self, cluster: &Cluster<Stream>, event: Event<'_, Stream>) {
        let now = cluster.now().as_nanos() / 1_000_000;
        match event {
            Event::Input { input: Input::Message { message, .. }, .. } => {
                self.heard.push((now, *message));
            }
            Event::Input { input: Input::Timer(()), .. } => self.timers.push(now),
            Event::Effect { effect: Effect::Respond { .. }, .. } => self.answered.push(now),
            Event::Crashed { .. } => self.crashed.push(now),
            Event::Ended(position) => self.ended.push((now, position)),
            Event::Fated { .. } => self.fated.push(now),
            _ => {}
        }
    }
}

fn scenario() -> Plain<Stream> {
    Plain::new("stream", 3, |_| Stream::default())
}

fn play(deviations: &[Deviation<u64>]) -> (Tape, Vec<bool>, Outcome) {
    let (scenario, mut tape) = (scenario(), Tape::default());
    let replayed = World::new(&scenario).replay(1, deviations, u64::MAX, &mut tape);
    assert_eq!(replayed.outcome.failure, None);
    (tape, replayed.matched, replayed.outcome)
}

fn request(node: u32, at: Duration) -> Deviation<u64> {
    Deviation::Request { client: node, nth: 0, at, node: NodeId(node), request: 7 }
}

fn slow(node: u32, slow: Duration) -> Deviation<u64> {
    Deviation::Flush(SlowFlush { node: NodeId(node), nth: 0, slow })
}

fn pause(node: u32, at: Duration, lasts: Duration) -> Deviation<u64> {
    Deviation::Pause(Pause { node: NodeId(node), at, lasts })
}

fn crash(node: u32, at: Duration, after_effects: Option<u32>, down: Duration) -> Deviation<u64> {
    Deviation::Crash(Crash { nodes: vec![NodeId(node)], at, after_effects, down, lose: 0 })
}

fn fate(nth: u32, fate: Fate) -> Deviation<u64> {
    Deviation::Message(MessageFault {
        from: NodeId(0),
        to: NodeId(1),
        kind: "u64".into(),
        nth,
        fate,
    })
}

#[test]
fn a_paused_process_does_not_go_on_when_its_disk_is_done() {
    let during = [request(2, SECOND), slow(2, 200 * MS), pause(2, SECOND + 100 * MS, SECOND)];
    assert_eq!(play(&during).0.answered, [2_100]);
    let together = [request(2, SECOND), slow(2, 200 * MS), pause(2, SECOND, 200 * MS)];
    assert_eq!(play(&together).0.answered, [1_200]);
    let before = [request(2, SECOND), slow(2, SECOND), pause(2, SECOND, 200 * MS)];
    assert_eq!(play(&before).0.answered, [2_000]);
}

#[test]
fn what_a_node_held_back_comes_before_what_comes_now() {
    // The message sent at 2.000 arrives at the very moment at which the node goes on.
    for what in [pause(1, SECOND, SECOND + 10 * MS), slow(1, SECOND + 10 * MS)] {
        let (tape, matched, _) = play(&[request(1, SECOND), what]);
        assert_eq!(matched, [true, true]);
        assert!(tape.heard.is_sorted_by_key(|(_, number)| *number), "{:?}", tape.heard);
        assert!(tape.heard.contains(&(2_010, 20)) && tape.heard.contains(&(2_010, 40)));
    }
}

#[test]
fn a_pause_ends_once_and_not_in_a_later_life() {
    let crashed = [
        pause(1, SECOND, 4 * SECOND),
        crash(1, 2 * SECOND, None, Duration::ZERO),
        pause(1, 4 * SECOND, 2 * SECOND),
    ];
    assert_eq!(play(&crashed).0.ended, [(6_000, 2)]);
    let overlapping = [pause(1, SECOND, 4 * SECOND), pause(1, 2 * SECOND, SECOND)];
    assert_eq!(play(&overlapping).0.ended, [(5_000, 0)]);
}

#[test]
fn a_crash_that_waits_for_a_flush_is_not_taken_for_the_next_one() {
    let (down, later) = (SECOND, 2 * SECOND);
    let armed = [
        request(2, SECOND),
        slow(2, SECOND),
        crash(2, SECOND, Some(2), down),
        crash(2, SECOND + 500 * MS, Some(9), later),
    ];
    // The first of the list strikes: the request comes before it at the same time.
    let (tape, matched, _) = play(&[&armed[2..3], &armed[..2], &armed[3..]].concat());
    assert_eq!((tape.crashed, tape.answered), (vec![2_000], vec![]));
    assert_eq!(matched, [true, true, true, false]);
}

#[test]
fn no_fate_strikes_what_is_sent_after_the_storm() {
    let sent_at = |nth: u32| 50 * (u64::from(nth) + 1);
    let last_of_the_storm = 198;
    assert_eq!(sent_at(last_of_the_storm), 9_950);
    let (tape, matched, _) = play(&[
        fate(last_of_the_storm, Fate::Dropped),
        fate(last_of_the_storm + 1, Fate::Dropped),
        Deviation::Timer(LateTimer { node: NodeId(0), kind: "()".into(), nth: 250, late: SECOND }),
        request(2, HEAL),
        slow(2, SECOND),
    ]);
    assert_eq!(matched, [true, false, false, true, false]);
    assert_eq!((tape.fated, tape.answered), (vec![9_950], vec![10_000]));
}

#[test]
fn what_is_late_is_late_until_the_end_of_the_storm_only() {
    let (tape, ..) = play(&[fate(190, Fate::Delayed { by: 3 * SECOND })]);
    assert!(tape.heard.contains(&(10_000, 191)), "{:?}", tape.heard);
    let (tape, ..) = play(&[fate(190, Fate::Duplicated { by: 3 * SECOND })]);
    assert!(tape.heard.contains(&(10_000, 191)), "{:?}", tape.heard);
    let (tape, ..) = play(&[fate(198, Fate::Delayed { by: 40 * MS })]);
    assert!(tape.heard.contains(&(10_000, 199)), "{:?}", tape.heard);
    let late =
        Deviation::Timer(LateTimer { node: NodeId(0), kind: "()".into(), nth: 100, late: HEAL });
    let (tape, ..) = play(&[late]);
    assert_eq!(tape.timers[99..102], [5_000, 10_000, 10_050]);
    let (tape, ..) = play(&[request(2, 9 * SECOND), slow(2, HEAL)]);
    assert_eq!(tape.answered, [10_000]);
}

#[test]
fn whatever_happens_at_the_very_end_of_the_storm_happens_in_the_calm() {
    let cut = Deviation::Cut(Cut { shape: Shape::Split(vec![NodeId(0)]), at: SECOND, lasts: HEAL });
    let armed = crash(2, SECOND, Some(1), SECOND);
    let (tape, matched, _) = play(&[cut, armed, request(2, HEAL)]);
    assert_eq!(matched, [true, false, true]);
    assert_eq!((tape.crashed, tape.answered), (vec![], vec![10_000]));
    assert_eq!(tape.heard.iter().find(|(at, _)| *at > 1_010), Some(&(10_010, 200)));
}

#[test]
fn runs_that_differ_only_in_where_a_crash_cut_or_when_a_disk_was_done_differ_in_the_chain() {
    let cut_after = |effects| play(&[crash(2, SECOND, Some(effects), SECOND), request(2, SECOND)]);
    let ((before, _, one), (after, _, other)) = (cut_after(2), cut_after(3));
    assert_eq!((before.answered, after.answered), (vec![], vec![1_000]));
    assert_ne!(one.chain, other.chain);
    let answered_after = |took| play(&[request(2, SECOND), slow(2, took)]);
    let ((before, _, one), (after, _, other)) = (answered_after(MS), answered_after(2 * MS));
    assert_eq!((before.answered, after.answered), (vec![1_001], vec![1_002]));
    assert_ne!(one.chain, other.chain);
}

#[test]
fn a_property_that_panics_has_not_been_seen() {
    let scenario =
        scenario().sometimes("never", |_, _| false).sometimes("never either", |world, _| {
            assert!(world.now() < Time::ZERO + SECOND, "it cannot look any longer");
            false
        });
    let mut world = World::new(&scenario);
    assert!(world.search(1).failure.is_some());
    assert_eq!(world.sometimes(), [("never", 0), ("never either", 0)]);
}
