//! Shrinking failing runs: to what they shrink, that the failure stays the same one, and what is
//! proven of smaller runs.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use stormglass_campaign::{Proving, Shrunk, prove, rank, shrink};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{LogOf, Verdict, replay};
use stormglass_shrinker::Budget;
use stormglass_simulator::{
    Crash, Cut, Deviation, Fate, Faults, LateTimer, MessageFault, Pause, Plain, Settings, Shape,
    Violation, World,
};

/// Node 0 tells the others what it is asked to note, and they acknowledge it.
#[derive(Default)]
struct Notes {
    noted: Vec<u64>,
    acknowledged: Vec<(NodeId, u64)>,
    /// Notes the same thing twice.
    notes_twice: bool,
    /// Acknowledges what it does not write down.
    forgets: bool,
}

const ACKNOWLEDGED: u64 = 1_000;

impl Machine for Notes {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.noted.push(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Request { request, .. } => {
                for node in [1, 2].map(NodeId) {
                    env.send(node, request % ACKNOWLEDGED);
                }
            }
            Input::Message { from, message } if message >= ACKNOWLEDGED => {
                self.acknowledged.push((from, message - ACKNOWLEDGED));
            }
            Input::Message { from, message } => {
                if self.notes_twice || !self.noted.contains(&message) {
                    self.noted.push(message);
                    if !self.forgets {
                        env.persist(message);
                    }
                }
                env.send(from, message + ACKNOWLEDGED);
            }
            Input::Start => env.set_timer((), Duration::from_millis(500)),
            Input::Timer(()) => {}
        }
    }

    fn state(&self) -> &'static str {
        "Noting"
    }
}

const KEPT: &str = "each note is kept once";
const TWICE: &str = "twice";
const LOST: &str = "lost";

/// One property, which is violated for two causes.
fn scenario(machine: fn(NodeId) -> Notes) -> Plain<Notes> {
    let faults = Faults { delay: true, drop: true, duplicate: true, crash: true, ..Faults::NONE };
    let settings = Settings { storm: Duration::from_secs(4), faults, ..Settings::default() };
    Plain::new("notes", 3, machine).settings(settings).ask(3, |dice| dice.below(50)).finally(
        KEPT,
        |world| {
            for (node, Notes { noted, acknowledged, .. }) in world.live() {
                if noted.iter().collect::<BTreeSet<_>>().len() < noted.len() {
                    return Err(Violation::new(format!("node {node}: {noted:?}")).because(TWICE));
                }
                for (who, note) in acknowledged {
                    if !world.machine(*who).noted.contains(note) {
                        return Err(Violation::new(format!("{note} of {who}")).because(LOST));
                    }
                }
            }
            Ok(())
        },
    )
}

fn both_bugs() -> Plain<Notes> {
    scenario(|_| Notes { notes_twice: true, forgets: true, ..Notes::default() })
}

fn notes_twice() -> Plain<Notes> {
    scenario(|_| Notes { notes_twice: true, ..Notes::default() })
}

fn forgets() -> Plain<Notes> {
    scenario(|_| Notes { forgets: true, ..Notes::default() })
}

type List = Vec<Deviation<u64>>;

const PLENTY: u64 = 1_000_000;

fn shrunk(scenario: &Plain<Notes>, seed: u64, list: List) -> Shrunk<Plain<Notes>> {
    shrink(scenario, seed, list, Budget::new(PLENTY)).expect("it fails")
}

/// Why a list fails, and after how many events.
fn cause(scenario: &Plain<Notes>, seed: u64, list: &[Deviation<u64>]) -> Option<(String, u64)> {
    let outcome = World::new(scenario).replay(seed, list, u64::MAX, &mut ()).outcome;
    Some((outcome.failure?.violation.cause, outcome.events))
}

#[test]
fn the_log_of_one_bug_never_becomes_that_of_the_other() {
    let (both, twice, forgetful) = (both_bugs(), notes_twice(), forgets());
    let (mut checked, mut could_have_slipped) = ([0, 0], 0);
    for seed in 0..2_000 {
        let list = World::new(&both).record(seed).deviations;
        let Some((why, _)) = cause(&both, seed, &list) else { continue };
        // Of some runs each of the bugs alone makes a failure: there the other one is near.
        let is_near = [&twice, &forgetful].iter().all(|one| cause(one, seed, &list).is_some());
        if !is_near && checked[usize::from(why == TWICE)] >= 20 {
            continue;
        }
        could_have_slipped += u32::from(is_near);
        let log = shrunk(&both, seed, list).log;
        assert_eq!((&*log.expected.property, &log.expected.cause), (KEPT, &why), "seed {seed}");
        assert_eq!(replay(&both, &log).verdict, Verdict::Exact);
        let (own, other) = if why == TWICE { (&twice, &forgetful) } else { (&forgetful, &twice) };
        assert_ne!(replay(own, &log).verdict, Verdict::Absent, "seed {seed}: {log:?}");
        assert_eq!(replay(other, &log).verdict, Verdict::Absent, "seed {seed}: {log:?}");
        checked[usize::from(why == TWICE)] += 1;
    }
    assert!(checked.iter().all(|count| *count >= 5), "{checked:?}");
    assert!(could_have_slipped >= 5, "{could_have_slipped}");
}

