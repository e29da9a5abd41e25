//! Workflows: five state machines, each with a system outside that is slow, refuses, and answers
//! twice, and each judged by the same oracles.
//!
//! What differs is what the state is and what the system outside promises:
//!
//! * [`Counter`]: a store whose reads are awaited; nothing is tracked.
//! * [`LoyaltyClient`]: one action at a time, which can be cancelled too late.
//! * [`LoyaltyServer`]: a till that does twice what it is told twice, and is asked for the status.
//! * [`Dentist`]: many want the same; what is held in vain is released.
//! * [`Payments`]: a processor that knows ids, and is told again until it answers.

pub mod counter;
pub mod dentist;
mod example;
mod ghost;
pub mod loyalty_client;
pub mod loyalty_server;
mod oracle;
pub mod payment;
mod properties;
mod scenario;

use stormglass_campaign::{Catalogue, Planted};

pub use counter::Counter;
pub use dentist::Dentist;
use example::Example;
pub use loyalty_client::LoyaltyClient;
pub use loyalty_server::LoyaltyServer;
pub use payment::Payments;
pub use scenario::{Flow, Plant};

/// Adds the scenarios of this machine.
pub fn register<C: Catalogue>(catalogue: C) -> C {
    let catalogue = add::<LoyaltyClient, C>(add::<Counter, C>(catalogue));
    add::<Payments, C>(add::<Dentist, C>(add::<LoyaltyServer, C>(catalogue)))
}

/// Adds the scenario of an example.
fn add<E: Example, C: Catalogue>(catalogue: C) -> C {
    let planted = E::PLANTED.iter().map(|(plant, caught_by)| Planted {
        name: plant.name(),
        about: plant.description(),
        caught_by,
    });
    catalogue.with_planted(E::NAME, E::ABOUT, planted.collect(), |name| {
        let called = |name| {
            let mut all = E::PLANTED.iter().map(|(plant, _)| *plant);
            all.find(|plant| plant.name() == name).expect("a registry knows the bugs it was given")
        };
        Flow::<E>::new(name.map(called))
    })
}
