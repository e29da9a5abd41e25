use std::num::NonZeroUsize;
use std::path::Path;

use stormglass_campaign::{Options, campaign};
use stormglass_simulator::{Scenario, World};

/// Alone, among others, recorded, and replayed from its recording.
pub fn each_run_is_the_same(scenario: &impl Scenario, seeds: u64) {
    let mut busy = World::new(scenario);
    for seed in 0..seeds {
        let batched = busy.search(seed);
        let mut fresh = World::new(scenario);
        assert_eq!(fresh.search(seed), batched, "seed {seed} of {}", scenario.name());
        let recorded = fresh.record(seed);
        assert_eq!(recorded.outcome, batched, "seed {seed} of {}", scenario.name());
        let replayed = fresh.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, batched, "seed {seed} of {}", scenario.name());
    }
}

/// With one thread and with two.
pub fn each_campaign_is_the_same(scenario: &impl Scenario, seeds: u64) {
    let with = |jobs| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("determinism").join(scenario.name());
        campaign(scenario, &Options { jobs, out, ..Options::new(0..seeds) })
    };
    let one = with(NonZeroUsize::MIN);
    let two = with(NonZeroUsize::MIN.saturating_add(1));
    assert_eq!(one.chains, two.chains, "{}", scenario.name());
    assert_eq!(one.events, two.events, "{}", scenario.name());
    assert_eq!(one.sometimes, two.sometimes, "{}", scenario.name());
    assert_eq!(one.coverage.pairs, two.coverage.pairs, "{}", scenario.name());
}
