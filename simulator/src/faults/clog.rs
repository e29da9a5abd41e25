//! Links are clogged.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::shape::{Does, Impairment, Links, simpler_spells};
use super::{Episodes, Family, Fault, Nonsense, Shape, millis};
use crate::Deviation;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "clog",
    what: "Links are clogged for a while; what is sent over them arrives when that is over, in \
           order. Sometimes one node after the other, let go in another order.",
    parameters: "shape (as of a cut), at, lasts",
    dull: "lasts 0 s",
    only_finds: "an order of a former leader that comes after those of its successor",
    switch: |faults, on| faults.clog = on,
};

/// Links are clogged: what is sent over them is kept, and arrives when they are free again, in the
/// order in which it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clog {
    /// Which links.
    pub shape: Shape,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
}

impl Clog {
    pub(crate) fn impairment(&self) -> Impairment<'_> {
        let Clog { shape, at, lasts } = self;
        Impairment {
            links: Links::Shape(shape),
            plane: None,
            at: *at,
            lasts: *lasts,
            does: Does::Keep,
        }
    }
}

impl Fault for Clog {
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
                Err(Nonsense("the nodes or links of a clog are a list in ascending order".into()))
            }
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let spells = simpler_spells(&self.shape, self.at, self.lasts);
        spells.map(|(shape, at, lasts)| Clog { shape, at, lasts }).collect()
    }

    fn begins(&self) -> Option<String> {
        Some(format!("≈ clogged {} for {:?}", self.shape.in_words(), self.lasts))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("no longer clogged {}", self.shape.in_words()))
    }
}

/// The most nodes that are clogged one by one.
const MOST_IN_TURN: u64 = 6;

impl<R> Episodes<'_, R> {
    pub(super) fn clog(&mut self) {
        if self.dice.below(4) == 0 {
            return self.swizzle();
        }
        let at = self.at();
        let lasts = self.span(at);
        let shape = self.shape();
        self.plan.push(Deviation::Clog(Clog { shape, at, lasts }));
    }

    /// Nodes are clogged one by one, and let go one by one in another order.
    fn swizzle(&mut self) {
        let from = self.at();
        let whole = self.span(from);
        let half = whole / 2;
        for _ in 0..self.dice.within(2..=MOST_IN_TURN) {
            let (begins, ends) = (self.moment(half), half + self.moment(half));
            let (at, lasts) = (from + begins, ends - begins);
            let shape = Shape::Split(self.alone());
            self.plan.push(Deviation::Clog(Clog { shape, at, lasts }));
        }
    }

    /// From zero to this, in milliseconds.
    fn moment(&mut self, most: Duration) -> Duration {
        Duration::from_millis(self.dice.below(millis(most)))
    }
}
