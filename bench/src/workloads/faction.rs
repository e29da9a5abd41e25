use stormglass_scenarios::faction::Bootstrap;
use stormglass_simulator::Faults;

use super::Row;
use super::seeds::Seeds;
use super::unchecked::Unchecked;

/// The scenario's own properties belong to its own faults.
pub const ROWS: &[Row] = &[
    Row {
        name: "faction-bootstrap, faults",
        seeds: 400,
        counted: [10, 210],
        make: || Seeds::of(Bootstrap::default()),
    },
    Row {
        name: "faction-bootstrap, faults, no properties",
        seeds: 400,
        counted: [10, 210],
        make: || Seeds::of(Unchecked::new(Bootstrap::default())),
    },
    Row {
        name: "faction-bootstrap, no properties",
        seeds: 400,
        counted: [10, 210],
        make: || Seeds::of(Unchecked::new(Bootstrap::default()).faults(Faults::NONE)),
    },
];
