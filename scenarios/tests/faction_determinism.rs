//! The same seed is the same run, however it is run.

use std::num::NonZeroUsize;
use std::path::Path;

use stormglass_campaign::{Options, campaign};
use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_simulator::{Scenario, World};

/// Alone, among others, recorded, and replayed from its recording.
fn each_run_is_the_same<S: Scenario>(scenario: &S) {
    let mut busy = World::new(scenario);
    for seed in 0..100 {
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
fn each_campaign_is_the_same<S: Scenario>(scenario: &S) {
    let with = |jobs| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faction-determinism");
        campaign(scenario, &Options { jobs, out, ..Options::new(0..300) })
    };
    let one = with(NonZeroUsize::MIN);
    let two = with(NonZeroUsize::MIN.saturating_add(1));
    assert_eq!(one.chains, two.chains);
    assert_eq!(one.events, two.events);
    assert_eq!(one.sometimes, two.sometimes);
    assert_eq!(one.coverage.pairs, two.coverage.pairs);
}

fn check<S: Scenario>(scenario: &S) {
    each_run_is_the_same(scenario);
    each_campaign_is_the_same(scenario);
}

#[test]
fn bootstrap_is_deterministic() {
    check(&Bootstrap::default());
}

#[test]
fn churn_is_deterministic() {
    check(&Churn::default());
}

#[test]
fn deadline_is_deterministic() {
    check(&Deadline::default());
}
