//! Answers to answers that become ever more.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{BOUNDED_EVENTS, Settings};

use crate::case::{Case, Tiny};

/// A ball goes to and fro; with the bug, a new one comes into the game every second.
fn step(player: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Message { from, .. } => env.send(from, 0),
        Input::Start | Input::Timer(()) if env.node() == NodeId(0) => {
            env.send(NodeId(1), 0);
            if player.planted {
                env.set_timer((), Duration::from_secs(1));
            }
        }
        _ => {}
    }
}

#[test]
fn a_bound_on_events_finds_what_becomes_ever_more() {
    let violated = |planted, max_events| {
        let case = Case::of(step, planted);
        Case { settings: Settings { max_events, ..case.settings }, ..case }.violated()
    };
    assert_eq!(violated(true, 5_000).as_deref(), Some(BOUNDED_EVENTS));
    assert_eq!(violated(true, u64::MAX), None);
    assert_eq!(violated(false, 5_000), None);
}
