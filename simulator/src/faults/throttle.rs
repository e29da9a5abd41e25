//! Links have little bandwidth.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::shape::{Does, Impairment, Links, simpler_spells};
use super::{Episodes, Family, Fault, LONGEST_DELAY, Nonsense, Shape};
use crate::Deviation;
use crate::simpler::shorter;
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "throttle",
    what: "Links deliver at most one message per so long for a while; the others queue.",
    parameters: "shape (as of a cut), at, lasts, one message every",
    dull: "every 0 s",
    only_finds: "news taken for fresh because some has just come",
    switch: |faults, on| faults.throttle = on,
};

/// Links have little bandwidth: each delivers at most one message per so long. The others queue,
/// and what still queues in the end arrives then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Which links; each has a queue of its own.
    pub shape: Shape,
    /// From when, since the start.
    #[serde(with = "span")]
    pub at: Duration,
    /// For how long.
    #[serde(with = "span")]
    pub lasts: Duration,
    /// How long a link takes for a message, before it takes the next.
    #[serde(with = "span")]
    pub every: Duration,
}

impl Throttle {
    pub(crate) fn impairment(&self) -> Impairment<'_> {
        let Throttle { shape, at, lasts, every } = self;
        Impairment {
            links: Links::Shape(shape),
            plane: None,
            at: *at,
            lasts: *lasts,
            does: Does::Space(*every),
        }
    }
}

impl Fault for Throttle {
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
            false => Err(Nonsense(
                "the nodes or links of a throttle are a list in ascending order".into(),
            )),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let every = self.every;
        let spells = simpler_spells(&self.shape, self.at, self.lasts);
        let spells = spells.map(|(shape, at, lasts)| Throttle { shape, at, lasts, every });
        let less = shorter(every).filter(|less| !less.is_zero());
        spells.chain(less.map(|every| Throttle { every, ..self.clone() })).collect()
    }

    fn begins(&self) -> Option<String> {
        let (links, every, lasts) = (self.shape.in_words(), self.every, self.lasts);
        Some(format!("≈ one message every {every:?} {links} for {lasts:?}"))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("messages no longer queue {}", self.shape.in_words()))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn throttle(&mut self) {
        let at = self.at();
        let lasts = self.span(at);
        // From a quarter of the base latency to a quarter of the longest delay.
        let latency = self.settings.latency.max(Duration::from_micros(4));
        let every = latency * (LONGEST_DELAY >> self.dice.below(8)) / 4;
        let shape = self.shape();
        self.plan.push(Deviation::Throttle(Throttle { shape, at, lasts, every }));
    }
}
