//! Links are cut.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::{Episodes, Family, Fault, LARGE, Nonsense};
use crate::Deviation;
use crate::simpler::{shorter, without_one};
use crate::span;

pub(super) const FAMILY: Family = Family {
    name: "cut",
    what: "Links are cut for a while; what is sent over them is lost.",
    parameters: "shape (split, mute, deaf, bridge, ring, single links), at, lasts",
    dull: "lasts 0 s",
    only_finds: "two leaders, one on each side",
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

/// Which links a cut takes away. Node lists are in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// All links between these nodes and the others, in both directions.
    Split(Vec<NodeId>),
    /// All links from these nodes to the others: they are not heard.
    Mute(Vec<NodeId>),
    /// All links to these nodes from the others: they do not hear.
    Deaf(Vec<NodeId>),
    /// All links between these nodes and the others except those of one node, the bridge.
    Bridge {
        /// One side; the bridge may be in it or not.
        side: Vec<NodeId>,
        /// The node that still talks to everybody.
        bridge: NodeId,
    },
    /// All links but those between neighbours in the order of the ids, the last and the first
    /// being neighbours.
    Ring,
    /// These links, each from one node to another in this direction.
    Links(Vec<(NodeId, NodeId)>),
}

impl Shape {
    /// True if the link from one node to the other is taken away, in a cluster of `count` nodes.
    pub(crate) fn cuts(&self, from: NodeId, to: NodeId, count: u32) -> bool {
        let has = |side: &[NodeId], node| side.binary_search(&node).is_ok();
        match self {
            Shape::Split(side) => has(side, from) != has(side, to),
            Shape::Mute(side) => has(side, from) && !has(side, to),
            Shape::Deaf(side) => has(side, to) && !has(side, from),
            Shape::Bridge { side, bridge } => {
                from != *bridge && to != *bridge && has(side, from) != has(side, to)
            }
            Shape::Ring => {
                let apart = from.0.abs_diff(to.0);
                apart != 1 && apart != count - 1
            }
            Shape::Links(links) => links.binary_search(&(from, to)).is_ok(),
        }
    }

    fn last_node(&self) -> Option<NodeId> {
        match self {
            Shape::Split(side) | Shape::Mute(side) | Shape::Deaf(side) => {
                side.iter().max().copied()
            }
            Shape::Bridge { side, bridge } => side.iter().chain([bridge]).max().copied(),
            Shape::Ring => None,
            Shape::Links(links) => links.iter().map(|(from, to)| *from.max(to)).max(),
        }
    }

    fn in_order(&self) -> bool {
        match self {
            Shape::Split(side)
            | Shape::Mute(side)
            | Shape::Deaf(side)
            | Shape::Bridge { side, .. } => side.is_sorted_by(|one, next| one < next),
            Shape::Ring => true,
            Shape::Links(links) => links.is_sorted_by(|one, next| one < next),
        }
    }
}

impl Fault for Cut {
    fn at(&self) -> Option<Duration> {
        Some(self.at)
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
        let shapes = simpler_shapes(&self.shape).into_iter();
        let mut selves: Vec<_> = shapes.map(|shape| Cut { shape, ..self.clone() }).collect();
        let less = shorter(self.lasts).filter(|less| !less.is_zero());
        selves.extend(less.map(|lasts| Cut { lasts, ..self.clone() }));
        selves.extend(shorter(self.at).map(|at| Cut { at, ..self.clone() }));
        selves
    }

    fn begins(&self) -> Option<String> {
        Some(format!("✂ {} for {:?}", shape_in_words(&self.shape), self.lasts))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("no longer cut: {}", shape_in_words(&self.shape)))
    }
}

/// A split in two is the simplest, and the fewer nodes are named the better.
fn simpler_shapes(shape: &Shape) -> Vec<Shape> {
    match shape {
        Shape::Split(side) => without_one(side).map(Shape::Split).collect(),
        Shape::Mute(side) => without_one(side).map(Shape::Mute).collect(),
        Shape::Deaf(side) => without_one(side).map(Shape::Deaf).collect(),
        Shape::Bridge { side, bridge } => {
            let fewer = without_one(side).map(|side| Shape::Bridge { side, bridge: *bridge });
            std::iter::once(Shape::Split(side.clone())).chain(fewer).collect()
        }
        Shape::Ring => Vec::new(),
        Shape::Links(links) => without_one(links).map(Shape::Links).collect(),
    }
}

