//! Leaves a leader alone for a while that advertises entries and then has none to give.

use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::{NodeId, Time};

use crate::constants::{BACKOFF_FIRST, BACKOFF_FORGIVEN, BACKOFF_FORGOTTEN_AFTER, BACKOFF_MAX};

#[derive(Clone, Debug)]
struct Strikes {
    leader: NodeId,
    consecutive: u32,
    until: Option<Time>,
}

/// Counts the useless answers of each leader.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    leaders: Vec<Strikes>,
}

impl Backoff {
    /// The answer was of no use once more.
    pub fn strike(&mut self, leader: NodeId, now: Time) {
        let position = self.leaders.iter().position(|one| one.leader == leader);
        let position = position.unwrap_or_else(|| {
            self.leaders.push(Strikes { leader, consecutive: 0, until: None });
            self.leaders.len() - 1
        });
        let strikes = &mut self.leaders[position];
        strikes.consecutive = strikes.consecutive.saturating_add(1);
        strikes.until = pause(strikes.consecutive).map(|pause| now + pause);
    }

    /// The leader has been of use.
    pub fn forget(&mut self, leader: NodeId) {
        self.leaders.retain(|one| one.leader != leader);
    }

    /// Must the leader be left alone?
    pub fn pauses(&self, leader: NodeId, now: Time) -> bool {
        let ends = self.leaders.iter().find(|one| one.leader == leader).and_then(|one| one.until);
        ends.is_some_and(|end| now < end)
    }

    /// Drops what ended long ago.
    pub fn forget_expired(&mut self, now: Time) {
        self.leaders
            .retain(|one| one.until.is_none_or(|end| now.since(end) <= BACKOFF_FORGOTTEN_AFTER));
    }

    /// How many leaders are being counted.
    pub fn len(&self) -> usize {
        self.leaders.len()
    }

    /// Is no leader being counted?
    pub fn is_empty(&self) -> bool {
        self.leaders.is_empty()
    }
}

/// How long to wait after so many useless answers: a second, doubled by each further one.
fn pause(consecutive: u32) -> Option<Duration> {
    let beyond = consecutive.checked_sub(BACKOFF_FORGIVEN + 1)?;
    let factor = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
    Some(BACKOFF_FIRST.saturating_mul(factor).min(BACKOFF_MAX))
}
