//! Each planted bug is found by the property that must find it, and its log becomes short.

mod support {
    pub mod planted;
}

use std::collections::BTreeSet;
use std::path::Path;

use stormglass_campaign::{Entry, Found, Options, Planted, Registry};
use stormglass_raft::Bug;
use stormglass_scenarios::raft;
use support::planted;

/// Half of the bugs take no more deviations than this.
const MEDIAN_DEVIATIONS: usize = 8;
/// Each bug shows in so many seeds.
const MOST_SEEDS: u64 = 2_000;
/// Shrinking goes on for so many runs; what is left then may not be the least.
const SHRINK_ATTEMPTS: u64 = 300;

/// What the expected property found first.
fn found(entry: &Entry, bug: &Planted) -> Found {
    let scenario = entry.build(Some(bug.name)).expect("a scenario with a bug of its own list");
    let by_expected = |seed: &u64| {
        let signature = scenario.run(*seed, false).signature.unwrap_or_default();
        signature.split(' ').next() == Some(bug.caught_by)
    };
    let seed = (0..MOST_SEEDS).find(by_expected);
    let seed = seed.unwrap_or_else(|| panic!("{} is not found by {}", bug.name, bug.caught_by));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("raft-planted");
    let options = Options { out, shrink_attempts: SHRINK_ATTEMPTS, ..Options::new(seed..seed + 1) };
    let report = scenario.campaign(&options);
    report.failures.into_iter().next().expect("the same seed is the same run")
}

#[test]
fn every_bug_is_found_as_it_must_and_becomes_small() {
    let registry = raft::register(Registry::new());
    let sizes = planted::sizes(&registry, found);
    assert!(sizes[sizes.len() / 2].0 <= MEDIAN_DEVIATIONS, "{sizes:?}");
    let planted: BTreeSet<_> = sizes.iter().map(|(_, name)| *name).collect();
    assert_eq!(planted.len(), sizes.len(), "a bug is planted twice: {sizes:?}");
    let all: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
    assert_eq!(planted, all);
}
