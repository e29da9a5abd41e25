//! A cluster of thousands is a cluster like any other.

mod crowd;

use std::time::Duration;

use crowd::Crowd;
use stormglass_simulator::{Faults, World};

#[test]
fn five_thousand_nodes_run_with_and_without_faults() {
    for faults in [Faults::NONE, Faults::ALL] {
        let crowd = Crowd { nodes: 5_000, faults, lasts: Duration::from_millis(100) };
        let mut world = World::new(&crowd);
        for seed in 0..3 {
            let outcome = world.search(seed);
            assert_eq!(outcome.failure, None, "seed {seed} with {:?}", crowd.faults);
            assert!(outcome.events > 10_000, "{} events are no crowd", outcome.events);
            assert_eq!(world.record(seed).outcome, outcome, "seed {seed}");
        }
    }
}

#[test]
fn the_traffic_of_a_node_does_not_depend_on_how_many_there_are() {
    let each = |nodes: u32| {
        let crowd = Crowd { nodes, faults: Faults::NONE, lasts: Duration::from_secs(2) };
        World::new(&crowd).search(1).events / u64::from(nodes)
    };
    let few = each(50);
    assert!(few > 30, "{few} events are no traffic");
    assert!(few.abs_diff(each(500)) <= few / 10, "{few} and {}", each(500));
}
