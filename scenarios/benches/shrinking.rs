//! What an attempt to shrink a real failure costs: a run of its scenario. Items are attempts.

#[path = "../../bench/src/shrinking/failing.rs"]
mod failing;

use divan::Bencher;
use divan::counter::ItemsCount;
use failing::{BUGS, Failing};

fn main() {
    divan::main();
}

#[divan::bench(args = BUGS, sample_count = 10)]
fn planted(bencher: Bencher, (scenario, bug): &(&str, &str)) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let failing = Failing::find(scenario, bug, folder.path());
    let failing = failing.unwrap_or_else(|problem| panic!("{problem}"));
    let attempts = || failing.shrink().unwrap_or_else(|problem| panic!("{problem}")).attempts;
    bencher.counter(ItemsCount::new(attempts())).bench_local(attempts);
}
