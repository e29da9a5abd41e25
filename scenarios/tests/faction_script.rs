//! How a cluster begins, told as stories.

use std::time::Duration;

use stormglass_faction::{Bug, PeerState};
use stormglass_machine::NodeId;
use stormglass_replay::script;
use stormglass_scenarios::faction::Bootstrap;
use stormglass_simulator::{Script, World};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn is(world: &World<'_, Bootstrap>, node: NodeId, state: PeerState) -> bool {
    world.get(node).is_some_and(|machine| machine.view().peer_state() == state)
}

#[test]
fn whoever_was_cut_off_joins_a_cluster_that_has_long_begun() {
    let scenario = Bootstrap::default();
    let mut cluster = script(&scenario, 3);
    // C hears that the others are there, and then nothing more; A and B are a quorum without it.
    cluster.isolate(C);
    cluster.run_until(|world| [A, B].iter().all(|node| is(world, *node, PeerState::Bootstrapped)));
    assert!(!is(&cluster, C, PeerState::Bootstrapped));
    // Before it hears of that, its process dies, and starts again when the links are whole.
    cluster.crash(C);
    cluster.heal();
    cluster.run_for(Duration::from_millis(100));
    cluster.restart(C);
    cluster.run_until(|world| is(world, C, PeerState::Bootstrapped));
    cluster.finish();
}

/// A says that it is ready, nobody hears it, and its process dies. Once it is back, it still is.
fn a_promise_that_nobody_heard(cluster: &mut Script<'_, Bootstrap>) {
    cluster.hold("Ready", A, B);
    cluster.hold("Ready", A, C);
    cluster.run_until(|world| world.machine(A).has_announced_ready());
    cluster.crash(A);
    cluster.run_for(Duration::from_millis(50));
    cluster.restart(A);
}

#[test]
fn a_promise_that_nobody_heard_outlives_its_process() {
    let scenario = Bootstrap::default();
    let mut cluster = script(&scenario, 3);
    a_promise_that_nobody_heard(&mut cluster);
    assert!(is(&cluster, A, PeerState::Collecting));
    // What it had said before it died arrives now, and is as true as ever.
    cluster.release("Ready", A, B);
    cluster.release("Ready", A, C);
    cluster.run_until(|world| world.ids().all(|node| is(world, node, PeerState::Bootstrapped)));
    cluster.finish();
}

#[test]
fn the_story_of_the_promise_finds_out_who_forgets_it() {
    let scenario = Bootstrap { planted: Some(Bug::ReadyForgottenOnRestart) };
    let mut cluster = script(&scenario, 3);
    let forgets = std::panic::AssertUnwindSafe(|| a_promise_that_nobody_heard(&mut cluster));
    let panic = std::panic::catch_unwind(forgets).expect_err("it forgets");
    let story = panic.downcast_ref::<String>().expect("with the story");
    assert!(story.contains("node 0 CRASHES") && story.contains("VIOLATED"), "{story}");
}
