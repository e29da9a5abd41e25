//! The same seed is the same run, however it is run.

use std::num::NonZeroUsize;
use std::path::Path;

use stormglass_campaign::{Options, campaign};
use stormglass_scenarios::workflow::{
    Counter, Dentist, Flow, LoyaltyClient, LoyaltyServer, Payments,
};
use stormglass_simulator::{Scenario, World};

/// Alone, among others, recorded, and replayed from its recording; with one thread and with two.
fn is_deterministic(scenario: &impl Scenario) {
    let mut busy = World::new(scenario);
    for seed in 0..30 {
        let batched = busy.search(seed);
        let mut fresh = World::new(scenario);
        assert_eq!(fresh.search(seed), batched, "seed {seed} of {}", scenario.name());
        let recorded = fresh.record(seed);
        assert_eq!(recorded.outcome, batched, "seed {seed} of {}", scenario.name());
        let replayed = fresh.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, batched, "seed {seed} of {}", scenario.name());
    }
    let with = |jobs| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow-determinism");
        campaign(scenario, &Options { jobs, out, ..Options::new(0..100) })
    };
    let one = with(NonZeroUsize::MIN);
    let two = with(NonZeroUsize::MIN.saturating_add(1));
    assert_eq!((&one.chains, one.events), (&two.chains, two.events), "{}", scenario.name());
    assert_eq!(one.sometimes, two.sometimes, "{}", scenario.name());
    assert_eq!(one.coverage.pairs, two.coverage.pairs, "{}", scenario.name());
}

#[test]
fn each_run_is_the_same() {
    is_deterministic(&Flow::<Counter>::new(None));
    is_deterministic(&Flow::<LoyaltyClient>::new(None));
    is_deterministic(&Flow::<LoyaltyServer>::new(None));
    is_deterministic(&Flow::<Dentist>::new(None));
    is_deterministic(&Flow::<Payments>::new(None));
}
