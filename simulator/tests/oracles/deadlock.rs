//! A node that stops asking, among others that may take longer than any calm.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Property, Verdict, World, ensure};

use crate::case::{CUTS, Case, Tiny};

/// Asks the other until it is answered, each time after a pause twice as long; with the bug, at
/// most twice.
fn step(asker: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Request { .. } => {
            (asker.number, asker.other) = (1, 0);
            ask(asker, env);
        }
        Input::Timer(()) if asker.number == 1 => ask(asker, env),
        Input::Message { from, message: 1 } => env.send(from, 2),
        Input::Message { .. } => asker.number = 0,
        _ => {}
    }
}

fn ask(asker: &mut Tiny, env: &mut Env<'_, Tiny>) {
    if !asker.planted || asker.other < 2 {
        env.send(NodeId(1 - env.node().0), 1);
        env.set_timer((), Duration::from_secs(1 << asker.other));
        asker.other += 1;
    }
}

const NAME: &str = "it is answered";

fn answered(world: &World<'_, Case>) -> Verdict {
    ensure(world.live().all(|(_, asker)| asker.number == 0), || "it is not")
}

#[test]
fn a_deadlock_is_told_from_what_is_only_slow() {
    let asker = |planted| {
        let mut case = Case { asked: 5, ..Case::of(step, planted) }.under(CUTS);
        case.settings.calm = Duration::from_secs(1);
        case
    };
    let inevitable = || Property::inevitable(NAME, answered);
    let failure = asker(true).with(inevitable()).failure().expect("it is found");
    assert_eq!(failure.property, NAME);
    assert!(failure.violation.detail.contains("nothing is scheduled any more"), "{failure:?}");
    assert_eq!(asker(false).with(inevitable()).violated(), None);
    // Without the proof there is either no alarm, or a false one.
    assert_eq!(asker(true).violated(), None);
    let slow = asker(false).with(Property::finally(NAME, answered)).failure();
    assert!(!slow.expect("it is slow").violation.detail.contains("scheduled"));
}

/// Sets a timer for much later and cancels it at once.
fn cancels(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    if let Input::Start = input {
        node.number = 1;
        env.set_timer((), Duration::from_secs(3_600));
        env.cancel_timer(());
    }
}

#[test]
fn a_timer_that_was_cancelled_is_not_to_come() {
    let case = Case::of(cancels, false).with(Property::inevitable(NAME, answered));
    assert_eq!(case.violated().as_deref(), Some(NAME));
}
