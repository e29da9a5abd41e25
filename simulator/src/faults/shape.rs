//! Which links something is wrong with.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::{NodeId, Time};

use super::{Episodes, LARGE};
use crate::simpler::{shorter, without_one};

/// Which links a cut takes away, or a clog or a throttle holds up. Node lists are in ascending
/// order.
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
    /// All links but those of one node.
    Star {
        /// The node that still talks to everybody.
        hub: NodeId,
    },
}

impl Shape {
    /// True if the link from one node to the other is among them, in a cluster of `count` nodes.
    pub(crate) fn covers(&self, from: NodeId, to: NodeId, count: u32) -> bool {
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
            Shape::Star { hub } => from != *hub && to != *hub,
        }
    }

    pub(super) fn last_node(&self) -> Option<NodeId> {
        match self {
            Shape::Split(side) | Shape::Mute(side) | Shape::Deaf(side) => {
                side.iter().max().copied()
            }
            Shape::Bridge { side, bridge } => side.iter().chain([bridge]).max().copied(),
            Shape::Ring => None,
            Shape::Links(links) => links.iter().map(|(from, to)| *from.max(to)).max(),
            Shape::Star { hub } => Some(*hub),
        }
    }

    pub(super) fn in_order(&self) -> bool {
        match self {
            Shape::Split(side)
            | Shape::Mute(side)
            | Shape::Deaf(side)
            | Shape::Bridge { side, .. } => side.is_sorted_by(|one, next| one < next),
            Shape::Ring | Shape::Star { .. } => true,
            Shape::Links(links) => links.is_sorted_by(|one, next| one < next),
        }
    }

    /// Each of its links alone, in a cluster of so many nodes, if there are several and not
    /// many.
    pub(crate) fn single_links(&self, count: u32) -> Vec<Shape> {
        let nodes = || (0..count).map(NodeId);
        let links = nodes().flat_map(|from| nodes().map(move |to| (from, to)));
        let covered = links.filter(|(from, to)| from != to && self.covers(*from, *to, count));
        let mut single: Vec<_> = covered.map(|link| Shape::Links(vec![link])).collect();
        if single.len() == 1 || single.len() > MOST_SINGLE {
            single.clear();
        }
        single
    }

    /// The fewer links are cut the better, and the fewer nodes are named.
    fn simpler(&self) -> Vec<Shape> {
        match self {
            Shape::Split(side) => {
                let one_way = [Shape::Mute(side.clone()), Shape::Deaf(side.clone())];
                one_way.into_iter().chain(without_one(side).map(Shape::Split)).collect()
            }
            Shape::Mute(side) => without_one(side).map(Shape::Mute).collect(),
            Shape::Deaf(side) => without_one(side).map(Shape::Deaf).collect(),
            Shape::Bridge { side, bridge } => {
                let fewer = without_one(side).map(|side| Shape::Bridge { side, bridge: *bridge });
                std::iter::once(Shape::Split(side.clone())).chain(fewer).collect()
            }
            Shape::Ring | Shape::Star { .. } => Vec::new(),
            Shape::Links(links) => without_one(links).map(Shape::Links).collect(),
        }
    }

    /// The links, in words that follow what happens on them.
    pub(super) fn in_words(&self) -> String {
        match self {
            Shape::Split(side) => format!("between {} and the others", nodes(side)),
            Shape::Mute(side) => format!("from {} to the others", nodes(side)),
            Shape::Deaf(side) => format!("to {} from the others", nodes(side)),
            Shape::Bridge { side, bridge } => {
                format!("between {} and the others but node {bridge}", nodes(side))
            }
            Shape::Ring => "between all but neighbours".to_owned(),
            Shape::Links(links) => format!("over {}", arrows(links)),
            Shape::Star { hub } => format!("between all but node {hub}"),
        }
    }

    /// What it means that the links are not there.
    pub(super) fn in_words_as_cut(&self) -> String {
        match self {
            Shape::Split(side) => format!("{} cut off from the others", nodes(side)),
            Shape::Mute(side) => format!("{} not heard by the others", nodes(side)),
            Shape::Deaf(side) => format!("{} not hearing the others", nodes(side)),
            Shape::Bridge { side, bridge } => {
                format!("{} cut off from the others but node {bridge}", nodes(side))
            }
            Shape::Ring => "only neighbours are linked".to_owned(),
            Shape::Links(links) => format!("cut: {}", arrows(links)),
            Shape::Star { hub } => format!("only node {hub} is linked to the others"),
        }
    }
}

