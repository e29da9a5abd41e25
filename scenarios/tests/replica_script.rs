//! How a leader is lost and another takes over, told as a story.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_replay::script;
use stormglass_replica::{Request, Response, Role};
use stormglass_scenarios::replica::{Mode, PLANS, Replication};
use stormglass_simulator::World;

const A: NodeId = NodeId(0);

/// A world in which leaders are lost.
fn failover() -> Replication {
    let plan = PLANS.into_iter().find(|plan| plan.names[0] == "replica-failover");
    Replication::new(plan.expect("there is such a plan"), Mode::Hardened)
}

/// Who leads, if somebody does that is up.
fn leader(world: &World<'_, Replication>) -> Option<NodeId> {
    world.live().find(|(_, replica)| replica.role() == Role::Leader).map(|(node, _)| node)
}

/// True if all that are up hold so many entries.
fn all_hold(world: &World<'_, Replication>, entries: u64) -> bool {
    world.live().all(|(_, replica)| replica.tail() == entries)
}

#[test]
fn what_a_leader_has_passed_on_outlives_it() {
    let scenario = failover();
    let mut cluster = script(&scenario, 3);
    cluster.run_until(|world| leader(world) == Some(A));
    let first = cluster.ask(A, Request::Append(b"first".to_vec()));
    assert_eq!(cluster.answer(first), Some(&Response::Appended { seq: 0 }));
    cluster.run_until(|world| all_hold(world, 1));

    // The leader dies, and stays down until another leads and has appended more.
    cluster.crash(A);
    cluster.run_until(|world| leader(world).is_some());
    let successor = leader(&cluster).expect("somebody leads");
    assert_ne!(successor, A);
    let second = cluster.ask(successor, Request::Append(b"second".to_vec()));
    assert_eq!(cluster.answer(second), Some(&Response::Appended { seq: 1 }));
    cluster.run_until(|world| all_hold(world, 2));
    cluster.restart(A);

    // It comes back as a follower, and learns what it has missed.
    cluster.run_until(|world| all_hold(world, 2) && world.machine(A).belief() == Some(successor));
    assert_eq!(leader(&cluster), Some(successor));
    cluster.finish();
}

#[test]
fn a_leader_that_has_stood_still_makes_way() {
    let scenario = failover();
    let mut cluster = script(&scenario, 3);
    cluster.run_until(|world| leader(world) == Some(A));
    cluster.pause(A);
    let another = |world: &World<'_, Replication>| {
        let mut live = world.live();
        live.any(|(node, replica)| node != A && replica.role() == Role::Leader)
    };
    cluster.run_until(another);
    assert_eq!(cluster.machine(A).role(), Role::Leader, "it has not noticed");
    cluster.run_for(Duration::from_millis(200));
    cluster.resume(A);
    cluster.run_until(|world| world.machine(A).role() != Role::Leader);
    assert!(another(&cluster));
    cluster.finish();
}
