use std::sync::LazyLock;

use stormglass_scenarios::replica::{Mode, PLANS, Plan, Replication};
use stormglass_simulator::{Faults, Settings};

use super::Row;
use super::seeds::Seeds;
use super::unchecked::Unchecked;

/// The first plan is that in which leaders are lost.
static FAILOVER: &Plan = PLANS[0];

/// The same world without faults; operators still depose leaders.
static WITHOUT_FAULTS: LazyLock<Plan> = LazyLock::new(|| Plan {
    names: FAILOVER.names,
    about: FAILOVER.about,
    nodes: FAILOVER.nodes.clone(),
    settings: || Settings { faults: Faults::NONE, ..(FAILOVER.settings)() },
    configure: FAILOVER.configure,
    ask: FAILOVER.ask,
    sometimes: FAILOVER.sometimes,
    bugs: FAILOVER.bugs,
});

/// A hardened cluster that loses its leaders.
pub fn failover() -> Replication {
    Replication::new(FAILOVER, Mode::Hardened)
}

fn without_faults() -> Replication {
    Replication::new(&WITHOUT_FAULTS, Mode::Hardened)
}

pub const ROWS: &[Row] = &[
    Row {
        name: "replica-failover",
        seeds: 100,
        counted: [5, 25],
        make: || Seeds::of(without_faults()),
    },
    Row {
        name: "replica-failover, faults",
        seeds: 200,
        counted: [5, 105],
        make: || Seeds::of(failover()),
    },
    Row {
        name: "replica-failover, no properties",
        seeds: 100,
        counted: [5, 25],
        make: || Seeds::of(Unchecked::new(without_faults())),
    },
    Row {
        name: "replica-failover, faults, no properties",
        seeds: 200,
        counted: [5, 105],
        make: || Seeds::of(Unchecked::new(failover())),
    },
];
