//! Two holders of one lock for a moment, long before the end.

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Property, Verdict, World, ensure};

use crate::case::{Case, Tiny};

const LOCK: u64 = 1;
const THANKS: u64 = 2;

/// Whoever holds the lock and is asked to gives it to the other; with the bug, it keeps it until
/// that one thanks.
fn step(lock: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Start => lock.number = u64::from(env.node() == NodeId(0)),
        Input::Request { .. } if lock.number == 1 => {
            lock.number = u64::from(lock.planted);
            env.send(NodeId(1 - env.node().0), LOCK);
        }
        Input::Message { from, message: LOCK } => {
            lock.number = 1;
            env.send(from, THANKS);
        }
        Input::Message { .. } => lock.number = 0,
        _ => {}
    }
}

fn one_holder(world: &World<'_, Case>) -> Verdict {
    let holders = world.live().filter(|(_, lock)| lock.number == 1).count();
    ensure(holders <= 1, || format!("{holders} nodes hold the lock"))
}

#[test]
fn always_finds_what_is_over_before_the_end() {
    let lock = |planted| Case { asked: 3, ..Case::of(step, planted) };
    let always = || Property::always("one holder", |world, _| one_holder(world));
    assert_eq!(lock(true).with(always()).violated().as_deref(), Some("one holder"));
    assert_eq!(lock(true).with(Property::finally("one holder", one_holder)).violated(), None);
    assert_eq!(lock(false).with(always()).violated(), None);
}
