//! Consensus: groups of Raft nodes that replicate a small key-value store, in worlds that are
//! unkind to them.
//!
//! The judges see what no node can: every disk, every message, every clock. Each step is judged at
//! once by what it has changed; what must come true is judged after the faults.

mod clocks;
mod crashes;
mod disk;
mod disks;
mod entries;
mod facts;
mod findings;
mod ghost;
mod group;
mod history;
mod host;
mod judge;
mod liveness;
pub mod load;
mod look;
mod many;
mod membership;
mod model;
mod partitions;
mod plan;
mod properties;
mod recovery;
mod rolling;
mod sizes;
mod snapshots;
mod steady;
mod store;
mod transfers;
mod witness;
mod workload;

use stormglass_campaign::{Catalogue, Planted};
use stormglass_raft::Bug;

pub use ghost::Ghost;
pub use host::Node;
pub use many::Many;
pub use plan::{Plan, Replicated};
pub use store::{Answer, Command, Query, Store};

/// Every world of one group.
pub static PLANS: [&Plan; 11] = [
    &steady::PLAN,
    &partitions::PLAN,
    &crashes::PLAN,
    &disks::PLAN,
    &clocks::PLAN,
    &clocks::BEYOND,
    &snapshots::PLAN,
    &membership::PLAN,
    &transfers::PLAN,
    &sizes::PLAN,
    &rolling::PLAN,
];

/// Adds the scenarios of this machine.
pub fn register<C: Catalogue>(catalogue: C) -> C {
    let catalogue = PLANS.into_iter().fold(catalogue, |catalogue, plan| {
        catalogue.with_planted(plan.name, plan.about, planted(plan.bugs), move |name| {
            Replicated::new(plan).with_bug(name.map(bug_called))
        })
    });
    catalogue.with_planted(Many::NAME, Many::ABOUT, planted(Many::BUGS), |name| {
        Many::default().with_bug(name.map(bug_called))
    })
}

/// As a catalogue lists them.
fn planted(bugs: &[Bug]) -> Vec<Planted> {
    let listed = |bug: &Bug| Planted {
        name: bug.name(),
        about: bug.description(),
        caught_by: bug.expected(),
    };
    bugs.iter().map(listed).collect()
}

fn bug_called(name: &'static str) -> Bug {
    let found = Bug::ALL.iter().copied().find(|bug| bug.name() == name);
    found.unwrap_or_else(|| panic!("no bug is called {name}"))
}
