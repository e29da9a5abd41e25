//! Runs that are written down by hand.

mod gossip;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gossip::{Gossip, Rumours};
use stormglass_machine::{Dice, Env, Input, Machine, NodeId};
use stormglass_simulator::{
    Deviation, Knob, Knobs, Outcome, Plain, Scenario, Script, Settings, Shape, World, ensure,
};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const ALONE: &str = "it is kept to oneself";
const FLUSH: u64 = 0;
const BELL: u64 = 1_000;

/// Passes what it is asked on to the other node, which writes down what it hears without flushing
/// it, unless it is asked to, and rings back a little later.
#[derive(Default)]
struct Mailbox {
    post_office: u64,
    received: Vec<u64>,
}

impl Machine for Mailbox {
    type Message = u64;
    type Request = u64;
    type Response = usize;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.received.push(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { id, request } => {
                assert!(request != 666, "the number of the beast");
                if request == FLUSH {
                    env.flush();
                } else if !env.sometimes_here(ALONE) {
                    env.send(NodeId(1 - env.node().0), request + self.post_office);
                }
                env.respond(id, self.received.len());
            }
            Input::Message { message, .. } => {
                self.received.push(message);
                env.write(message);
                if message != BELL {
                    env.set_timer((), 100 * MS);
                }
            }
            Input::Timer(()) => env.send(NodeId(1 - env.node().0), BELL),
            Input::Start => {}
        }
    }

    fn state(&self) -> &'static str {
        "Open"
    }
}

fn mailboxes() -> Plain<Mailbox> {
    let tuned =
        |_, knobs: &Knobs| Mailbox { post_office: knobs.get("post office"), received: Vec::new() };
    Plain::new("mailboxes", 2, |_| Mailbox::default())
        .tuned([Knob::within("post office", 0, 0..=100)], tuned)
        .settings(Settings { flush: 3 * MS, ..Settings::default() })
        .always("there are few letters", |world, node| {
            let received = world.machine(node).received.len();
            ensure(received < 20, || format!("{received} letters"))
        })
}

/// A script is the same run as the replay of its list.
fn assert_replayable<S: Scenario>(cluster: &mut Script<'_, S>) -> Outcome {
    let list = cluster.deviations();
    let mut world = World::new(cluster.scenario());
    let replayed = world.replay(Script::<S>::SEED, &list, u64::MAX, &mut ());
    assert_eq!(replayed.outcome, cluster.outcome(), "{list:?}");
    replayed.outcome
}

/// What B has received of A after a script, without what timers send.
fn letters(script: impl FnOnce(&mut Script<'_, Plain<Mailbox>>)) -> Vec<u64> {
    let scenario = mailboxes();
    let mut cluster = Script::new(&scenario, 2);
    script(&mut cluster);
    cluster.finish();
    assert_replayable(&mut cluster);
    let received = cluster.machine(B).received.iter().copied();
    received.filter(|letter| *letter != BELL).collect()
}

#[test]
fn what_is_asked_is_done_and_answered() {
    let scenario = mailboxes();
    let mut cluster = Script::new(&scenario, 2);
    let first = cluster.ask(A, 7);
    let second = cluster.ask(B, 8);
    assert_eq!((cluster.answer(first), cluster.answer(second)), (Some(&0), Some(&0)));
    cluster.run_until(|world| world.machine(B).received == [7]);
    assert_eq!(cluster.now().as_nanos(), 10_000_001);
    let third = cluster.ask(B, 9);
    assert_eq!(cluster.answer(third), Some(&1));
    cluster.run_for(SECOND);
    assert_eq!(cluster.machine(A).received, [8, 9, BELL]);
    cluster.finish();
    assert_replayable(&mut cluster);
}

#[test]
fn the_next_message_or_the_nth_is_lost_late_or_comes_twice() {
    let three = |cluster: &mut Script<'_, _>| {
        for letter in 1..=3 {
            cluster.ask(A, letter);
        }
        cluster.run_for(SECOND);
    };
    assert_eq!(letters(|cluster| three(cluster)), [1, 2, 3]);
    let lost = letters(|cluster| {
        cluster.drop_next("u64", A, B);
        cluster.drop_nth("u64", A, B, 2);
        three(cluster);
    });
    assert_eq!(lost, [2]);
    let two = letters(|cluster| {
        cluster.drop_next("u64", A, B);
        cluster.drop_next("u64", A, B);
        three(cluster);
    });
    assert_eq!(two, [3]);
    let late = letters(|cluster| {
        cluster.delay_next("u64", A, B, MS);
        cluster.duplicate_next("u64", A, B, 5 * MS);
        three(cluster);
    });
    assert_eq!(late, [2, 3, 1, 2]);
}