fn asked(nth: u32, at_ms: u64, request: u64) -> Deviation<u64> {
    let at = Duration::from_millis(at_ms);
    Deviation::Request { client: 0, nth, at, node: NodeId(0), request }
}

fn message(from: u32, to: u32, nth: u32, fate: Fate) -> Deviation<u64> {
    let (from, to, kind) = (NodeId(from), NodeId(to), "u64".to_owned());
    Deviation::Message(MessageFault { from, to, kind, nth, fate })
}

fn crash(node: u32, at_ms: u64) -> Deviation<u64> {
    Deviation::Crash(Crash {
        nodes: vec![NodeId(node)],
        at: Duration::from_millis(at_ms),
        after_effects: None,
        down: Duration::from_millis(300),
        lose: 0,
    })
}

/// What has nothing to do with it.
fn noise() -> List {
    let span = Duration::from_millis;
    let cut = Cut { shape: Shape::Mute(vec![NodeId(1)]), at: span(3_000), lasts: span(500) };
    let pause = Pause { node: NodeId(0), at: span(2_500), lasts: span(100) };
    let (node, kind) = (NodeId(2), "()".to_owned());
    let late = LateTimer { node, kind, nth: 0, late: span(700) };
    vec![
        asked(1, 900, 8),
        message(0, 2, 0, Fate::Delayed { by: span(77) }),
        Deviation::Cut(cut),
        Deviation::Pause(pause),
        Deviation::Timer(late),
        crash(0, 2_000),
    ]
}

fn check(scenario: &Plain<Notes>, list: &[Deviation<u64>], expected: &[Deviation<u64>]) {
    let mut noisy = list.to_vec();
    noisy.extend(noise());
    for list in [list.to_vec(), noisy] {
        let shrunk = shrunk(scenario, 0, list);
        assert_eq!(shrunk.log.deviations, expected);
        assert!(shrunk.size.minimal);
    }
}

#[test]
fn a_message_that_arrives_twice_is_all_that_is_left() {
    let by = Duration::from_millis(1_234);
    let twice = |by| message(0, 1, 0, Fate::Duplicated { by });
    let expected = [asked(0, 0, 7), twice(Duration::ZERO)];
    check(&notes_twice(), &[asked(0, 777, 7), twice(by)], &expected);
    check(&both_bugs(), &[asked(0, 777, 7), twice(by)], &expected);
}

#[test]
fn three_faults_make_way_for_one_that_was_never_drawn() {
    // It is noted, and forgotten since both nodes that have it crash, of which one is enough.
    let list = [asked(0, 0, 7), crash(1, 100), crash(1, 600), crash(2, 100)];
    let Shrunk { log, size } = shrunk(&forgets(), 0, list.to_vec());
    assert_eq!((size.after.deviations, log.deviations.len()), (2, 2), "{:?}", log.deviations);
    let again = proof(&forgets(), log);
    assert_eq!(again, (2, true));
}

