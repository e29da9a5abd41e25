//! A back-off that has become slower, and still keeps within its bound.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Distribution, Faults, Property, World, ensure};

use crate::case::{CUTS, Case, Tiny};

/// Node 0 tells node 1 the latest request until that is acknowledged: every 50 ms; with the bug,
/// every 500 ms.
fn step(teller: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    let every = Duration::from_millis(if teller.planted { 500 } else { 50 });
    match input {
        Input::Request { request, .. } if env.node() == NodeId(0) => {
            teller.number = request;
            env.send(NodeId(1), request);
            env.set_timer((), every);
        }
        Input::Timer(()) if teller.number != teller.other => {
            env.send(NodeId(1), teller.number);
            env.set_timer((), every);
        }
        Input::Message { from, message } if env.node() == NodeId(1) => env.send(from, message),
        Input::Message { message, .. } => teller.other = message,
        _ => {}
    }
}

fn recovery(planted: bool, faults: Faults) -> Distribution {
    let acknowledged =
        Property::<Case>::eventually("all is acknowledged", Duration::from_secs(2), |world| {
            let teller = world.machine(NodeId(0));
            ensure(teller.number == teller.other, || "it is not")
        });
    let mut case = Case { asked: 20, ..Case::of(step, planted) }.under(faults).with(acknowledged);
    case.settings.storm = Duration::from_secs(2);
    let mut world = World::new(&case);
    // Nothing is violated, with the bug or without it.
    assert!((0..400).all(|seed| world.search(seed).failure.is_none()));
    let (_, spans) = world.recoveries().next().expect("something must come true");
    assert_eq!(spans.count(), 400);
    spans.clone()
}

#[test]
fn recovery_has_become_slower_though_nothing_fails() {
    let (usual, slow) = (recovery(false, CUTS), recovery(true, CUTS));
    let [usual, slow] = [usual, slow].map(|spans| spans.percentile(99));
    assert!(slow > usual * 2, "{usual:?} {slow:?}");
    assert_eq!(
        recovery(true, Faults::NONE).percentile(50),
        Duration::ZERO,
        "nothing to recover from"
    );
}
