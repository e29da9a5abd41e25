#[path = "../../../simulator/tests/crowd/mod.rs"]
mod clocks;

use std::time::Duration;

use stormglass_simulator::Faults;

use self::clocks::Crowd;
use super::seeds::Seeds;
use super::{Row, Workload};

fn nodes(nodes: u32, faults: Faults) -> Box<dyn Workload> {
    Seeds::of(Crowd { nodes, faults, lasts: Duration::from_secs(10) })
}

/// As many events in a round whatever the number of nodes. With faults all have several seeds,
/// since one is unlike the other.
pub const ROWS: &[Row] = &[
    Row {
        name: "gossip, 5 nodes",
        seeds: 1_000,
        counted: [10, 60],
        make: || nodes(5, Faults::NONE),
    },
    Row { name: "gossip, 50 nodes", seeds: 100, counted: [2, 7], make: || nodes(50, Faults::NONE) },
    Row {
        name: "gossip, 500 nodes",
        seeds: 10,
        counted: [1, 3],
        make: || nodes(500, Faults::NONE),
    },
    Row {
        name: "gossip, 5000 nodes",
        seeds: 1,
        counted: [1, 2],
        make: || nodes(5_000, Faults::NONE),
    },
    Row {
        name: "gossip, faults, 5 nodes",
        seeds: 1_000,
        counted: [10, 110],
        make: || nodes(5, Faults::ALL),
    },
    Row {
        name: "gossip, faults, 50 nodes",
        seeds: 100,
        counted: [2, 22],
        make: || nodes(50, Faults::ALL),
    },
    Row {
        name: "gossip, faults, 500 nodes",
        seeds: 16,
        counted: [1, 9],
        make: || nodes(500, Faults::ALL),
    },
    Row {
        name: "gossip, faults, 5000 nodes",
        seeds: 4,
        counted: [1, 3],
        make: || nodes(5_000, Faults::ALL),
    },
];
