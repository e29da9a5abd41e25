//! A script that tells its story when something goes wrong.

use stormglass_simulator::{Scenario, Script};

use crate::Story;

/// A run that is written down by hand; see [`Script`]. When something is violated or not reached,
/// the test fails with the story so far.
///
/// # Panics
///
/// If the scenario has no cluster of this size.
#[track_caller]
pub fn script<S: Scenario>(scenario: &S, nodes: u32) -> Script<'_, S> {
    Script::told_by(scenario, nodes, |script| {
        let deviations = script.deviations();
        let mut story = Story::new(script.scenario(), &deviations);
        script.again(&mut story);
        let outcome = script.outcome();
        match &outcome.failure {
            Some(failure) => story.tell(Some(failure), outcome.time),
            None => story.so_far(outcome.time),
        }
    })
}
