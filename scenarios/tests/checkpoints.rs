//! A run that goes on from a copy of the world is the run that it would have been from its start.

use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_scenarios::raft::{Many, PLANS as RAFT, Replicated};
use stormglass_scenarios::replica::{Mode, PLANS as REPLICA, Replication};
use stormglass_simulator::{Scenario, World};

const SEEDS: u64 = 3;
const EVENTS: u64 = 400;
/// One of so many deviations that a run offers is tried.
const ONE_OF: usize = 199;

/// Tries what a run offers, and counts how often.
fn check<S: Scenario>(scenario: &S) -> usize {
    let (mut world, mut fresh) = (World::new(scenario), World::new(scenario));
    let mut tried = 0;
    for seed in 0..SEEDS {
        // Different lists: the whole storm, and two that are mostly dull.
        let drawn = world.record(seed).deviations;
        let list: Vec<_> = drawn.into_iter().step_by(1 + 8 * seed as usize).collect();
        let offers = world.menu(seed, &list, EVENTS).deviations;
        let checkpoints = world.checkpoints(seed, &list, EVENTS);
        for offer in offers.into_iter().step_by(ONE_OF) {
            let forked = world.replay_with(&checkpoints, &offer, EVENTS);
            let mut longer = list.clone();
            longer.push(offer);
            let whole = fresh.replay(seed, &longer, EVENTS, &mut ()).outcome;
            assert_eq!(forked, whole, "{}, seed {seed}: {:?}", scenario.name(), longer.last());
            tried += 1;
        }
    }
    tried
}

#[test]
fn what_goes_on_from_a_copy_is_the_same_run_in_every_world_of_raft() {
    for plan in RAFT {
        assert!(check(&Replicated::new(plan)) > 10, "{}", plan.name);
    }
    assert!(check(&Many::default()) > 10);
}

#[test]
fn what_goes_on_from_a_copy_is_the_same_run_in_the_other_worlds() {
    for plan in REPLICA {
        assert!(check(&Replication::new(plan, Mode::Hardened)) > 10, "{:?}", plan.names);
    }
    for tried in
        [check(&Bootstrap::default()), check(&Churn::default()), check(&Deadline::default())]
    {
        assert!(tried > 10, "{tried}");
    }
}
