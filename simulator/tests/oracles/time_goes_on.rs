//! A timer that is set anew for at once, in a world without a bound.

use std::time::Duration;

use stormglass_machine::{Env, Input};
use stormglass_simulator::{Settings, TIME_GOES_ON};

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
        let case = Case::of(step, planted);
        let settings = Settings { max_events: u64::MAX, ..case.settings };
        let mut world_of = Case { settings, ..case };
        world_of.settings.storm = Duration::from_secs(3);
        world_of.settings.calm = Duration::ZERO;
        let seeds = stormglass_simulator::World::new(&world_of).search(1);
        seeds.failure.map(|failure| failure.property)
    };
    assert_eq!(violated(true).as_deref(), Some(TIME_GOES_ON));
    assert_eq!(violated(false), None);
}
