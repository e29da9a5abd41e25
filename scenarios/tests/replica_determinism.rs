//! The same seed is the same run, however it is run.

use std::num::NonZeroUsize;
use std::path::Path;

use stormglass_campaign::{Options, campaign};
use stormglass_scenarios::replica::{Mode, PLANS, Replication};
use stormglass_simulator::{Scenario, World};

fn worlds() -> impl Iterator<Item = Replication> {
    let modes = |plan| [Mode::Hardened, Mode::Faithful].map(|mode| Replication::new(plan, mode));
    PLANS.into_iter().flat_map(modes)
}

/// Alone, among others, recorded, and replayed from its recording.
#[test]
fn each_run_is_the_same() {
    for scenario in worlds() {
        let mut busy = World::new(&scenario);
        for seed in 0..30 {
            let batched = busy.search(seed);
            let mut fresh = World::new(&scenario);
            assert_eq!(fresh.search(seed), batched, "seed {seed} of {}", scenario.name());
            let recorded = fresh.record(seed);
            assert_eq!(recorded.outcome, batched, "seed {seed} of {}", scenario.name());
            let replayed = fresh.replay(seed, &recorded.deviations, u64::MAX, &mut ());
            assert_eq!(replayed.outcome, batched, "seed {seed} of {}", scenario.name());
        }
    }
}

/// With one thread and with two.
#[test]
fn each_campaign_is_the_same() {
    for scenario in worlds() {
        let with = |jobs| {
            let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replica-determinism");
            campaign(&scenario, &Options { jobs, out, ..Options::new(0..100) })
        };
        let one = with(NonZeroUsize::MIN);
        let two = with(NonZeroUsize::MIN.saturating_add(1));
        assert_eq!(one.chains, two.chains, "{}", scenario.name());
        assert_eq!(one.events, two.events, "{}", scenario.name());
        assert_eq!(one.sometimes, two.sometimes, "{}", scenario.name());
        assert_eq!(one.coverage.pairs, two.coverage.pairs, "{}", scenario.name());
    }
}