/// As far as a budget goes.
fn whole(budget: Budget<'_>) -> Proving<'_> {
    Proving { budget, within_events: None, to_the_end: true, progress: false }
}

/// How many deviations there are at least, and whether nothing fails sooner.
fn proof(scenario: &Plain<Notes>, log: LogOf<Plain<Notes>>) -> (usize, bool) {
    let shrunk = shrunk(scenario, log.seed, log.deviations);
    let budget = Budget::new(PLENTY);
    let proving = whole(budget);
    let (proof, smaller) = prove(scenario, &shrunk, budget, proving);
    assert!(smaller.is_none(), "{:?}", smaller.map(|smaller| smaller.log.deviations));
    assert!(proof.runs > 10 && proof.candidates >= proof.runs, "{proof:?}");
    (proof.none_below, proof.none_sooner)
}

#[test]
fn a_smaller_log_is_found_if_there_is_one() {
    // Not shrunk before, so that the proof has something to find.
    let scenario = notes_twice();
    let by = Duration::from_millis(5);
    let mut list = noise();
    list.extend([asked(0, 10, 7), message(0, 1, 0, Fate::Duplicated { by })]);
    let before = shrink(&scenario, 0, list, Budget::new(1)).expect("it fails");
    assert_eq!(before.log.deviations.len(), 8);
    let budget = Budget::new(PLENTY);
    let proving = Proving { to_the_end: false, ..whole(budget) };
    let (proof, smaller) = prove(&scenario, &before, budget, proving);
    let smaller = smaller.expect("two are enough");
    assert_eq!((proof.none_below, proof.none_sooner), (2, true), "{proof:?}");
    assert_eq!(smaller.log.deviations.len(), 2);
    assert_eq!(smaller.log.expected.cause, TWICE);
}

#[test]
fn a_proof_that_is_ended_says_what_is_known() {
    let scenario = notes_twice();
    let twice = message(0, 1, 0, Fate::Duplicated { by: Duration::ZERO });
    let shrunk = shrunk(&scenario, 0, vec![asked(0, 0, 7), twice]);
    let known = |candidates| {
        let budget = Budget::new(candidates);
        let proving = whole(budget);
        let (proof, smaller) = prove(&scenario, &shrunk, budget, proving);
        assert!(smaller.is_none() && proof.candidates == candidates, "{proof:?}");
        (proof.none_below, proof.none_sooner)
    };
    assert_eq!([known(0), known(1), known(2)], [(0, false), (1, false), (1, false)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_shrunk_log_fails_as_before_is_one_minimal_and_shrinks_no_further(seed in any::<u64>()) {
        let scenario = both_bugs();
        let list = World::new(&scenario).record(seed).deviations;
        let Some((why, events)) = cause(&scenario, seed, &list) else { return Ok(()) };
        let first = shrunk(&scenario, seed, list.clone());
        let after = &first.log.deviations;
        let (same, sooner) = cause(&scenario, seed, after).expect("it fails");
        prop_assert_eq!(&same, &why);
        prop_assert!((after.len(), sooner) <= (list.len(), events));
        for place in 0..after.len() {
            let fails = |other: Option<Deviation<u64>>| {
                let mut list = after.clone();
                list.splice(place..=place, other);
                cause(&scenario, seed, &list).filter(|(cause, _)| *cause == why)
            };
            prop_assert_eq!(fails(None), None, "without {} of {:?}", place, after);
            for simpler in after[place].simpler() {
                let sooner = fails(Some(simpler)).filter(|(_, events)| *events <= sooner);
                prop_assert_eq!(sooner, None, "{} of {:?} can be simpler", place, after);
            }
        }
        let again = shrunk(&scenario, seed, after.clone());
        prop_assert_eq!(&again.log.deviations, after);
    }
}

#[test]
fn every_simpler_self_comes_earlier_in_the_order() {
    let faults = Faults { sites: false, knobs: false, ..Faults::ALL };
    let scenario = forgets().settings(Settings { faults, ..Settings::default() });
    let alone = |deviation: &Deviation<u64>| rank(&scenario, std::slice::from_ref(deviation), 7);
    let (mut families, mut compared) = (BTreeSet::new(), 0);
    for seed in 0..300 {
        for deviation in World::new(&scenario).beyond_tolerance().record(seed).deviations {
            families.insert(format!("{deviation:?}").split('(').next().map(str::to_owned));
            for simpler in deviation.simpler().into_iter().chain(deviation.single_links(3)) {
                assert!(alone(&simpler) < alone(&deviation), "{simpler:?} than {deviation:?}");
                compared += 1;
            }
        }
    }
    assert!(families.len() > 15 && compared > 10_000, "{compared} of {families:?}");
}

#[test]
fn fewer_deviations_come_before_fewer_events_and_these_before_all_values() {
    let scenario = notes_twice();
    let of = |list: &[&Deviation<u64>], events| {
        rank(&scenario, &Vec::from_iter(list.iter().copied().cloned()), events)
    };
    let (late, early, other) = (crash(1, 900), crash(1, 100), crash(2, 100));
    assert!(of(&[&late], 9) < of(&[&early, &early], 1));
    assert!(of(&[&late], 1) < of(&[&early], 2));
    assert!(of(&[&early], 1) < of(&[&late], 1));
    // Nothing else is the same.
    assert_ne!(of(&[&other], 1), of(&[&early], 1));
    assert_eq!(of(&[&early], 1), of(&[&early], 1));
}

#[test]
fn what_does_not_fail_is_not_shrunk() {
    let list = vec![asked(0, 0, 7)];
    assert!(shrink(&both_bugs(), 0, list, Budget::new(PLENTY)).is_none());
}
