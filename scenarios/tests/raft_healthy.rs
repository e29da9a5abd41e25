//! Without a planted bug nothing is violated, and everything interesting happens.

use std::path::Path;

use stormglass_campaign::{Options, Registry, Report};
use stormglass_scenarios::raft;

/// Enough for everything that must be seen sometimes.
const SEEDS: u64 = 300;
/// Many groups are as much work as many seeds.
const SEEDS_OF_MANY: u64 = 10;

fn report(name: &str, seeds: u64) -> Report {
    let registry = raft::register(Registry::new());
    let entry = registry.find(name).unwrap_or_else(|error| panic!("{error}"));
    let scenario = entry.build(None).expect("a scenario without a bug");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("raft-healthy");
    scenario.campaign(&Options {
        strict: true,
        out,
        shrink_attempts: 200,
        ..Options::new(0..seeds)
    })
}

#[test]
fn one_group_holds_everything_and_reaches_everything() {
    for plan in raft::PLANS {
        let report = report(plan.name, SEEDS);
        assert!(report.passed && report.known.is_empty(), "{report}");
        assert!(report.unreached.is_empty(), "{report}");
    }
}

#[test]
fn many_groups_hold_everything() {
    let report = report(raft::Many::NAME, SEEDS_OF_MANY);
    assert!(report.passed && report.known.is_empty(), "{report}");
}
