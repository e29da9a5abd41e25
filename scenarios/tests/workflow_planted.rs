//! Each planted bug is found by the property that must find it, and its log becomes short.

use std::collections::BTreeSet;
use std::path::Path;

use stormglass_campaign::{Entry, Found, Options, Planted, Registry};
use stormglass_scenarios::workflow;
use stormglass_workflow::Bug;

/// More deviations than this are no explanation. The longest is a race, for which a store must send a
/// commit back while an input and an answer are on their way.
const MOST_DEVIATIONS: usize = 20;
/// Half of the bugs take no more than this.
const MEDIAN_DEVIATIONS: usize = 3;

/// What the expected property found: in few seeds a bug that shows often, in more any other.
fn found(entry: &Entry, bug: &Planted) -> Found {
    let scenario = entry.build(Some(bug.name)).expect("a scenario with a bug of its own list");
    let search = |seeds| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow-planted");
        let report = scenario.campaign(&Options { out, ..Options::new(0..seeds) });
        let failures = report.failures.into_iter();
        let as_it_must = failures.filter(|found| found.property == bug.caught_by);
        as_it_must.min_by_key(|found| found.seed)
    };
    let found = search(20).or_else(|| search(400));
    found.unwrap_or_else(|| panic!("{} is not found by {:?}", bug.name, bug.caught_by))
}

#[test]
fn every_bug_is_found_as_it_must_and_becomes_small() {
    let registry = workflow::register(Registry::new());
    let mut planted = BTreeSet::new();
    let mut sizes = Vec::new();
    for entry in registry.entries() {
        for bug in &entry.bugs {
            let found = found(entry, bug);
            let (name, trouble) = (bug.name, &found.trouble);
            assert!(found.log.is_some_and(|log| log.is_file()), "{name} has no log: {trouble:?}");
            let deviations = found.deviations.expect("a log has a size");
            assert!(deviations <= MOST_DEVIATIONS, "{name} takes {deviations} deviations");
            sizes.push(deviations);
            assert!(planted.insert(name), "{name} is planted twice");
        }
    }
    sizes.sort_unstable();
    assert!(sizes[sizes.len() / 2] <= MEDIAN_DEVIATIONS, "{sizes:?}");
    for bug in Bug::ALL {
        assert!(planted.contains(bug.name()), "{} is planted nowhere", bug.name());
    }
}
