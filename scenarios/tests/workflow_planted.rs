//! Each planted bug is found by the property that must find it, and its log becomes short.

mod support {
    pub mod expected;
    pub mod planted;
}

use std::collections::BTreeSet;

use stormglass_campaign::Registry;
use stormglass_scenarios::workflow;
use stormglass_workflow::Bug;
use support::{expected, planted};

/// More deviations than this are no explanation. The longest is a race, for which a store must send a
/// commit back while an input and an answer are on their way.
const MOST_DEVIATIONS: usize = 20;
/// Half of the bugs take no more than this.
const MEDIAN_DEVIATIONS: usize = 3;

#[test]
fn every_bug_is_found_as_it_must_and_becomes_small() {
    let registry = workflow::register(Registry::new());
    let sizes = planted::sizes(&registry, |entry, bug| expected::found(entry, bug, 20, 400));
    assert!(sizes.iter().all(|(size, _)| *size <= MOST_DEVIATIONS), "{sizes:?}");
    assert!(sizes[sizes.len() / 2].0 <= MEDIAN_DEVIATIONS, "{sizes:?}");
    let planted: BTreeSet<_> = sizes.iter().map(|(_, name)| *name).collect();
    assert_eq!(planted.len(), sizes.len(), "a bug is planted twice: {sizes:?}");
    for bug in Bug::ALL {
        assert!(planted.contains(bug.name()), "{} is planted nowhere", bug.name());
    }
}
