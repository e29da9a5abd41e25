//! Without a planted bug nothing is violated, and everything interesting happens.

use std::path::Path;

use stormglass_campaign::{Options, Registry};
use stormglass_scenarios::faction;

#[test]
fn nothing_is_violated_and_everything_is_reached() {
    let registry = faction::register(Registry::new());
    assert_eq!(registry.entries().len(), 3);
    for entry in registry.entries() {
        let scenario = entry.build(None).expect("a scenario without a bug");
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faction-healthy");
        let report = scenario.campaign(&Options { out, ..Options::new(0..2_000) });
        assert!(report.passed, "{report}");
        assert!(report.unreached.is_empty(), "{report}");
    }
}
