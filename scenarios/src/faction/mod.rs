//! The faction machine: is the cluster ready to begin?
//!
//! Three worlds, judged by the same oracles. What differs is what can happen, and what must have
//! become of everybody in the end:
//!
//! * [`Bootstrap`]: nothing ends it early, and all bootstrap.
//! * [`Churn`]: processes come and go, operators try everything, and one node is a stranger to some.
//! * [`Deadline`]: time is short, and all conclude in one way or the other.

mod bootstrap;
mod churn;
mod deadline;
mod ghost;
mod oracle;
mod planted;
mod setup;
mod standing;

use stormglass_campaign::Catalogue;

pub use bootstrap::Bootstrap;
pub use churn::Churn;
pub use deadline::Deadline;
pub use ghost::Ghost;

/// Adds the scenarios of this machine.
pub fn register<C: Catalogue>(catalogue: C) -> C {
    catalogue
        .with_planted(
            Bootstrap::NAME,
            "A cluster without a deadline bootstraps, whatever the weather.",
            planted::listed(planted::IN_BOOTSTRAP),
            |bug| Bootstrap { planted: planted::named(bug) },
        )
        .with_planted(
            Churn::NAME,
            "Processes come and go, operators try everything, and a stranger says it is ready.",
            planted::listed(planted::IN_CHURN),
            |bug| Churn { planted: planted::named(bug) },
        )
        .with_planted(
            Deadline::NAME,
            "Time is short: everybody bootstraps or times out, once and for ever.",
            planted::listed(planted::IN_DEADLINE),
            |bug| Deadline { planted: planted::named(bug) },
        )
}
