//! A record is written in the place of another.

use serde::{Deserialize, Serialize};
use stormglass_machine::{Dice, NodeId};

use super::{Family, Fault};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "misdirected write",
    what: "A record is written in the place of an earlier one; neither can be read.",
    parameters: "node, nth record; how many records too early",
    dull: "0 too early",
    only_finds: "two copies that are taken to fail one by one, and stand side by side",
    switch: |faults, on| faults.misdirected_write = on,
};

/// A record lands in the place of an earlier one, so that neither is where it belongs. Strikes
/// only what the scenario tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MisdirectedWrite {
    /// Whose disk.
    pub node: NodeId,
    /// Which of the records that this node has written since the start of the run, from 0.
    pub nth: u32,
    /// How many records before its own its place is. If no record is there any more, nothing is
    /// overwritten.
    pub back: u32,
}

impl MisdirectedWrite {
    /// How far from its place a record lands; near is as likely as far.
    pub(crate) fn draw(dice: &mut Dice) -> u32 {
        let longest = 1 << dice.below(7);
        1 + dice.below(longest) as u32
    }
}

impl Fault for MisdirectedWrite {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn destroys(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        let nearer = fewer(self.back).filter(|back| *back > 0);
        let nearer = nearer.map(|back| MisdirectedWrite { back, ..*self });
        nearer.chain(fewer(self.nth).map(|nth| MisdirectedWrite { nth, ..*self })).collect()
    }
}
