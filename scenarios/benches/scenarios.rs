//! Events per second of every scenario, on one thread; items are events.
//!
//! The allocations shown are those of a whole campaign of a few seeds: the machines' own, the
//! checkers' own, and what it takes to make a world. What the world itself allocates per event,
//! which is nothing, is shown by `simulator/benches/ping_pong.rs`.

use std::num::NonZeroUsize;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use stormglass_campaign::Options;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const SEEDS: std::ops::Range<u64> = 0..32;

fn main() {
    divan::main();
}

fn names() -> Vec<&'static str> {
    stormglass_scenarios::registry().entries().iter().map(|entry| entry.name).collect()
}

#[divan::bench(args = names(), sample_count = 10)]
fn scenario(bencher: Bencher, name: &str) {
    let registry = stormglass_scenarios::registry();
    let entry = registry.find(name).unwrap_or_else(|error| panic!("{error}"));
    let scenario = entry.build(None).unwrap_or_else(|error| panic!("{error}"));
    let options = Options { jobs: NonZeroUsize::MIN, ..Options::new(SEEDS) };
    let events = scenario.campaign(&options).events;
    bencher.counter(ItemsCount::new(events)).bench_local(|| scenario.campaign(&options).events);
}
