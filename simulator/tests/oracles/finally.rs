//! A counter that drifts away and says so to nobody.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Faults, Property, ensure};

use crate::case::{Case, Tiny};

/// Node 0 counts requests and tells node 1 its count whenever it changes, and once a second; with
/// the bug, only when it changes.
fn step(counter: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Message { message, .. } => counter.number = counter.number.max(message),
        Input::Request { .. } if env.node() == NodeId(0) => {
            counter.number += 1;
            env.send(NodeId(1), counter.number);
        }
        Input::Start | Input::Timer(()) if env.node() == NodeId(0) && !counter.planted => {
            env.send(NodeId(1), counter.number);
            env.set_timer((), Duration::from_secs(1));
        }
        _ => {}
    }
}

#[test]
fn finally_finds_what_may_be_on_the_way_until_the_end() {
    let counters = |planted| {
        let never_ahead = Property::<Case>::always("the copy is never ahead", |world, _| {
            let number = |node| world.get(NodeId(node)).map_or(0, |counter| counter.number);
            let [count, copy] = [0, 1].map(number);
            ensure(copy <= count, || format!("{copy} of {count}"))
        });
        let drops = Faults { drop: true, ..Faults::NONE };
        Case { asked: 5, ..Case::of(step, planted) }.under(drops).with(never_ahead)
    };
    let alike = || {
        Property::<Case>::finally("both count the same", |world| {
            let [count, copy] = [0, 1].map(|node| world.machine(NodeId(node)).number);
            ensure(copy == count, || format!("{copy} of {count}"))
        })
    };
    assert_eq!(counters(true).with(alike()).violated().as_deref(), Some("both count the same"));
    assert_eq!(counters(true).violated(), None);
    assert_eq!(counters(false).with(alike()).violated(), None);
}
