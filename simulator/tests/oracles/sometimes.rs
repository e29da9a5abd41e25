//! A safe path that is never taken, so that nothing else is tested.

use stormglass_machine::{Env, Input};
use stormglass_simulator::{Property, World};

use crate::case::{Case, Tiny};

/// A node that has been asked twice goes into its other mode; with the bug, the second request is
/// taken for a repetition of the first.
fn step(node: &mut Tiny, input: Input<Tiny>, _: &mut Env<'_, Tiny>) {
    if let Input::Request { request, .. } = input {
        let repeated = node.planted && node.number > 0;
        if !repeated {
            node.number += 1;
            node.other = request;
        }
    }
}

#[test]
fn sometimes_finds_that_nothing_ever_got_there() {
    let seen = |planted| {
        let other_mode = Property::sometimes("the other mode", |world: &World<'_, Case>, node| {
            world.machine(node).number > 1
        });
        let case = Case { asked: 5, ..Case::of(step, planted) }.with(other_mode);
        let mut world = World::new(&case);
        // No run of it fails.
        assert!((0..100).all(|seed| world.search(seed).failure.is_none()));
        world.sometimes()[0].1
    };
    assert_eq!(seen(true), 0);
    assert!(seen(false) > 10);
}
