//! The hot loop allocates nothing.

mod ping_pong;

use allocation_counter::measure;
use ping_pong::Game;
use stormglass_simulator::{Faults, World};

/// Events and allocations of seeds in a world that has run them before.
fn warm(faults: Faults) -> (u64, u64) {
    let game = Game { faults, nodes: 5 };
    let mut world = World::new(&game);
    let mut run = || (0..50).map(|seed| world.search(seed).events).sum();
    let mut events = run();
    let allocations = measure(|| events = run());
    (events, allocations.count_total)
}

#[test]
fn a_warm_world_allocates_nothing_at_all() {
    for faults in [Faults::NONE, Faults::ALL] {
        let (events, allocations) = warm(faults.clone());
        assert!(events > 100_000, "{events} events are no work");
        assert_eq!(allocations, 0, "{faults:?}");
    }
}

#[test]
fn the_first_seed_of_a_world_is_seen_to_allocate() {
    let game = Game { faults: Faults::NONE, nodes: 5 };
    let mut world = World::new(&game);
    let allocations = measure(|| drop(world.search(1)));
    assert!(allocations.count_total > 0, "this test counts nothing");
}
