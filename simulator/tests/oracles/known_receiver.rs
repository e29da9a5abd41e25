//! A neighbour counted beyond the last node.

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::KNOWN_RECEIVER;

use crate::case::{Case, Tiny};

/// Each node greets its right neighbour, the last one the first; with the bug, the last greets a
/// node that is not there.
fn step(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    if let Input::Start = input {
        let next = env.node().0 + 1;
        env.send(NodeId(if node.planted { next } else { next % 2 }), 0);
    }
}

#[test]
fn a_message_to_nobody_is_not_taken_for_a_lost_one() {
    assert_eq!(Case::of(step, true).violated().as_deref(), Some(KNOWN_RECEIVER));
    assert_eq!(Case::of(step, false).violated(), None);
}
