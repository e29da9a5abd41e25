//! A machine is asked to misbehave within its contract.

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Family, Fault};
use crate::simpler::fewer;

pub(super) const FAMILY: Family = Family {
    name: "site",
    what: "A machine is asked to do what it rarely does, where it says so itself \
           (`Env::sometimes_here`).",
    parameters: "node, site, nth",
    dull: "not asked",
    only_finds: "a batch whose tail is lost if it is sent before it is full",
    switch: |faults, on| faults.sites = on,
};

/// A machine is asked to misbehave at one of its sites, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteFires {
    /// Which node.
    pub node: NodeId,
    /// The name of the site.
    pub site: String,
    /// Which time that this node comes by, from 0.
    pub nth: u32,
}

impl Fault for SiteFires {
    fn last_node(&self) -> Option<NodeId> {
        Some(self.node)
    }

    fn simpler(&self) -> Vec<Self> {
        fewer(self.nth).map(|nth| SiteFires { nth, ..self.clone() }).collect()
    }
}
