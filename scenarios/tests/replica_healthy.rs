//! Without a planted bug nothing is violated but what is known, and everything interesting
//! happens.

use std::path::Path;

use stormglass_campaign::{Options, Registry, Report};
use stormglass_scenarios::replica;

fn report(name: &str, strict: bool) -> Report {
    let registry = replica::register(Registry::new());
    let entry = registry.find(name).unwrap_or_else(|error| panic!("{error}"));
    let scenario = entry.build(None).expect("a scenario without a bug");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replica-healthy");
    scenario.campaign(&Options { strict, out, shrink_attempts: 200, ..Options::new(0..600) })
}

fn plans() -> impl Iterator<Item = [&'static str; 2]> {
    replica::PLANS.iter().map(|plan| plan.names)
}

/// The union of all worlds reaches every allowed change of a role; each alone does, too.
#[test]
fn hardened_replicas_hold_everything_and_reach_everything() {
    for [hardened, _] in plans() {
        let report = report(hardened, true);
        assert!(report.passed && report.known.is_empty(), "{report}");
        assert!(report.unreached.is_empty(), "{report}");
    }
}

#[test]
fn faithful_replicas_do_nothing_wrong_that_is_not_known() {
    for [_, faithful] in plans() {
        let report = report(faithful, false);
        assert!(report.passed, "{report}");
        assert!(!report.known.is_empty(), "{report}");
        assert!(report.unreached.is_empty(), "{report}");
    }
}

/// Who asks for strictness hears of what is known.
#[test]
fn known_weaknesses_fail_a_strict_campaign() {
    let report = report("replica-failover-faithful", true);
    assert!(!report.passed && report.known.is_empty(), "{report}");
    let leaderless =
        |cause: &str| report.failures.iter().any(|found| found.signature.contains(cause));
    assert!(leaderless("O1: ") && leaderless("O2: "), "{report}");
}
