//! Events per second of clusters from five nodes to five thousand, with the same traffic for each
//! node. Items are events.

#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::time::Duration;

use crowd::Crowd;
use divan::Bencher;
use divan::counter::ItemsCount;
use stormglass_simulator::{Faults, World};

fn main() {
    divan::main();
}

/// What a larger crowd does in less time.
const NODE_SECONDS: u32 = 5_000;

fn seed(bencher: Bencher, nodes: u32, faults: Faults) {
    let lasts = Duration::from_secs((NODE_SECONDS / nodes).into());
    let crowd = Crowd { nodes, faults, lasts };
    let mut world = World::new(&crowd);
    let events = world.search(1).events;
    bencher.counter(ItemsCount::new(events)).bench_local(|| world.search(1));
}

/// One seed.
#[divan::bench(args = [5, 50, 500, 5_000])]
fn without_faults(bencher: Bencher, nodes: u32) {
    seed(bencher, nodes, Faults::NONE);
}

/// One seed under every family of faults.
#[divan::bench(args = [5, 50, 500, 5_000])]
fn with_faults(bencher: Bencher, nodes: u32) {
    seed(bencher, nodes, Faults::ALL);
}
