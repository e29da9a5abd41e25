//! A retry that takes too long, though it succeeds before the end.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Deviation, Property, Verdict, World, ensure};

use crate::case::{CUTS, Case, Tiny};

/// Tells the other what it is asked to until that is acknowledged: every 500 ms; with the bug,
/// every seven seconds.
fn step(teller: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Request { .. } => {
            teller.number = 1;
            tell(teller, env);
        }
        Input::Timer(()) if teller.number == 1 => tell(teller, env),
        Input::Message { from, message: 1 } => env.send(from, 2),
        Input::Message { .. } => teller.number = 0,
        _ => {}
    }
}

fn tell(teller: &Tiny, env: &mut Env<'_, Tiny>) {
    env.send(NodeId(1 - env.node().0), 1);
    env.set_timer((), Duration::from_millis(if teller.planted { 7_000 } else { 500 }));
}

const NAME: &str = "it is acknowledged";

fn acknowledged(world: &World<'_, Case>) -> Verdict {
    ensure(world.live().all(|(_, teller)| teller.number == 0), || "it is not")
}

fn within_a_second() -> Property<Case> {
    Property::eventually(NAME, Duration::from_secs(1), acknowledged)
}

fn teller(planted: bool) -> Case {
    Case { asked: 5, ..Case::of(step, planted) }.under(CUTS)
}

#[test]
fn eventually_finds_what_is_too_late() {
    assert_eq!(teller(true).with(within_a_second()).violated().as_deref(), Some(NAME));
    assert_eq!(teller(true).with(Property::finally(NAME, acknowledged)).violated(), None);
    assert_eq!(teller(false).with(within_a_second()).violated(), None);
}

#[test]
fn it_is_judged_when_its_time_is_over_and_not_before() {
    let case = teller(true).with(within_a_second());
    let mut world = World::new(&case);
    let late = (0..100).find(|seed| world.search(*seed).failure.is_some()).expect("one is late");
    let recorded = world.record(late);
    assert_eq!(recorded.outcome.time.as_nanos(), 11_000_000_000);
    let short = recorded.outcome.events - 1;
    let replayed = world.replay(late, &recorded.deviations, short, &mut ());
    assert_eq!(replayed.outcome.failure, None, "a replay that is cut short is not judged");
    let deviations: Vec<Deviation<u64>> = Vec::new();
    assert_eq!(world.replay(late, &deviations, u64::MAX, &mut ()).outcome.failure, None);
}

/// Blinks: its number is 1 in every other second.
fn blink(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    if let Input::Start | Input::Timer(()) = input {
        node.number = 1 - node.number;
        env.set_timer((), Duration::from_secs(1));
    }
}

#[test]
fn what_must_stay_true_may_not_blink() {
    let blinker = |property| Case::of(blink, false).with(property);
    let bound = Duration::from_secs(3);
    assert_eq!(blinker(Property::eventually(NAME, bound, acknowledged)).violated(), None);
    let stays = Property::eventually(NAME, bound, acknowledged).stays();
    assert_eq!(blinker(stays).violated().as_deref(), Some(NAME));
    let stays = Property::eventually(NAME, bound, acknowledged).stays();
    assert_eq!(teller(false).with(stays).violated(), None);
}

#[test]
#[should_panic(expected = "would not be judged")]
fn a_bound_beyond_the_calm_is_refused() {
    let long = Property::eventually(NAME, Duration::from_secs(11), acknowledged);
    World::new(&teller(false).with(long));
}
