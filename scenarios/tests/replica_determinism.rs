//! The same seed is the same run, however it is run.

mod support {
    pub mod determinism;
}

use stormglass_scenarios::replica::{Mode, PLANS, Replication};
use support::determinism;

fn worlds() -> impl Iterator<Item = Replication> {
    let modes = |plan| [Mode::Hardened, Mode::Faithful].map(|mode| Replication::new(plan, mode));
    PLANS.into_iter().flat_map(modes)
}

#[test]
fn each_run_is_the_same() {
    for scenario in worlds() {
        determinism::each_run_is_the_same(&scenario, 30);
    }
}

#[test]
fn each_campaign_is_the_same() {
    for scenario in worlds() {
        determinism::each_campaign_is_the_same(&scenario, 100);
    }
}
