//! Each planted bug is found by the property that must find it, and its log becomes short.

mod support {
    pub mod expected;
    pub mod planted;
}

use std::collections::BTreeSet;

use stormglass_campaign::Registry;
use stormglass_replica::Bug;
use stormglass_scenarios::replica;
use support::{expected, planted};

/// More deviations than this are no explanation.
const MOST_DEVIATIONS: usize = 11;
/// Half of the bugs take no more than this.
const MEDIAN_DEVIATIONS: usize = 3;

#[test]
fn every_bug_is_found_as_it_must_and_becomes_small() {
    let registry = replica::register(Registry::new());
    let sizes = planted::sizes(&registry, |entry, bug| expected::found(entry, bug, 20, 200));
    assert!(sizes.iter().all(|(size, _)| *size <= MOST_DEVIATIONS), "{sizes:?}");
    assert!(sizes[sizes.len() / 2].0 <= MEDIAN_DEVIATIONS, "{sizes:?}");
    let planted: BTreeSet<_> = sizes.iter().map(|(_, name)| *name).collect();
    let all: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
    assert_eq!(planted, all);
}