#[test]
fn what_is_held_comes_when_it_is_released_and_in_order() {
    let held = letters(|cluster| {
        cluster.ask(A, 1);
        cluster.hold("u64", A, B);
        cluster.ask(A, 2);
        cluster.ask(A, 3);
        cluster.run_for(SECOND);
        assert_eq!(cluster.machine(B).received, [1]);
        // On its way when the hold ends: as if it had never been held.
        cluster.ask(A, 4);
        cluster.release("u64", A, B);
        assert_eq!(cluster.machine(B).received, [1, 2, 3]);
        cluster.ask(A, 5);
        cluster.run_for(9 * MS);
        assert_eq!(cluster.machine(B).received, [1, 2, 3]);
    });
    assert_eq!(held, [1, 2, 3, 4, 5]);
    let never_released = letters(|cluster| {
        cluster.hold("u64", A, B);
        cluster.ask(A, 1);
        cluster.run_for(9 * SECOND);
        assert!(cluster.machine(B).received.is_empty());
    });
    assert_eq!(never_released, [1]);
}

#[test]
fn a_node_is_down_from_its_crash_to_its_restart_and_loses_what_it_is_told_to() {
    let after = letters(|cluster| {
        for letter in 1..=3 {
            cluster.ask(A, letter);
        }
        cluster.run_for(50 * MS);
        cluster.crash_losing(B, 2);
        cluster.ask(A, 4);
        cluster.run_for(SECOND);
        assert!(!cluster.is_up(B));
        cluster.restart(B);
        assert_eq!(cluster.machine(B).received, [1]);
        cluster.ask(A, 5);
        cluster.run_for(SECOND);
        cluster.crash(B);
        cluster.restart(B);
    });
    assert_eq!(after, [1, 5]);
}

#[test]
fn a_crash_strikes_between_two_effects() {
    let sent = letters(|cluster| {
        cluster.crash_after_effects(A, 1);
        cluster.run_for(SECOND);
        assert!(cluster.is_up(A));
        let asked = cluster.ask(A, 1);
        assert!(!cluster.is_up(A));
        assert_eq!(cluster.answer(asked), None, "the answer is its second effect");
        cluster.run_for(SECOND);
        cluster.restart(A);
    });
    assert_eq!(sent, [1]);
}

#[test]
fn cuts_and_pauses_last_until_they_are_ended() {
    let cut = letters(|cluster| {
        cluster.cut(Shape::Mute(vec![A]));
        cluster.isolate(B);
        cluster.ask(A, 1);
        cluster.run_for(SECOND);
        cluster.heal();
        assert!(cluster.is_linked(A, B));
        cluster.ask(A, 2);
        cluster.run_for(SECOND);
    });
    assert_eq!(cut, [2]);
    let paused = letters(|cluster| {
        cluster.ask(A, 1);
        cluster.run_for(50 * MS);
        // It stands still while its disk works.
        let flush = cluster.ask(B, FLUSH);
        cluster.pause(B);
        cluster.ask(A, 2);
        cluster.run_for(SECOND);
        assert_eq!(cluster.answer(flush), None);
        cluster.resume(B);
        assert_eq!(cluster.answer(flush), Some(&1));
        assert_eq!(cluster.machine(B).received, [1, 2]);
    });
    assert_eq!(paused, [1, 2]);
}

#[test]
fn timers_flushes_sites_knobs_and_clocks_obey() {
    let scenario = mailboxes();
    let mut cluster = Script::new(&scenario, 2).knob("post office", 50).wrong_clock(B, 5, 0);
    cluster.misbehave_next(A, ALONE);
    cluster.ask(A, 1);
    cluster.delay_next_timer("()", B, SECOND);
    cluster.slow_next_flush(B, SECOND);
    cluster.ask(A, 2);
    cluster.run_for(50 * MS);
    assert_eq!(cluster.machine(B).received, [52], "the first was kept, the post office adds 50");
    let flush = cluster.ask(B, FLUSH);
    cluster.run_for(SECOND);
    assert_eq!(cluster.answer(flush), None);
    assert!(cluster.machine(A).received.is_empty());
    cluster.run_until(|world| world.machine(A).received == [BELL]);
    assert_eq!(cluster.answer(flush), Some(&1));
    let ahead = cluster.wall_clock(B).since(cluster.wall_clock(A));
    assert_eq!(ahead, Duration::from_nanos(5));
    cluster.finish();
    assert_replayable(&mut cluster);
}

