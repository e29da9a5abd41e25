//! What can be done to disks and links by hand.

use std::time::Duration;

use stormglass_machine::{AfterFlush, AfterGap, Env, FlushError, Gap, Input, Machine, NodeId};
use stormglass_simulator::{
    ClockStep, Clog, Cut, Deviation, FullDisk, Impaired, Plain, Plane, Script, Settings, Shape,
    Throttle, World,
};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const FLUSH: u64 = 0;
const STUBBORN: u64 = 1_000;

/// Writes down what it is asked and passes it on; flushes when it is asked to. What it has lost,
/// it lists as a zero.
#[derive(Default)]
struct Notebook {
    notes: Vec<u64>,
    heard: Vec<u64>,
}

impl Machine for Notebook {
    type Message = u64;
    type Request = u64;
    type Response = u64;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, note: u64) {
        self.notes.push(note);
    }

    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        self.notes.extend((0..gap.records).map(|_| 0));
        if self.notes.first() == Some(&STUBBORN) { AfterGap::Refuse } else { AfterGap::Continue }
    }

    fn flush_failed(&mut self, error: FlushError) -> AfterFlush {
        let stubborn = self.notes.first() == Some(&STUBBORN) || error == FlushError::Full;
        if stubborn { AfterFlush::Retry } else { AfterFlush::Stop }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { id, request: FLUSH } => {
                env.flush();
                env.respond(id, FLUSH);
            }
            Input::Request { request: note, .. } => {
                self.notes.push(note);
                env.write(note);
                env.send(NodeId(1 - env.node().0), note);
            }
            Input::Message { message, .. } => self.heard.push(message),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Open"
    }
}

fn notebooks() -> Plain<Notebook> {
    Plain::new("notebooks", 2, |_| Notebook::default())
        .settings(Settings { flush: 3 * MS, restart: SECOND, ..Settings::default() })
        .tolerates(&[A, B], 1)
        .corrupt(|message, value| Some(message + value))
        .planes(&[""])
}

