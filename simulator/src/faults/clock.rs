//! A node's clocks are wrong.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault, Faults, Nonsense};
use crate::Deviation;
use crate::clock::MAX_DRIFT_PPM;
use crate::simpler::{shorter, smaller};
use crate::span::LONGEST;

pub(super) const OFFSET: Family = Family {
    name: "clock offset",
    what: "A wall clock is ahead or behind for the whole run.",
    parameters: "node, nanoseconds",
    dull: "0 ns",
    only_finds: "time stamps of two nodes that are compared",
    switch: |faults, on| {
        faults.clock_offset = if on { Faults::ALL.clock_offset } else { Duration::ZERO }
    },
};

pub(super) const DRIFT: Family = Family {
    name: "clock drift",
    what: "Both clocks of a node run fast or slow for the whole run.",
    parameters: "node, parts per million",
    dull: "0",
    only_finds: "a lease without a margin for drift",
    switch: |faults, on| faults.clock_drift_ppm = if on { Faults::ALL.clock_drift_ppm } else { 0 },
};

/// A node's clocks are wrong for the whole run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongClock {
    /// Whose clocks.
    pub node: NodeId,
    /// How far the wall clock is ahead at the start, in nanoseconds.
    pub ahead_ns: i64,
    /// How much too fast both clocks run, in parts per million.
    pub drift_ppm: i32,
}

impl Fault for WrongClock {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.drift_ppm.unsigned_abs() > MAX_DRIFT_PPM.unsigned_abs() {
            true => Err(Nonsense(format!(
                "a clock drifts by at most {MAX_DRIFT_PPM} parts per million"
            ))),
            false => Ok(()),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let WrongClock { ahead_ns, drift_ppm, .. } = *self;
        let slower = smaller(drift_ppm.unsigned_abs().into());
        let mut selves: Vec<_> = slower
            .map(|less| WrongClock { drift_ppm: less as i32 * drift_ppm.signum(), ..*self })
            .collect();
        let nearer = shorter(Duration::from_nanos(ahead_ns.unsigned_abs()));
        selves.extend(nearer.map(|less| WrongClock {
            ahead_ns: less.as_nanos() as i64 * ahead_ns.signum(),
            ..*self
        }));
        selves.retain(|clock| (clock.ahead_ns, clock.drift_ppm) != (0, 0));
        selves
    }

    fn begins(&self) -> Option<String> {
        let WrongClock { node, ahead_ns, drift_ppm } = self;
        let by = Duration::from_nanos(ahead_ns.unsigned_abs());
        let drift = drift_ppm.unsigned_abs();
        let wrong = [
            (*ahead_ns > 0).then(|| format!("the wall clock is {by:?} ahead")),
            (*ahead_ns < 0).then(|| format!("the wall clock is {by:?} behind")),
            (*drift_ppm > 0).then(|| format!("both clocks run {drift} ppm fast")),
            (*drift_ppm < 0).then(|| format!("both clocks run {drift} ppm slow")),
        ];
        let wrong: Vec<_> = wrong.into_iter().flatten().collect();
        (!wrong.is_empty()).then(|| format!("on node {node} {}", wrong.join(" and ")))
    }
}

/// Beyond what a scenario tolerates its clocks are wrong by up to so many times its bounds.
const BEYOND: u32 = 10;

impl Faults {
    /// Lets clocks go beyond their bounds. One that must be right stays right.
    pub(crate) fn let_clocks_go_beyond(&mut self) {
        for bound in [&mut self.clock_offset, &mut self.clock_step] {
            *bound = bound.saturating_mul(BEYOND).min(LONGEST);
        }
        let drift = self.clock_drift_ppm.saturating_mul(BEYOND);
        self.clock_drift_ppm = drift.min(MAX_DRIFT_PPM.unsigned_abs());
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn clocks(&mut self) {
        let offset = self.settings.faults.clock_offset.as_nanos() as u64;
        let drift = u64::from(self.settings.faults.clock_drift_ppm);
        if offset == 0 && drift == 0 {
            return;
        }
        for node in (0..self.count).map(NodeId) {
            let ahead_ns = self.dice.within(0..=2 * offset) as i64 - offset as i64;
            let drift_ppm = self.dice.within(0..=2 * drift) as i32 - drift as i32;
            self.plan.push(Deviation::Clock(WrongClock { node, ahead_ns, drift_ppm }));
        }
    }
}