#[test]
fn a_step_is_one_event() {
    let scenario = mailboxes();
    let mut cluster = Script::new(&scenario, 2);
    cluster.ask(A, 1);
    cluster.ask(B, 2);
    for letters in 1..=4 {
        let events = cluster.events();
        cluster.step();
        assert_eq!(cluster.events(), events + 1);
        let all: usize = cluster.live().map(|(_, mailbox)| mailbox.received.len()).sum();
        assert_eq!(all, letters.min(2), "then come timers");
    }
    cluster.finish();
    assert_replayable(&mut cluster);
}

/// Does anything at all, a few dozen times.
fn improvise(cluster: &mut Script<'_, Plain<Gossip>>, dice: &mut Dice) {
    let (mut held, mut doomed) = (None, BTreeSet::new());
    for _ in 0..40 {
        let node = NodeId(dice.below(4) as u32);
        let other = NodeId((node.0 + 1 + dice.below(3) as u32) % 4);
        let (up, span) = (cluster.is_up(node), Duration::from_micros(dice.below(100_000)));
        let paused = cluster.is_held(node);
        let somebody = cluster.ids().any(|node| cluster.is_up(node) && !cluster.is_held(node));
        match dice.below(16) {
            0 if up => {
                cluster.ask(node, dice.below(100));
            }
            1 if up && !doomed.contains(&node) => {
                cluster.crash_losing(node, dice.below(3) as u32);
            }
            2 if up && doomed.insert(node) => {
                cluster.crash_after_effects(node, dice.below(2) as u32);
            }
            3 if !up => {
                cluster.restart(node);
                doomed.remove(&node);
            }
            4 => cluster.isolate(node),
            5 => cluster.cut(Shape::Ring),
            6 if !cluster.is_linked(node, other) => cluster.heal(),
            7 if up && !paused => cluster.pause(node),
            8 => cluster.drop_next("u64", node, other),
            9 => cluster.delay_next("u64", node, other, span),
            10 => cluster.duplicate_next("u64", node, other, span),
            11 => cluster.delay_next_timer("()", node, span),
            12 if held.is_none() => {
                cluster.hold("u64", node, other);
                held = Some((node, other));
            }
            13 if somebody => {
                // In the middle of a moment.
                cluster.step();
                cluster.drop_next("u64", node, other);
                cluster.run_for(Duration::ZERO);
            }
            14 if somebody => {
                let events = cluster.events();
                cluster.run_until_within(SECOND, |world| world.events() > events);
            }
            _ => cluster.run_for(span),
        }
    }
    // Nobody is left who could not do what is still to come.
    cluster.run_for(SECOND);
    for node in cluster.ids().filter(|node| cluster.is_held(*node)).collect::<Vec<_>>() {
        cluster.resume(node);
    }
    cluster.run_for(SECOND);
    for node in cluster.ids().filter(|node| !cluster.is_up(*node)).collect::<Vec<_>>() {
        cluster.restart(node);
    }
    if let Some((from, to)) = held {
        cluster.run_for(4 * SECOND);
        cluster.release("u64", from, to);
    }
}

#[test]
fn whatever_is_done_is_the_same_run_as_the_replay_of_its_list() {
    let scenario = Plain::new("gossip", 4, |_| Gossip { count: 4, ..Gossip::default() })
        .settings(Settings { flush: 3 * MS, storm: 60 * SECOND, ..Settings::default() });
    let (mut kinds, mut chains) = (Vec::new(), Vec::new());
    for number in 0..100 {
        let mut cluster = Script::new(&scenario, 4);
        improvise(&mut cluster, &mut Dice::new(number, "improvise", 0));
        cluster.finish();
        chains.push(assert_replayable(&mut cluster).chain);
        kinds.extend(cluster.deviations().iter().map(std::mem::discriminant));
    }
    chains.sort_unstable();
    chains.dedup();
    assert_eq!(chains.len(), 100);
    assert!(kinds.len() > 1_000, "{} deviations", kinds.len());
}

#[test]
fn a_violation_can_be_waited_for_and_is_replayed() {
    let scenario = mailboxes();
    let mut cluster = Script::new(&scenario, 2);
    for _ in 0..20 {
        cluster.ask(A, 1);
    }
    let failure = cluster.run_to_violation();
    assert_eq!(failure.property, "there are few letters");
    let outcome = assert_replayable(&mut cluster);
    assert_eq!(outcome.failure, Some(failure));
}

