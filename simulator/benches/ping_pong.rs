//! Events per second, and allocations per event, of a world that does as little as possible
//! besides its own work. Items are events.

#[path = "../tests/ping_pong/mod.rs"]
mod ping_pong;
#[path = "../../bench/src/workloads/unchecked.rs"]
mod unchecked;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use ping_pong::Game;
use stormglass_simulator::{Faults, Scenario, World};
use unchecked::Unchecked;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn seeds(bencher: Bencher, scenario: &impl Scenario) {
    let mut world = World::new(scenario);
    let events = world.search(1).events;
    bencher.counter(ItemsCount::new(events)).bench_local(|| world.search(1));
}

/// One seed.
#[divan::bench(args = [5, 50])]
fn without_faults(bencher: Bencher, nodes: u32) {
    seeds(bencher, &Game { faults: Faults::NONE, nodes });
}

/// One seed under every family of faults.
#[divan::bench(args = [5, 50])]
fn with_faults(bencher: Bencher, nodes: u32) {
    seeds(bencher, &Game { faults: Faults::ALL, nodes });
}

/// One seed, and nobody looks.
#[divan::bench(args = [5, 50])]
fn without_properties(bencher: Bencher, nodes: u32) {
    let game = Unchecked::new(Game { faults: Faults::ALL, nodes });
    seeds(bencher, &game.faults(Faults::NONE));
}
