//! The hot loop allocates nothing.

mod ping_pong;

use allocation_counter::measure;
use ping_pong::Game;
use stormglass_simulator::{Faults, World};

/// Events and allocations of a seed in a world that has run it before.
fn warm(faults: Faults) -> (u64, u64) {
    let game = Game { faults, nodes: 5 };
    let mut world = World::new(&game);
    world.search(1);
    let mut events = 0;
    let allocations = measure(|| events = world.search(1).events);
    (events, allocations.count_total)
}

#[test]
fn a_warm_world_without_faults_allocates_nothing_at_all() {
    let (events, allocations) = warm(Faults::NONE);
    assert!(events > 10_000, "{events} events are no work");
    assert_eq!(allocations, 0);
}

#[test]
fn with_faults_only_the_episodes_of_the_plan_allocate() {
    let (events, allocations) = warm(Faults::ALL);
    assert!(events > 1_000, "{events} events are no work");
    assert!(allocations < 200, "{allocations} allocations in {events} events");
}
