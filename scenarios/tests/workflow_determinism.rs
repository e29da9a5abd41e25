//! The same seed is the same run, however it is run.

mod support {
    pub mod determinism;
}

use stormglass_scenarios::workflow::{
    Counter, Dentist, Flow, LoyaltyClient, LoyaltyServer, Payments,
};
use stormglass_simulator::Scenario;
use support::determinism::{each_campaign_is_the_same, each_run_is_the_same};

fn is_deterministic(scenario: &impl Scenario) {
    each_run_is_the_same(scenario, 30);
    each_campaign_is_the_same(scenario, 100);
}

#[test]
fn each_workflow_is_deterministic() {
    is_deterministic(&Flow::<Counter>::new(None));
    is_deterministic(&Flow::<LoyaltyClient>::new(None));
    is_deterministic(&Flow::<LoyaltyServer>::new(None));
    is_deterministic(&Flow::<Dentist>::new(None));
    is_deterministic(&Flow::<Payments>::new(None));
}
