//! Events per second, and allocations per event, of a world that does as little as possible
//! besides its own work.

#[path = "../tests/ping_pong/mod.rs"]
mod ping_pong;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use ping_pong::Game;
use stormglass_simulator::{Faults, World};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn seeds(bencher: Bencher, faults: Faults, nodes: u32) {
    let game = Game { faults, nodes };
    let mut world = World::new(&game);
    let events = world.search(1).events;
    bencher.counter(ItemsCount::new(events)).bench_local(|| world.search(1));
}

/// One seed; items are events.
#[divan::bench(args = [5, 50])]
fn without_faults(bencher: Bencher, nodes: u32) {
    seeds(bencher, Faults::NONE, nodes);
}

/// One seed under every family of faults; items are events.
#[divan::bench(args = [5, 50])]
fn with_faults(bencher: Bencher, nodes: u32) {
    seeds(bencher, Faults::ALL, nodes);
}