fn arrows(links: &[(NodeId, NodeId)]) -> String {
    let links: Vec<_> = links.iter().map(|(from, to)| format!("{from}→{to}")).collect();
    links.join(" ")
}

fn nodes(side: &[NodeId]) -> String {
    let ids: Vec<_> = side.iter().map(NodeId::to_string).collect();
    match side.len() {
        0 => "no nodes".to_owned(),
        1 => format!("node {}", ids[0]),
        _ => format!("nodes {}", ids.join(", ")),
    }
}

/// Something that is wrong with links for a while, as the network sees it.
pub(crate) struct Impairment<'a> {
    pub(crate) links: Links<'a>,
    /// Only messages of this plane are concerned.
    pub(crate) plane: Option<&'a str>,
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) does: Does,
}

/// The links that an impairment is about.
#[derive(Clone, Copy)]
pub(crate) enum Links<'a> {
    Shape(&'a Shape),
    /// Those between these nodes, in ascending order, and the others.
    Around(&'a [NodeId]),
}

impl Links<'_> {
    pub(crate) fn cover(self, from: NodeId, to: NodeId, count: u32) -> bool {
        match self {
            Links::Shape(shape) => shape.covers(from, to, count),
            Links::Around(side) => {
                side.binary_search(&from).is_ok() != side.binary_search(&to).is_ok()
            }
        }
    }
}

/// What a link does to what is sent over it.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// Loses it.
    Lose,
    /// Keeps it to the end.
    Keep,
    /// Lets one message through, and the next so much later.
    Space(Duration),
}

impl Impairment<'_> {
    /// When it is over; at the latest when the storm is.
    pub(crate) fn ends(&self, heal: Time) -> Time {
        (Time::ZERO + self.at + self.lasts).min(heal)
    }
}

/// Simpler links, shorter times and earlier ones, each alone.
pub(super) fn simpler_spells(
    shape: &Shape,
    at: Duration,
    lasts: Duration,
) -> impl Iterator<Item = (Shape, Duration, Duration)> {
    let shapes = shape.simpler().into_iter().map(move |shape| (shape, at, lasts));
    let less = shorter(lasts).filter(|less| !less.is_zero());
    let less = less.map(move |less| (shape.clone(), at, less));
    let earlier = shorter(at).map(move |at| (shape.clone(), at, lasts));
    shapes.chain(less).chain(earlier)
}

/// The most links of a shape that are tried one by one.
const MOST_SINGLE: usize = 32;

/// How many kinds of shapes there are to draw.
const KINDS: u64 = 10;
/// The first of those that were added when seeds had a meaning already: [`Episodes::cut`] draws
/// those before it, and those from here on have dice of their own.
const FIRST_LATER_KIND: u64 = 8;

