//! A loss that was not to be expected, told from one that was.

use std::time::Duration;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Faults, Property, World, ensure};

use crate::case::{Case, Tiny};

const NODES: u32 = 3;
const TELL_ME: u64 = 0;

/// All know a number from the beginning, and keep it in memory. Whoever starts again asks the
/// others until one tells; with the bug, it asks nobody.
fn step(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    match input {
        Input::Start | Input::Timer(()) => {
            let first = env.now().as_nanos() == 0;
            node.number = if first { 7 } else { node.number };
            if node.number == 0 && !node.planted {
                (0..NODES).for_each(|to| env.send(NodeId(to), TELL_ME));
                env.set_timer((), Duration::from_millis(100));
            }
        }
        Input::Message { from, message: TELL_ME } if node.number > 0 => {
            env.send(from, node.number);
        }
        Input::Message { message, .. } => node.number = node.number.max(message),
        Input::Request { .. } => {}
    }
}

fn knowers(planted: bool) -> Case {
    let crashes = Faults { crash: true, blackout: true, ..Faults::NONE };
    let all_know = Property::<Case>::eventually("all know", Duration::from_secs(2), |world| {
        ensure(world.live().all(|(_, node)| node.number == 7), || "somebody does not")
    });
    Case { nodes: NODES, ..Case::of(step, planted) }.under(crashes).with(all_know)
}

fn somebody_knows(world: &World<'_, Case>) -> bool {
    world.live().any(|(_, node)| node.number == 7)
}

#[test]
fn what_cannot_be_recovered_is_counted_and_not_blamed() {
    let by_design = |planted| Case { recoverable: somebody_knows, ..knowers(planted) };
    assert_eq!(by_design(true).violated().as_deref(), Some("all know"));
    assert_eq!(by_design(false).violated(), None);
    assert_eq!(knowers(false).violated().as_deref(), Some("all know"), "a false alarm");
    let case = by_design(false);
    let mut world = World::new(&case);
    assert!((0..100).all(|seed| world.search(seed).failure.is_none()));
    let (_, spans) = world.recoveries().next().expect("something must come true");
    assert!(world.stuck_by_design() > 0);
    assert_eq!(spans.count() + world.stuck_by_design(), 100);
}
