use core::ops::BitOr;

use crate::{Command, PeerState};

/// Which cells of the table of states and commands a node has been through since it started.
///
/// There are 25, one bit for each, state by state in the order Initial, Pinging, Collecting,
/// Bootstrapped, TimedOut, and within a state in the order of [`Command`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Visited(u32);

macro_rules! cells {
    ($($state:literal)*) => {
        [$(
            concat!($state, " × ParticipationObserved"),
            concat!($state, " × ReadyObserved"),
            concat!($state, " × LocalParticipationCompleted"),
            concat!($state, " × DeadlineExpired"),
            concat!($state, " × Probe"),
        )*]
    };
}

impl Visited {
    /// The names of all cells; the bit of a cell is its position in this list.
    pub const CELLS: [&'static str; 25] =
        cells!["Initial" "Pinging" "Collecting" "Bootstrapped" "TimedOut"];

    /// One bit per cell, the first cell in the lowest.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The names of the cells that have been visited.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let cells = Visited::CELLS.into_iter().enumerate();
        cells.filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| name)
    }

    pub(super) fn insert(&mut self, state: PeerState, command: Command) {
        let row = match state {
            PeerState::Fresh => 0,
            PeerState::Pinging => 1,
            PeerState::Collecting => 2,
            PeerState::Bootstrapped => 3,
            PeerState::TimedOut => 4,
        };
        self.0 |= 1 << (row * Command::KINDS + command.kind_index());
    }
}

impl BitOr for Visited {
    type Output = Visited;

    /// What either has visited.
    fn bitor(self, other: Visited) -> Visited {
        Visited(self.0 | other.0)
    }
}