impl<R> Episodes<'_, R> {
    pub(super) fn shape(&mut self) -> Shape {
        let kind = self.dice.below(KINDS);
        self.shape_of_kind(kind)
    }

    pub(super) fn earlier_shape(&mut self) -> Shape {
        let kind = self.dice.below(FIRST_LATER_KIND);
        self.shape_of_kind(kind)
    }

    pub(super) fn later_shape(&mut self) -> Shape {
        let kind = self.dice.within(FIRST_LATER_KIND..=KINDS - 1);
        self.shape_of_kind(kind)
    }

    fn shape_of_kind(&mut self, kind: u64) -> Shape {
        match kind {
            0 => Shape::Split(self.alone()),
            1 => Shape::Mute(self.alone()),
            2 => Shape::Deaf(self.alone()),
            3 => Shape::Split(self.side()),
            4 => Shape::Mute(self.side()),
            5 => Shape::Bridge { side: self.side(), bridge: self.node() },
            6 => Shape::Ring,
            7 => Shape::Links(self.links()),
            8 => Shape::Star { hub: self.node() },
            _ => Shape::Links(self.graph()),
        }
    }

    /// An empty list with room for the links of [`links`](Self::links) and [`graph`](Self::graph).
    fn room_for_links(&mut self) -> Vec<(NodeId, NodeId)> {
        let mut links = self.planner.links.pop().unwrap_or_default();
        links.clear();
        let each = if self.count > LARGE { 8 } else { self.count };
        links.reserve(self.count.saturating_mul(each) as usize);
        links
    }

    /// About every third link; of a large cluster, a few of each node.
    fn links(&mut self) -> Vec<(NodeId, NodeId)> {
        let mut links = self.room_for_links();
        if self.count > LARGE {
            let several = self.count * 8;
            links.extend((0..several).map(|_| (self.node(), self.node())));
            return in_order(links);
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

    /// The links that are missing in a random graph: whole pairs, from few to most of them; of a
    /// large cluster, as many pairs as it has nodes.
    fn graph(&mut self) -> Vec<(NodeId, NodeId)> {
        let mut links = self.room_for_links();
        if self.count > LARGE {
            for _ in 0..self.count {
                let (one, other) = (self.node(), self.node());
                links.extend([(one, other), (other, one)]);
            }
            return in_order(links);
        }
        let missing = *self.dice.pick(&[250_000, 500_000, 750_000]);
        for one in (0..self.count).map(NodeId) {
            for other in (one.0 + 1..self.count).map(NodeId) {
                if self.dice.per_million(missing) {
                    links.extend([(one, other), (other, one)]);
                }
            }
        }
        in_order(links)
    }
}

/// Sorted, without the links of a node to itself.
fn in_order(mut links: Vec<(NodeId, NodeId)>) -> Vec<(NodeId, NodeId)> {
    links.retain(|(from, to)| from != to);
    links.sort_unstable();
    links.dedup();
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links_of(shape: &Shape, count: u32) -> Vec<(u32, u32)> {
        let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
        pairs
            .filter(|(from, to)| from != to && shape.covers(NodeId(*from), NodeId(*to), count))
            .collect()
    }

    #[test]
    fn each_shape_has_its_links_and_no_other() {
        let one = vec![NodeId(0)];
        assert_eq!(links_of(&Shape::Split(one.clone()), 3), [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(links_of(&Shape::Mute(one.clone()), 3), [(0, 1), (0, 2)]);
        assert_eq!(links_of(&Shape::Deaf(one.clone()), 3), [(1, 0), (2, 0)]);
        let bridge = Shape::Bridge { side: one, bridge: NodeId(2) };
        assert_eq!(links_of(&bridge, 3), [(0, 1), (1, 0)]);
        assert_eq!(links_of(&Shape::Ring, 4), [(0, 2), (1, 3), (2, 0), (3, 1)]);
        let links = Shape::Links(vec![(NodeId(1), NodeId(0))]);
        assert_eq!(links_of(&links, 3), [(1, 0)]);
        let star = Shape::Star { hub: NodeId(1) };
        assert_eq!(links_of(&star, 4), [(0, 2), (0, 3), (2, 0), (2, 3), (3, 0), (3, 2)]);
    }

    #[test]
    fn a_ring_is_as_simple_as_it_gets_and_a_bridge_is_not() {
        assert_eq!(Shape::Ring.simpler(), []);
        let bridge = Shape::Bridge { side: vec![NodeId(0)], bridge: NodeId(1) };
        assert_eq!(bridge.simpler(), [Shape::Split(vec![NodeId(0)])]);
    }
}
