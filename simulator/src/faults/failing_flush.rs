//! A flush fails.

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, NodeId};

use super::{Family, Fault, Nonsense};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "failing flush",
    what: "A flush fails; the machine has it tried again, or stops and starts again.",
    parameters: "node, nth; how many times, how many of the unflushed records are gone",
    dull: "0 times",
    only_finds: "a flush that is asked for again after it has failed, and then believed",
    switch: |faults, on| faults.failing_flush = on,
};

/// The most times that one flush fails.
const MOST_TIMES: u32 = 1_000;

/// A flush fails with an input/output error, a few times in a row.
///
/// Some of what was not flushed yet is gone. A process that stops starts again without it. A
/// process that tries again is told in the end that all is well, for the operating system has
/// forgotten that it had anything to write: then that flush lies as in a [`LostFlush`].
///
/// [`LostFlush`]: crate::LostFlush
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailingFlush {
    /// Whose disk.
    pub node: NodeId,
    /// Which flush of this node, from 0. That it is tried again does not count.
    pub nth: u32,
    /// How many times it fails.
    pub times: u32,
    /// How many of the latest unflushed records are gone.
    pub lose: u32,
}

impl FailingFlush {
    /// How many times a flush fails, and what is gone.
    pub(crate) fn draw(dice: &mut Dice) -> (u32, u32) {
        let times = 1 << dice.below(4);
        (times, [0, 1, 2, 1_000][dice.below(4) as usize])
    }
}

impl Fault for FailingFlush {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.times > MOST_TIMES {
            true => Err(Nonsense(format!("a flush fails at most {MOST_TIMES} times"))),
            false => Ok(()),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let times = fewer(self.times).filter(|times| *times > 0);
        let mut selves: Vec<_> = times.map(|times| FailingFlush { times, ..*self }).collect();
        selves.extend(fewer(self.lose).map(|lose| FailingFlush { lose, ..*self }));
        selves.extend(fewer(self.nth).map(|nth| FailingFlush { nth, ..*self }));
        selves
    }
}