/// Runs a script to its end; it is the same run as the replay of its list.
fn run(script: impl FnOnce(&mut Script<'_, Plain<Notebook>>)) {
    let scenario = notebooks();
    let mut cluster = Script::new(&scenario, 2);
    script(&mut cluster);
    cluster.finish();
    let (mut world, list) = (World::new(&scenario), cluster.deviations());
    let replayed = world.replay(Script::<Plain<Notebook>>::SEED, &list, u64::MAX, &mut ());
    assert_eq!(replayed.outcome, cluster.outcome(), "{list:?}");
    assert_eq!(world.machine(A).notes, cluster.machine(A).notes);
}

fn note(cluster: &mut Script<'_, Plain<Notebook>>, notes: &[u64]) {
    for note in notes {
        cluster.ask(A, *note);
    }
    cluster.run_for(SECOND);
}

/// What node 0 finds when it starts again.
fn found(cluster: &mut Script<'_, Plain<Notebook>>) -> Vec<u64> {
    cluster.crash(A);
    cluster.restart(A);
    cluster.machine(A).notes.clone()
}

#[test]
fn records_rot_and_land_in_the_place_of_others() {
    run(|cluster| {
        note(cluster, &[1]);
        cluster.spoil_next_record(A);
        cluster.spoil_next_record(A);
        note(cluster, &[2, 3, 4, FLUSH]);
        assert_eq!(found(cluster), [1, 0, 0, 4]);
    });
    run(|cluster| {
        note(cluster, &[1, 2]);
        cluster.misdirect_next_record(A, 1);
        note(cluster, &[3, FLUSH]);
        note(cluster, &[4, FLUSH]);
        assert_eq!(found(cluster), [1, 0, 0, 4]);
    });
}

#[test]
fn a_crash_tears_a_record_that_is_not_durable() {
    run(|cluster| {
        cluster.tear_next_record(A);
        note(cluster, &[1, 2, 3]);
        assert_eq!(found(cluster), [0]);
    });
    let idle = std::panic::catch_unwind(|| {
        run(|cluster| {
            cluster.tear_next_record(A);
            note(cluster, &[1, FLUSH]);
            assert_eq!(found(cluster), [1]);
        });
    });
    let text = idle.expect_err("nothing was torn").downcast::<String>().expect("it has a text");
    assert!(text.starts_with("these were asked for and have met nothing: [TornRecord("), "{text}");
}

#[test]
fn flushes_are_slow_lie_and_fail_each_rule_the_next() {
    run(|cluster| {
        cluster.slow_next_flush(A, SECOND / 2);
        cluster.lose_next_flush(A);
        cluster.ask(A, 1);
        let slow = cluster.ask(A, FLUSH);
        cluster.run_for(SECOND / 4);
        assert_eq!(cluster.answer(slow), None);
        cluster.run_for(SECOND);
        assert_eq!(cluster.answer(slow), Some(&FLUSH));
        note(cluster, &[2]);
        let lie = cluster.ask(A, FLUSH);
        cluster.run_for(4 * MS);
        assert_eq!(cluster.answer(lie), Some(&FLUSH));
        cluster.crash_losing(A, 1);
        cluster.restart(A);
        assert_eq!(cluster.machine(A).notes, [1]);
    });
    run(|cluster| {
        cluster.fail_next_flush(A, 3, 0);
        cluster.ask(A, STUBBORN);
        let flush = cluster.ask(A, FLUSH);
        cluster.run_for(20 * MS);
        assert_eq!(cluster.answer(flush), None);
        cluster.run_for(SECOND);
        assert_eq!(cluster.answer(flush), Some(&FLUSH));
    });
}

#[test]
fn who_stops_by_itself_is_not_started_by_hand() {
    run(|cluster| {
        // What took it down before has nothing to do with what takes it down now.
        note(cluster, &[1, FLUSH]);
        assert_eq!(found(cluster), [1]);
        cluster.fail_next_flush(A, 1, 1);
        note(cluster, &[2]);
        cluster.ask(A, FLUSH);
        cluster.run_for(10 * MS);
        assert!(!cluster.is_up(A));
        let start = std::panic::AssertUnwindSafe(|| cluster.restart(A));
        let panic = std::panic::catch_unwind(start).expect_err("it is refused");
        let text = panic.downcast::<String>().expect("it has a text");
        assert!(text.starts_with("node 0 has stopped by itself"), "{text}");
        cluster.run_for(2 * SECOND);
        assert_eq!(cluster.machine(A).notes, [1]);
    });
}

#[test]
fn a_disk_is_replaced_under_a_node_and_for_one_that_refuses_its_own() {
    run(|cluster| {
        note(cluster, &[1, FLUSH]);
        cluster.replace_disk(A);
        cluster.run_for(SECOND);
        assert!(!cluster.is_up(A));
        cluster.restart(A);
        assert!(cluster.machine(A).notes.is_empty());
    });
    run(|cluster| {
        note(cluster, &[STUBBORN]);
        cluster.spoil_next_record(A);
        note(cluster, &[1, 2, FLUSH]);
        cluster.crash(A);
        cluster.restart(A);
        assert!(cluster.refused(A));
        cluster.replace_disk(A);
        assert!(cluster.machine(A).notes.is_empty());
    });
}

#[test]
fn whatever_is_wrong_with_links_is_healed() {
    let wrong: [fn(Shape, Duration) -> Deviation<u64>; 4] = [
        |shape, at| Deviation::Clog(Clog { shape, at, lasts: 5 * SECOND }),
        |shape, at| {
            Deviation::Throttle(Throttle { shape, at, lasts: 5 * SECOND, every: 2 * SECOND })
        },
        |shape, at| {
            let is = Impaired::Clogged(Clog { shape, at, lasts: 5 * SECOND });
            Deviation::Plane(Plane { plane: "".into(), is })
        },
        |shape, at| {
            let is = Impaired::Cut(Cut { shape, at, lasts: 5 * SECOND });
            Deviation::Plane(Plane { plane: "".into(), is })
        },
    ];
    for (wrong, heard) in wrong.into_iter().zip([&[][..], &[1], &[], &[]]) {
        run(|cluster| {
            cluster.act(|at| wrong(Shape::Split(vec![B]), at));
            note(cluster, &[1, 2, 3]);
            assert_eq!(cluster.machine(B).heard, heard);
            cluster.heal();
            note(cluster, &[4]);
            let healed = &cluster.machine(B).heard;
            assert!(healed.starts_with(heard) && healed.ends_with(&[4]), "{healed:?}");
        });
    }
    run(|cluster| {
        cluster.clog(Shape::Mute(vec![A]));
        note(cluster, &[1, 2]);
        assert!(cluster.machine(B).heard.is_empty());
        cluster.heal();
        assert_eq!(cluster.machine(B).heard, [1, 2]);
    });
}

#[test]
fn what_has_a_time_is_done_as_an_act_and_messages_are_corrupted() {
    run(|cluster| {
        cluster.corrupt_next("u64", A, B, 40);
        note(cluster, &[2]);
        assert_eq!(cluster.machine(B).heard, [42]);
        cluster.act(|at| Deviation::FullDisk(FullDisk { node: A, at, lasts: SECOND }));
        let flush = cluster.ask(A, FLUSH);
        cluster.run_for(SECOND / 2);
        assert_eq!(cluster.answer(flush), None);
        cluster.run_for(SECOND);
        assert_eq!(cluster.answer(flush), Some(&FLUSH));
        cluster.act(|at| Deviation::ClockStep(ClockStep { node: B, at, ahead_ns: 5 }));
        let ahead = cluster.wall_clock(B).since(cluster.wall_clock(A));
        assert_eq!(ahead, Duration::from_nanos(5));
    });
}
