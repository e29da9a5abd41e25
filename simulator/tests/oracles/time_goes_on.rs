//! A timer that is set anew for at once, in a world without a bound.

use std::time::Duration;

use stormglass_machine::{Env, Input};
use stormglass_simulator::{TIME_GOES_ON, World};

use crate::case::{Case, Tiny};

/// A pause between two looks that is halved each time, down to a millisecond; with the bug, down
/// to nothing.
fn step(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Start => node.number = 1_024,
        Input::Timer(()) => node.number = (node.number / 2).max(u64::from(!node.planted)),
        _ => {}
    }
    env.set_timer((), Duration::from_millis(node.number));
}

#[test]
fn only_this_ends_a_moment_that_has_no_end() {
    let violated = |planted| {
        let mut case = Case::of(step, planted);
        case.settings.max_events = u64::MAX;
        let outcome = World::new(&case).search(1);
        outcome.failure.map(|failure| failure.property)
    };
    assert_eq!(violated(true).as_deref(), Some(TIME_GOES_ON));
    assert_eq!(violated(false), None);
}
