//! Without a planted bug nothing is violated, and everything interesting happens.

use std::path::Path;

use stormglass_campaign::{Options, Registry};
use stormglass_scenarios::workflow;

#[test]
fn workflows_hold_everything_and_reach_everything() {
    for entry in workflow::register(Registry::new()).entries() {
        let scenario = entry.build(None).expect("a scenario without a bug");
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow-healthy");
        let report = scenario.campaign(&Options { out, ..Options::new(0..2_000) });
        assert!(report.passed && report.known.is_empty(), "{report}");
        assert!(report.unreached.is_empty(), "{report}");
    }
}
