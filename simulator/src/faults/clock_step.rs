//! A wall clock is set.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault, Faults, Nonsense};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span::{self, LONGEST};

pub(super) const FAMILY: Family = Family {
    name: "clock step",
    what: "A wall clock is set forward or back. The monotonic clock goes on as before.",
    parameters: "node, at, nanoseconds ahead from then on",
    dull: "0 ns",
    only_finds: "a wall clock that is taken to go forward only",
    switch: |faults, on| {
        faults.clock_step = if on { Faults::ALL.clock_step } else { Duration::ZERO }
    },
};

/// A node's wall clock is set, forward or back. Its monotonic clock is not touched.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockStep {
    /// Whose wall clock.
    pub node: NodeId,
    /// When, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// How far ahead it is from then on, in nanoseconds, of where it would be had it never been
    /// set. What earlier steps did is over: each means the same whether they are there or not.
    pub ahead_ns: i64,
}

impl Fault for ClockStep {
    fn at(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn at_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.at)
    }

    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn check(&self) -> Result<(), Nonsense> {
        match Duration::from_nanos(self.ahead_ns.unsigned_abs()) > LONGEST {
            true => Err(Nonsense("a clock is set forward or back by at most a year".into())),
            false => Ok(()),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let nearer = shorter(Duration::from_nanos(self.ahead_ns.unsigned_abs()));
        let nearer = nearer.map(|less| less.as_nanos() as i64 * self.ahead_ns.signum());
        let nearer = nearer.map(|ahead_ns| ClockStep { ahead_ns, ..*self });
        nearer.chain(shorter(self.at).map(|at| ClockStep { at, ..*self })).collect()
    }

    fn begins(&self) -> Option<String> {
        let (node, by) = (self.node, Duration::from_nanos(self.ahead_ns.unsigned_abs()));
        Some(match self.ahead_ns {
            0 => format!("the wall clock of node {node} is set right"),
            1.. => format!("the wall clock of node {node} is set to {by:?} ahead"),
            _ => format!("the wall clock of node {node} is set to {by:?} behind"),
        })
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn clock_step(&mut self) {
        let most = self.settings.faults.clock_step.as_nanos() as u64;
        let (node, at) = (self.node(), self.at());
        let ahead_ns = self.dice.within(0..=2 * most) as i64 - most as i64;
        self.plan.push(Deviation::ClockStep(ClockStep { node, at, ahead_ns }));
    }
}
