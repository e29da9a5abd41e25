//! Links are cut.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::shape::{Does, Impairment, Links, simpler_spells};
use super::{Episodes, Family, Fault, Nonsense, Shape};
use crate::Deviation;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "cut",
    what: "Links are cut for a while; what is sent over them is lost.",
    parameters: "shape (split, mute, deaf, bridge, ring, star, single links), at, lasts",
    dull: "lasts 0 s",
    only_finds: "a sender that gives up after a few dozen tries",
    switch: |faults, on| faults.cut = on,
};

/// Links are cut: what is sent over them is lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Which links.
    pub shape: Shape,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
}

impl Cut {
    pub(crate) fn impairment(&self) -> Impairment<'_> {
        let Cut { shape, at, lasts } = self;
        Impairment {
            links: Links::Shape(shape),
            plane: None,
            at: *at,
            lasts: *lasts,
            does: Does::Lose,
        }
    }
}

impl Fault for Cut {
    fn at(&self) -> Option<Duration> {
        Some(self.at)
    }

    fn at_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.at)
    }

    fn lasts_mut(&mut self) -> Option<&mut Duration> {
        Some(&mut self.lasts)
    }

    fn last_node(&self) -> Option<NodeId> {
        self.shape.last_node()
    }

    fn check(&self) -> Result<(), Nonsense> {
        match self.shape.in_order() {
            true => Ok(()),
            false => {
                Err(Nonsense("the nodes or links of a cut are a list in ascending order".into()))
            }
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let spells = simpler_spells(&self.shape, self.at, self.lasts);
        spells.map(|(shape, at, lasts)| Cut { shape, at, lasts }).collect()
    }

    fn begins(&self) -> Option<String> {
        Some(format!("✂ {} for {:?}", self.shape.in_words_as_cut(), self.lasts))
    }

    fn ends(&self) -> Option<String> {
        let cut = self.shape.in_words_as_cut();
        Some(match self.shape {
            Shape::Links(_) => format!("no longer {cut}"),
            _ => format!("no longer cut: {cut}"),
        })
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn cut(&mut self) {
        let at = self.at();
        let lasts = self.span(at);
        let shape = self.earlier_shape();
        self.plan.push(Deviation::Cut(Cut { shape, at, lasts }));
    }

    /// Only a hub is linked to everybody, or the links are a random graph.
    pub(super) fn cut_to_graph(&mut self) {
        let at = self.at();
        let lasts = self.span(at);
        let shape = self.later_shape();
        self.plan.push(Deviation::Cut(Cut { shape, at, lasts }));
    }
}
