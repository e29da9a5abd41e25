//! Runs that begin alike, each from its start, and from copies of the world on the way. Items are
//! runs: a list of a shrunk failure with one deviation more, for many that its run offers.

use divan::Bencher;
use divan::counter::ItemsCount;
use stormglass_scenarios::faction::Churn;
use stormglass_scenarios::raft::{PLANS as RAFT, Replicated};
use stormglass_scenarios::replica::{Mode, PLANS as REPLICA, Replication};
use stormglass_simulator::{Deviation, RequestOf, Scenario, World};

fn main() {
    divan::main();
}

const SEED: u64 = 1;
/// One of so many deviations that the run offers is tried.
const ONE_OF: usize = 17;

/// A few deviations of a seed, and what their run offers within so many events.
fn lists<S: Scenario>(scenario: &S, events: u64) -> [Vec<Deviation<RequestOf<S>>>; 2] {
    let mut world = World::new(scenario);
    let drawn = world.record(SEED).deviations;
    let few = drawn.len().div_ceil(4);
    let list: Vec<_> = drawn.into_iter().step_by(few).collect();
    let offers = world.menu(SEED, &list, events).deviations;
    [list, offers.into_iter().step_by(ONE_OF).collect()]
}

fn from_the_start<S: Scenario>(bencher: Bencher, scenario: &S, events: u64) {
    let [mut list, offers] = lists(scenario, events);
    let mut world = World::new(scenario);
    bencher.counter(ItemsCount::new(offers.len())).bench_local(|| {
        for offer in &offers {
            list.push(offer.clone());
            divan::black_box(world.replay(SEED, &list, events, &mut ()));
            list.pop();
        }
    });
}

/// The copies are taken anew each time.
fn from_copies<S: Scenario>(bencher: Bencher, scenario: &S, events: u64) {
    let [list, offers] = lists(scenario, events);
    let mut world = World::new(scenario);
    bencher.counter(ItemsCount::new(offers.len())).bench_local(|| {
        let checkpoints = world.checkpoints(SEED, &list, events);
        for offer in &offers {
            divan::black_box(world.replay_with(&checkpoints, offer, events));
        }
    });
}

/// Within how many events.
const EVENTS: [u64; 3] = [50, 200, 1_000];

#[divan::bench(args = EVENTS)]
fn raft_from_the_start(bencher: Bencher, events: u64) {
    from_the_start(bencher, &Replicated::new(RAFT[1]), events);
}

#[divan::bench(args = EVENTS)]
fn raft_from_copies(bencher: Bencher, events: u64) {
    from_copies(bencher, &Replicated::new(RAFT[1]), events);
}

#[divan::bench(args = EVENTS)]
fn replica_from_the_start(bencher: Bencher, events: u64) {
    from_the_start(bencher, &Replication::new(REPLICA[0], Mode::Hardened), events);
}

#[divan::bench(args = EVENTS)]
fn replica_from_copies(bencher: Bencher, events: u64) {
    from_copies(bencher, &Replication::new(REPLICA[0], Mode::Hardened), events);
}

#[divan::bench(args = EVENTS)]
fn faction_from_the_start(bencher: Bencher, events: u64) {
    from_the_start(bencher, &Churn::default(), events);
}

#[divan::bench(args = EVENTS)]
fn faction_from_copies(bencher: Bencher, events: u64) {
    from_copies(bencher, &Churn::default(), events);
}
