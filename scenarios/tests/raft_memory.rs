//! A run may be as long as it likes: what the judges remember does not grow with it.

use std::time::Duration;

use allocation_counter::measure;
use stormglass_scenarios::raft::load::{Load, operations};
use stormglass_simulator::World;

/// The most bytes that a world holds which carries its load for so long, and how many operations
/// that are.
fn most_bytes(seconds: u64) -> (u64, u64) {
    let load = Load::new(Duration::from_secs(seconds));
    let mut done = 0;
    let info = measure(|| {
        let mut world = World::new(&load);
        assert_eq!(world.search(0).failure, None);
        done = operations(&world);
    });
    (info.bytes_max, done)
}

#[test]
fn what_is_remembered_does_not_grow_with_the_run() {
    let (few_bytes, few) = most_bytes(120);
    let (many_bytes, many) = most_bytes(360);
    assert!(many > 2 * few, "{many} operations, and {few}");
    assert!(
        many_bytes < few_bytes + few_bytes / 10,
        "{many_bytes} bytes for {many} operations, and {few_bytes} for {few}"
    );
}
