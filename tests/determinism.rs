//! One seed is one run: alone, in a batch, on one thread or two, without and with optimisation.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use stormglass::Options;

const SEEDS: std::ops::Range<u64> = 0..48;

/// The digest of all chains of a scenario, run in a campaign on so many threads.
fn in_a_batch(name: &str, jobs: usize) -> String {
    let registry = stormglass_scenarios::registry();
    let entry = registry.find(name).expect("it is listed");
    let scenario = entry.build(None).expect("nothing is planted");
    let jobs = NonZeroUsize::new(jobs).expect("not zero");
    scenario.campaign(&Options { jobs, ..Options::new(SEEDS) }).chains
}

/// The same digest from runs that each have a world of their own.
fn alone(name: &str) -> String {
    let registry = stormglass_scenarios::registry();
    let entry = registry.find(name).expect("it is listed");
    let scenario = entry.build(None).expect("nothing is planted");
    let sum = SEEDS.fold(0_u64, |sum, seed| {
        let chain = scenario.run(seed, false).chain;
        let chain = u64::from_str_radix(&chain, 16).expect("a chain is hexadecimal");
        sum.wrapping_add(chain.wrapping_mul(seed * 2 + 1))
    });
    format!("{sum:016x}")
}

fn names() -> Vec<&'static str> {
    let names: Vec<_> =
        stormglass_scenarios::registry().entries().iter().map(|entry| entry.name).collect();
    assert!(!names.is_empty());
    names
}

#[test]
fn a_seed_is_the_same_run_alone_and_in_a_batch_on_one_thread_and_on_two() {
    for name in names() {
        let alone = alone(name);
        assert_eq!(in_a_batch(name, 1), alone, "{name} on one thread");
        assert_eq!(in_a_batch(name, 2), alone, "{name} on two threads");
    }
}

#[test]
fn seeds_are_different_runs() {
    for name in names() {
        let registry = stormglass_scenarios::registry();
        let scenario = registry.find(name).expect("it is listed").build(None).expect("healthy");
        let mut chains: Vec<_> = SEEDS.map(|seed| scenario.run(seed, false).chain).collect();
        chains.sort_unstable();
        chains.dedup();
        assert_eq!(chains.len() as u64, SEEDS.end, "{name}");
    }
}

#[test]
fn a_seed_is_the_same_run_with_and_without_optimisation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arguments = ["run", "--quiet", "--locked", "--offline", "-p", "stormglass-chains"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--profile", "optimised", "--"])
        .arg(format!("{}..{}", SEEDS.start, SEEDS.end))
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let optimised = String::from_utf8(output.stdout).expect("it prints text");
    let here = names().into_iter().map(|name| format!("{name} {}\n", in_a_batch(name, 2)));
    assert_eq!(String::from_iter(here), optimised);
}
