//! The same seed is the same run, however it is run.

use std::num::NonZeroUsize;
use std::path::Path;

use stormglass_campaign::{Options, campaign};
use stormglass_scenarios::raft::{Many, PLANS, Replicated};
use stormglass_simulator::{Scenario, World};

/// Alone, among others, recorded, and replayed from its recording.
fn each_run_is_the_same<S: Scenario>(scenario: &S, seeds: u64) {
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

#[test]
fn each_run_of_one_group_is_the_same() {
    for plan in PLANS {
        each_run_is_the_same(&Replicated::new(plan), 20);
    }
}

#[test]
fn each_run_of_many_groups_is_the_same() {
    each_run_is_the_same(&Many::default(), 2);
}

/// With one thread and with two.
#[test]
fn each_campaign_is_the_same() {
    for plan in PLANS {
        let scenario = Replicated::new(plan);
        let with = |jobs| {
            let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("raft-determinism");
            campaign(&scenario, &Options { jobs, out, ..Options::new(0..40) })
        };
        let one = with(NonZeroUsize::MIN);
        let two = with(NonZeroUsize::MIN.saturating_add(1));
        assert_eq!(one.chains, two.chains, "{}", scenario.name());
        assert_eq!(one.events, two.events, "{}", scenario.name());
        assert_eq!(one.sometimes, two.sometimes, "{}", scenario.name());
        assert_eq!(one.coverage.pairs, two.coverage.pairs, "{}", scenario.name());
    }
}