fn shape_in_words(shape: &Shape) -> String {
    match shape {
        Shape::Split(side) => format!("{} cut off from the others", nodes(side)),
        Shape::Mute(side) => format!("{} not heard by the others", nodes(side)),
        Shape::Deaf(side) => format!("{} not hearing the others", nodes(side)),
        Shape::Bridge { side, bridge } => {
            format!("{} cut off from the others but node {bridge}", nodes(side))
        }
        Shape::Ring => "only neighbours are linked".to_owned(),
        Shape::Links(links) => {
            let links: Vec<_> = links.iter().map(|(from, to)| format!("{from}→{to}")).collect();
            format!("cut: {}", links.join(" "))
        }
    }
}

fn nodes(side: &[NodeId]) -> String {
    let ids: Vec<_> = side.iter().map(NodeId::to_string).collect();
    format!("node{} {}", if side.len() == 1 { "" } else { "s" }, ids.join(", "))
}

impl<R> Episodes<'_, R> {
    pub(super) fn cut(&mut self) {
        let at = self.at();
        let lasts = self.span(at);
        let shape = match self.dice.below(8) {
            0 => Shape::Split(self.alone()),
            1 => Shape::Mute(self.alone()),
            2 => Shape::Deaf(self.alone()),
            3 => Shape::Split(self.side()),
            4 => Shape::Mute(self.side()),
            5 => Shape::Bridge { side: self.side(), bridge: self.node() },
            6 => Shape::Ring,
            _ => Shape::Links(self.links()),
        };
        self.plan.push(Deviation::Cut(Cut { shape, at, lasts }));
    }

    /// About every third link; of a large cluster, a few of each node.
    fn links(&mut self) -> Vec<(NodeId, NodeId)> {
        let mut links = self.planner.links.pop().unwrap_or_default();
        links.clear();
        let each = if self.count > LARGE { 8 } else { self.count };
        let several = self.count.saturating_mul(each);
        links.reserve(several as usize);
        if self.count > LARGE {
            links.extend((0..several).map(|_| (self.node(), self.node())));
            links.retain(|(from, to)| from != to);
            links.sort_unstable();
            links.dedup();
            return links;
        }
        for from in (0..self.count).map(NodeId) {
            for to in (0..self.count).map(NodeId) {
                if from != to && self.dice.per_million(333_333) {
                    links.push((from, to));
                }
            }
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links_cut(shape: &Shape, count: u32) -> Vec<(u32, u32)> {
        let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
        pairs
            .filter(|(from, to)| from != to && shape.cuts(NodeId(*from), NodeId(*to), count))
            .collect()
    }

    #[test]
    fn each_shape_cuts_its_links_and_no_other() {
        let one = vec![NodeId(0)];
        assert_eq!(links_cut(&Shape::Split(one.clone()), 3), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(links_cut(&Shape::Mute(one.clone()), 3), [(0, 1), (0, 2)]);
        assert_eq!(links_cut(&Shape::Deaf(one.clone()), 3), [(1, 0), (2, 0)]);
        let bridge = Shape::Bridge { side: one, bridge: NodeId(2) };
        assert_eq!(links_cut(&bridge, 3), [(0, 1), (1, 0)]);
        assert_eq!(links_cut(&Shape::Ring, 4), [(0, 2), (1, 3), (2, 0), (3, 1)]);
        let links = Shape::Links(vec![(NodeId(1), NodeId(0))]);
        assert_eq!(links_cut(&links, 3), [(1, 0)]);
    }

    #[test]
    fn a_ring_is_as_simple_as_it_gets_and_a_bridge_is_not() {
        assert_eq!(simpler_shapes(&Shape::Ring), []);
        let bridge = Shape::Bridge { side: vec![NodeId(0)], bridge: NodeId(1) };
        assert_eq!(simpler_shapes(&bridge), [Shape::Split(vec![NodeId(0)])]);
    }
}
