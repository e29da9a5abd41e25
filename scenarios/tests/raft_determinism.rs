//! The same seed is the same run, however it is run.

mod support {
    pub mod determinism;
}

use stormglass_scenarios::raft::{Many, PLANS, Replicated};
use support::determinism;

#[test]
fn each_run_of_one_group_is_the_same() {
    for plan in PLANS {
        determinism::each_run_is_the_same(&Replicated::new(plan), 20);
    }
}

#[test]
fn each_run_of_many_groups_is_the_same() {
    determinism::each_run_is_the_same(&Many::default(), 2);
}

#[test]
fn each_campaign_is_the_same() {
    for plan in PLANS {
        determinism::each_campaign_is_the_same(&Replicated::new(plan), 40);
    }
}