#[test]
fn a_larger_cluster_is_a_deviation() {
    let scenario = Rumours::default();
    let mut cluster = Script::new(&scenario, 5);
    assert_eq!(cluster.deviations(), [Deviation::Nodes { count: 5 }]);
    cluster.ask(NodeId(4), 9);
    cluster.run_until(|world| world.live().all(|(_, machine)| machine.best == 9));
    cluster.finish();
    assert_replayable(&mut cluster);
}

/// The message of the panic that this leads to.
fn panic_of(script: impl FnOnce(&mut Script<'_, Plain<Mailbox>>)) -> String {
    let scenario = mailboxes();
    let mut cluster = Script::told_by(&scenario, 2, |script| {
        vec![format!("a story of {} events", script.events())]
    });
    let run = std::panic::AssertUnwindSafe(|| script(&mut cluster));
    let panic = std::panic::catch_unwind(run).expect_err("it fails");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().expect("a panic has a text")).to_owned(),
    }
}

#[test]
fn what_goes_wrong_is_told() {
    let violated = panic_of(|cluster| {
        for _ in 0..20 {
            cluster.ask(A, 1);
        }
        cluster.run_for(SECOND);
    });
    let expected = "VIOLATED: there are few letters: 20 letters\n\na story of 42 events\n";
    assert_eq!(violated, expected);

    let panicked = panic_of(|cluster| {
        cluster.ask(A, 666);
    });
    assert!(panicked.starts_with("VIOLATED: nothing panics [tests/script.rs:"), "{panicked}");
    assert!(panicked.contains("the number of the beast\n\na story of 3 events"), "{panicked}");

    let bound = panic_of(|cluster| cluster.run_until_within(SECOND, |world| !world.is_up(A)));
    assert_eq!(bound, "not reached by 1.000 s\n\na story of 2 events\n");
    let never = panic_of(|cluster| cluster.run_until(|world| !world.is_up(A)));
    assert!(never.starts_with("not reached by 20.000 s\n"), "{never}");

    let idle = panic_of(|cluster| {
        cluster.drop_next("letter", A, B);
        cluster.finish();
    });
    assert!(idle.starts_with("these were asked for and have met nothing: [Message("), "{idle}");
    let nothing_held = panic_of(|cluster| {
        cluster.hold("letter", A, B);
        cluster.release("letter", A, B);
    });
    let expected = "there were no messages of the kind \"letter\" from node 0 to node 1\n";
    assert!(nothing_held.starts_with(expected), "{nothing_held}");
}

type Act = fn(&mut Script<'_, Plain<Mailbox>>);

#[test]
fn what_makes_no_sense_is_refused() {
    let refused: [(&str, Act); 9] = [
        ("node 1 is up and cannot be started", |cluster| cluster.restart(B)),
        ("all links are whole", |cluster| cluster.heal()),
        ("node 0 does not stand still", |cluster| cluster.resume(A)),
        ("there is no node 2 among 2", |cluster| cluster.crash(NodeId(2))),
        ("node 0 is down", |cluster| {
            cluster.crash(A);
            cluster.crash(A);
        }),
        ("1 u64 were sent from node 0 to node 1 already", |cluster| {
            cluster.ask(A, 1);
            cluster.drop_nth("u64", A, B, 0);
        }),
        ("the run ends at 20.000 s", |cluster| cluster.run_for(20 * SECOND)),
        ("the storm is over", |cluster| {
            cluster.run_for(10 * SECOND);
            cluster.crash(A);
        }),
        ("the run is over", |cluster| {
            cluster.finish();
            cluster.ask(A, 1);
        }),
    ];
    for (expected, script) in refused {
        let panic = panic_of(script);
        assert!(panic.starts_with(expected), "{panic:?}, not {expected:?}");
    }
}

/// Differs from run to run, as if it had read a clock.
struct Moody;

static MOOD: AtomicU64 = AtomicU64::new(0);

impl Machine for Moody {
    type Message = u64;
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, _: Input<Self>, env: &mut Env<'_, Self>) {
        env.send(A, MOOD.fetch_add(1, Ordering::Relaxed));
    }

    fn state(&self) -> &'static str {
        "Moody"
    }
}

#[test]
#[should_panic(expected = "not deterministic: run again, the same script is another run")]
fn a_machine_that_differs_from_run_to_run_is_found_out() {
    let scenario = Plain::new("moody", 1, |_| Moody);
    let mut cluster = Script::new(&scenario, 1);
    cluster.ask(A, ());
}
