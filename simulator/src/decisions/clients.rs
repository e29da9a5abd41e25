//! The fates of what passes between clients and nodes.

use std::time::Duration;

use super::disk::Chance;
use super::{Table, long_tailed};
use crate::clients::Attempt;
use crate::deviation::Deviation;
use crate::faults::{ClientLink, Fate, Way};

/// A request of a client, or the answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Passage {
    pub(crate) attempt: Attempt,
    pub(crate) way: Way,
}

impl Passage {
    pub(crate) fn with(self, fate: Fate) -> ClientLink {
        let Passage { attempt: Attempt { client, nth, attempt }, way } = self;
        ClientLink { client, nth, attempt, way, fate }
    }
}

/// Draws the fates of what passes.
#[derive(Default)]
pub(crate) struct ClientChances {
    chance: Chance,
    longest: Duration,
}

impl ClientChances {
    /// For clients that wait so long.
    pub(crate) fn new(seed: u64, timeout: Duration) -> Self {
        let chance = Chance::new(seed, "client-links", true);
        ClientChances { chance, longest: timeout.saturating_mul(4) }
    }

    /// So many times in a million.
    #[cfg(test)]
    pub(super) fn of(seed: u64, per_million: u32) -> Self {
        let chance = Chance::of(seed, "client-links", per_million);
        ClientChances { chance, longest: Duration::from_secs(4) }
    }

    pub(super) fn fate(&mut self) -> Fate {
        let Some(dice) = self.chance.strike() else { return Fate::Dull };
        match dice.per_million(500_000) {
            true => Fate::Dropped,
            false => Fate::Delayed { by: long_tailed(dice, self.longest) },
        }
    }
}

/// The fates that a list gives to what passes, each with its position in the list.
#[derive(Clone, Default)]
pub(super) struct ClientFates {
    fates: Table<Passage, (usize, Fate)>,
}

impl ClientFates {
    pub(super) fn add<R>(&mut self, position: usize, deviation: &Deviation<R>) {
        if let Deviation::ClientLink(ClientLink { client, nth, attempt, way, fate }) = *deviation {
            let passage = Passage { attempt: Attempt { client, nth, attempt }, way };
            self.fates.insert(passage, (position, fate));
        }
    }

    pub(super) fn fate(&self, passage: Passage, matched: &mut [bool]) -> Fate {
        let Some((position, fate)) = self.fates.get(&passage) else { return Fate::Dull };
        matched[*position] = true;
        *fate
    }
}
