//! A message is late, lost, duplicated or corrupted.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::{fewer, shorter, smaller};
use crate::span;

pub(super) const DELAY: Family = Family {
    name: "delay",
    what: "A message takes longer than the base latency, and is overtaken by later ones.",
    parameters: "from, to, kind, nth; how much later",
    dull: "0 s",
    only_finds: "a register that takes whatever came last for the newest",
    switch: |faults, on| faults.delay = on,
};

pub(super) const DROP: Family = Family {
    name: "drop",
    what: "A message is lost.",
    parameters: "from, to, kind, nth",
    dull: "not lost",
    only_finds: "a sender that never sends again",
    switch: |faults, on| faults.drop = on,
};

pub(super) const DUPLICATE: Family = Family {
    name: "duplicate",
    what: "A message arrives twice, the copy later.",
    parameters: "from, to, kind, nth; how much later the copy comes",
    dull: "no copy",
    only_finds: "a counter that counts a message twice",
    switch: |faults, on| faults.duplicate = on,
};

pub(super) const CORRUPT: Family = Family {
    name: "corrupt",
    what: "A message is corrupted on its way. A checksum sees to it that it is lost, unless the \
           scenario says what becomes of it.",
    parameters: "from, to, kind, nth; a number from which the garbage is made",
    dull: "not corrupted",
    only_finds: "a receiver that believes whatever it can read",
    switch: |faults, on| faults.corrupt = on,
};

/// A message does not simply arrive after the base latency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFault {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The kind of message.
    pub kind: String,
    /// Which of the messages of this kind on this link, from 0.
    pub nth: u32,
    /// What happens to it.
    pub fate: Fate,
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fate {
    /// It arrives after the base latency.
    #[default]
    Dull,
    /// It arrives later than that, and may be overtaken.
    Delayed {
        /// How much later.
        #[serde(with = "span")]
        by: Duration,
    },
    /// It never arrives.
    Dropped,
    /// It arrives, and a copy of it arrives later.
    Duplicated {
        /// How much later than the base latency the copy arrives.
        #[serde(with = "span")]
        by: Duration,
    },
    /// It is garbage when it arrives: what [`Scenario::corrupt`](crate::Scenario::corrupt) makes of
    /// it, or nothing.
    Corrupted {
        /// From which the garbage is made.
        value: u64,
    },
}

impl Fate {
    /// The same, but no later than this; a message that is not late at all has no fate.
    pub(crate) fn at_most(self, most: Duration) -> Fate {
        match self {
            Fate::Delayed { by } if by.min(most).is_zero() => Fate::Dull,
            Fate::Delayed { by } => Fate::Delayed { by: by.min(most) },
            Fate::Duplicated { by } => Fate::Duplicated { by: by.min(most) },
            Fate::Dull | Fate::Dropped | Fate::Corrupted { .. } => self,
        }
    }
}

impl Fault for MessageFault {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.from.max(self.to))
    }

    /// A lost message is simpler than one that is late, and an earlier one than a later one.
    fn simpler(&self) -> Vec<Self> {
        let with = |fate| MessageFault { fate, ..self.clone() };
        let mut selves: Vec<_> = match self.fate {
            Fate::Dull | Fate::Dropped => Vec::new(),
            Fate::Delayed { by } => {
                let late = shorter(by).filter(|by| !by.is_zero()).map(|by| Fate::Delayed { by });
                std::iter::once(Fate::Dropped).chain(late).map(with).collect()
            }
            Fate::Duplicated { by } => {
                shorter(by).map(|by| with(Fate::Duplicated { by })).collect()
            }
            Fate::Corrupted { value } => {
                let plainer = smaller(value).map(|value| Fate::Corrupted { value });
                std::iter::once(Fate::Dropped).chain(plainer).map(with).collect()
            }
        };
        selves.extend(fewer(self.nth).map(|nth| MessageFault { nth, ..self.clone() }));
        selves
    }
}
