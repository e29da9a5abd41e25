#[path = "../../../simulator/tests/ping_pong/mod.rs"]
mod game;

use stormglass_simulator::Faults;

use super::Row;
use super::seeds::Seeds;
use super::unchecked::Unchecked;

pub use self::game::Game;

const fn five(faults: Faults) -> Game {
    Game { faults, nodes: 5 }
}

pub const ROWS: &[Row] = &[
    Row { name: "ping-pong", seeds: 200, counted: [2, 12], make: || Seeds::of(five(Faults::NONE)) },
    Row {
        name: "ping-pong, faults",
        seeds: 400,
        counted: [4, 104],
        make: || Seeds::of(five(Faults::ALL)),
    },
    Row {
        name: "ping-pong, no properties",
        seeds: 200,
        counted: [2, 12],
        make: || Seeds::of(Unchecked::new(five(Faults::NONE))),
    },
    Row {
        name: "ping-pong, faults, no properties",
        seeds: 400,
        counted: [4, 104],
        make: || Seeds::of(Unchecked::new(five(Faults::ALL))),
    },
];
