//! A machine that goes through a map in the order of its hashes.

#[expect(clippy::disallowed_types, reason = "the planted bug is a map of the standard library")]
type Unordered = std::collections::HashMap<u32, u64>;

use std::collections::BTreeMap;

use stormglass_machine::{Env, Input, NodeId};
use stormglass_simulator::{Property, World, ensure, first_difference};

use crate::case::{Case, Tiny};

const NODES: u32 = 16;

/// Node 0 greets all others, in the order of their ids; with the bug, in that of a hash map.
fn step(node: &mut Tiny, input: Input<Tiny>, env: &mut Env<'_, Tiny>) {
    let Input::Request { request, .. } = input else { return };
    if node.planted {
        let known: Unordered = (0..NODES).map(|id| (id, request)).collect();
        known.iter().for_each(|(to, greeting)| env.send(NodeId(*to), *greeting));
    } else {
        let known: BTreeMap<u32, u64> = (0..NODES).map(|id| (id, request)).collect();
        known.iter().for_each(|(to, greeting)| env.send(NodeId(*to), *greeting));
    }
}

fn greeters(planted: bool) -> Case {
    let silent = Property::<Case>::finally("nobody is harmed", |world| {
        ensure(world.live().all(|(_, node)| node.number == 0), || "somebody is")
    });
    Case { nodes: NODES, asked: 3, ..Case::of(step, planted) }.with(silent)
}

#[test]
fn a_second_run_finds_a_hash_map_and_tells_the_step() {
    let case = greeters(true);
    let mut world = World::new(&case);
    assert!((0..100).all(|seed| world.search(seed).failure.is_none()), "one run finds nothing");
    let difference = first_difference(&case, 1, 2).expect("two runs do");
    // The starts of all nodes are alike, the first request is not.
    assert_eq!(difference.steps, NODES as usize);
    let (one, other) =
        (difference.one.clone().expect("a step"), difference.other.clone().expect("a step"));
    assert_eq!((&one.time, one.node, &one.input), (&other.time, other.node, &other.input));
    assert_ne!(one.effects, other.effects);
    let told = difference.in_words();
    assert_eq!(told[0], "the first 16 steps are alike, the next is not:");
    assert_eq!(told.len(), 1 + 2 * (2 + NODES as usize));
    assert_eq!(first_difference(&greeters(false), 1, 8), None);
}
