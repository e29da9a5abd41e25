//! What passes between a client and a node is late or lost.

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fate, Fault};
use crate::deviation::Nonsense;
use crate::simpler::shorter;

pub(super) const FAMILY: Family = Family {
    name: "client link",
    what: "The request of a client that waits for answers, or the answer to it, is late or lost. \
           (Without such clients there is nothing on the way that could be.)",
    parameters: "client, nth operation, attempt, request or answer; how much later, or lost",
    dull: "0 s, not lost",
    only_finds: "a server that does again what it has done, when the answer was lost",
    switch: |faults, on| faults.client_link = on,
};

/// What passes between a client and a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Way {
    /// From the client to the node.
    Request,
    /// From the node to the client.
    Answer,
}

/// The request of a client, or the answer to it, does not simply arrive after the latency of
/// clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientLink {
    /// Which client.
    pub client: u32,
    /// Which of its operations, from 0.
    pub nth: u32,
    /// Which attempt, from 0.
    pub attempt: u32,
    /// What it is.
    pub way: Way,
    /// What happens to it: it is delayed or dropped.
    pub fate: Fate,
}

impl Fault for ClientLink {
    fn last_node(&self) -> Option<NodeId> {
        None
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.fate {
            Fate::Dull | Fate::Delayed { .. } | Fate::Dropped => Ok(()),
            Fate::Duplicated { .. } | Fate::Corrupted { .. } => Err(Nonsense(
                "what passes between a client and a node is neither duplicated nor corrupted"
                    .to_owned(),
            )),
        }
    }

    /// What is lost is simpler than what is late.
    fn simpler(&self) -> Vec<Self> {
        let Fate::Delayed { by } = self.fate else { return Vec::new() };
        let late = shorter(by).filter(|by| !by.is_zero()).map(|by| Fate::Delayed { by });
        let with = |fate| ClientLink { fate, ..self.clone() };
        std::iter::once(Fate::Dropped).chain(late).map(with).collect()
    }
}
