use std::path::Path;

use stormglass_campaign::{Entry, Found, Options, Planted};

/// What the expected property found: in few seeds a bug that shows often, in more any other.
pub fn found(entry: &Entry, bug: &Planted, few: u64, more: u64) -> Found {
    let scenario = entry.build(Some(bug.name)).expect("a scenario with a bug of its own list");
    let search = |seeds| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted").join(entry.name);
        let report = scenario.campaign(&Options { out, ..Options::new(0..seeds) });
        let failures = report.failures.into_iter();
        let as_it_must = failures.filter(|found| found.property == bug.caught_by);
        as_it_must.min_by_key(|found| found.seed)
    };
    let found = search(few).or_else(|| search(more));
    found.unwrap_or_else(|| panic!("{} is not found by {:?}", bug.name, bug.caught_by))
}
