//! The same seed is the same run, however it is run.

mod support {
    pub mod determinism;
}

use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_simulator::Scenario;
use support::determinism::{each_campaign_is_the_same, each_run_is_the_same};

fn check(scenario: &impl Scenario) {
    each_run_is_the_same(scenario, 100);
    each_campaign_is_the_same(scenario, 300);
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
