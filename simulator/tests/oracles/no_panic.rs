//! An assertion of the machine's own.

use stormglass_machine::{Env, Input};
use stormglass_simulator::NO_PANIC;

use crate::case::{Case, Tiny};

/// Counts requests up to three, and does not count any more; with the bug, it goes on, and knows
/// that it must not.
fn step(node: &mut Tiny, input: Input<Tiny>, _: &mut Env<'_, Tiny>) {
    if let Input::Request { .. } = input {
        node.number += u64::from(node.planted || node.number < 3);
        assert!(node.number <= 3, "counted to {}", node.number);
    }
}

#[test]
fn a_panic_is_a_violation_with_its_place() {
    let violated = |planted, asked| Case { asked, ..Case::of(step, planted) }.failure();
    let failure = violated(true, 20).expect("it is found");
    assert_eq!((&*failure.property, &*failure.violation.detail), (NO_PANIC, "counted to 4"));
    assert!(failure.violation.cause.starts_with("oracles/no_panic.rs:"), "{failure:?}");
    assert_eq!(violated(true, 3), None, "nobody asks often enough");
    assert_eq!(violated(false, 20), None);
}
