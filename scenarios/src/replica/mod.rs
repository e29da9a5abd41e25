//! The replica machine: five worlds, each with every weakness mended and with none.
//!
//! Hardened, everything must hold: after the faults one leader leads and stays, everybody who has
//! room has its log, and no two logs differ. Without hardening only what the machine does promise
//! must hold; the rest is accounted for, and what is known to be wrong is recognised by its cause.

mod asks;
mod catch_up;
mod deaf_leader;
mod defects;
mod disk_pressure;
mod facts;
mod failover;
mod finally;
mod oracle;
mod partition;
mod plan;
mod properties;

use stormglass_campaign::{Catalogue, Planted};
use stormglass_replica::Bug;

pub use plan::{Mode, Plan, Replication};

/// Every world.
pub static PLANS: [&Plan; 5] =
    [&failover::PLAN, &partition::PLAN, &deaf_leader::PLAN, &catch_up::PLAN, &disk_pressure::PLAN];

/// Adds the scenarios of this machine.
pub fn register<C: Catalogue>(catalogue: C) -> C {
    PLANS.into_iter().fold(catalogue, |catalogue, plan| {
        let bugs = plan.bugs.iter().map(|(bug, caught_by)| planted(*bug, caught_by)).collect();
        catalogue
            .with_planted(plan.names[0], plan.about[0], bugs, move |name| {
                Replication::new(plan, Mode::Hardened).with_bug(name.map(bug_called))
            })
            .with_planted(plan.names[1], plan.about[1], Vec::new(), move |_| {
                Replication::new(plan, Mode::Faithful)
            })
    })
}

fn planted(bug: Bug, caught_by: &'static str) -> Planted {
    Planted { name: bug.name(), about: bug.description(), caught_by }
}

fn bug_called(name: &'static str) -> Bug {
    let mut all = Bug::ALL.into_iter();
    all.find(|bug| bug.name() == name).expect("a registry knows the bugs it was given")
}
