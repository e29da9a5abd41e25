//! Two nodes that hand a token to each other for ever.

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Property, ensure};

use crate::case::{Case, Tiny};

/// A token is handed on a thousand times, and counted on its way; with the bug, it is not counted.
fn step(holder: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Start if env.node() == NodeId(0) => env.send(NodeId(1), 0),
        Input::Message { from, message: hops } if hops < 1_900 => {
            env.send(from, hops + u64::from(!holder.planted));
        }
        Input::Message { .. } => holder.number = 1,
        _ => {}
    }
}

/// The same, and every time it throws its dice.
fn with_dice(holder: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    env.dice().next_u64();
    step(holder, input, env);
}

fn kept() -> Property<Case> {
    Property::<Case>::inevitable("somebody keeps the token", |world| {
        ensure(world.live().any(|(_, holder)| holder.number == 1), || "nobody does")
    })
}

#[test]
fn a_loop_is_told_from_what_is_only_slow() {
    let looks = |step, planted| Case { fingerprints: true, ..Case::of(step, planted) }.with(kept());
    let failure = looks(step, true).failure().expect("it is found");
    assert_eq!(failure.property, "somebody keeps the token");
    let detail = &failure.violation.detail;
    assert!(detail.contains("as it was 20ms before"), "{detail}");
    assert!(detail.ends_with("u64 from 1 to 0, u64 from 0 to 1"), "{detail}");
    assert_eq!(looks(step, false).violated(), None);
    assert_eq!(Case::of(step, true).with(kept()).violated(), None, "it is not looked for");
    assert_eq!(looks(with_dice, true).violated(), None, "chance may end it");
}

#[test]
fn a_loop_ends_the_run() {
    let looks = Case { fingerprints: true, ..Case::of(step, true) }.with(kept());
    let failure = looks.failure().expect("it is found");
    assert!(failure.event < 1_100, "{failure:?}");
}
