//! Structures for an agenda, side by side: a thousand balls caught and thrown; items are balls.

use divan::Bencher;
use divan::counter::ItemsCount;
use stormglass_bench::{Delays, STRUCTURES};

fn main() {
    divan::main();
}

const THROWS: u64 = 1_000;

fn throw(bencher: Bencher, delays: Delays, name: &str, in_flight: usize) {
    let structure = STRUCTURES.iter().find(|structure| structure.name == name);
    let mut hold = (structure.expect("the name is one of the list").hold)(delays, in_flight);
    hold.throw(4 * in_flight as u64);
    bencher.counter(ItemsCount::new(THROWS)).bench_local(|| hold.throw(THROWS));
}

fn names() -> impl Iterator<Item = &'static str> {
    STRUCTURES.iter().map(|structure| structure.name)
}

#[divan::bench(args = names(), consts = [5, 50, 500, 5_000, 50_000])]
fn constant<const IN_FLIGHT: usize>(bencher: Bencher, name: &str) {
    throw(bencher, Delays::Constant, name, IN_FLIGHT);
}

#[divan::bench(args = names(), consts = [5, 50, 500, 5_000, 50_000])]
fn uniform<const IN_FLIGHT: usize>(bencher: Bencher, name: &str) {
    throw(bencher, Delays::Uniform, name, IN_FLIGHT);
}

#[divan::bench(args = names(), consts = [5, 50, 500, 5_000, 50_000])]
fn mixed<const IN_FLIGHT: usize>(bencher: Bencher, name: &str) {
    throw(bencher, Delays::Mixed, name, IN_FLIGHT);
}
