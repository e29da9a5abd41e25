//! Departures from the dull run, each named by what it is about.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use crate::clock::MAX_DRIFT_PPM;
use crate::span;

/// One departure from the dull run, in which every message takes the base latency, every timer
/// and every disk is on time, nobody crashes and no client asks anything.
///
/// Each is named by what it is about, never by a position in a stream of random numbers, so that
/// leaving one out never changes what another one means. `R` is the machine's request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deviation<R> {
    /// The cluster is larger than the scenario's smallest.
    Nodes {
        /// How many nodes there are.
        count: u32,
    },
    /// A client asks a node something.
    Request {
        /// Which client.
        client: u32,
        /// Which of its requests, from 0.
        nth: u32,
        /// When, since the start.
        #[serde(with = "span")]
        at: Duration,
        /// Which node is asked.
        node: NodeId,
        /// What is asked.
        request: R,
    },
    /// A message does not simply arrive after the base latency.
    Message {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The kind of message.
        kind: String,
        /// Which of the messages of this kind on this link, from 0.
        nth: u32,
        /// What happens to it.
        fate: Fate,
    },
    /// A timer fires late.
    Timer {
        /// Whose timer.
        node: NodeId,
        /// The kind of timer.
        kind: String,
        /// Which setting of a timer of this kind on this node, from 0.
        nth: u32,
        /// How late.
        #[serde(with = "span")]
        late: Duration,
    },
    /// A flush takes longer than the base latency of the disk; the node waits for it.
    Flush {
        /// Whose disk.
        node: NodeId,
        /// Which flush of this node, from 0.
        nth: u32,
        /// How much longer.
        #[serde(with = "span")]
        slow: Duration,
    },
    /// Nodes crash, and start again.
    Crash {
        /// Which nodes, in ascending order.
        nodes: Vec<NodeId>,
        /// When, since the start.
        #[serde(with = "span")]
        at: Duration,
        /// If given: not at that moment, but in the first step from then on that has more effects
        /// than this, after so many of them have happened.
        #[serde(default)]
        after_effects: Option<u32>,
        /// How long until they start again.
        #[serde(with = "span")]
        down: Duration,
        /// How many of its latest records each loses, of those not flushed yet.
        lose: u32,
    },
    /// Links are cut: what is sent over them is lost.
    Cut {
        /// Which links.
        shape: Shape,
        /// From when, since the start.
        #[serde(with = "span")]
        at: Duration,
        /// For how long.
        #[serde(with = "span")]
        lasts: Duration,
    },
    /// A node stands still without crashing: a long garbage collection, a moved virtual machine.
    Pause {
        /// Which node.
        node: NodeId,
        /// From when, since the start.
        #[serde(with = "span")]
        at: Duration,
        /// For how long.
        #[serde(with = "span")]
        lasts: Duration,
    },
    /// A node's clocks are wrong for the whole run.
    Clock {
        /// Whose clocks.
        node: NodeId,
        /// How far the wall clock is ahead at the start, in nanoseconds.
        ahead_ns: i64,
        /// How much too fast both clocks run, in parts per million.
        drift_ppm: i32,
    },
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
}

impl Fate {
    /// The same, but no later than this; a message that is not late at all has no fate.
    pub(crate) fn at_most(self, most: Duration) -> Fate {
        match self {
            Fate::Delayed { by } if by.min(most).is_zero() => Fate::Dull,
            Fate::Delayed { by } => Fate::Delayed { by: by.min(most) },
            Fate::Duplicated { by } => Fate::Duplicated { by: by.min(most) },
            Fate::Dull | Fate::Dropped => self,
        }
    }
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

/// Why a deviation makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonsense(pub String);

impl fmt::Display for Nonsense {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<R> Deviation<R> {
    /// How many nodes a list says there are; `None` if it leaves that to the scenario.
    pub fn cluster_size(all: &[Self]) -> Option<u32> {
        all.iter().find_map(|deviation| match deviation {
            Deviation::Nodes { count } => Some(*count),
            _ => None,
        })
    }

    /// True if it is a cut that takes away the link from one node to the other.
    pub(crate) fn cuts(&self, from: NodeId, to: NodeId, count: u32) -> bool {
        matches!(self, Deviation::Cut { shape, .. } if shape.cuts(from, to, count))
    }

    /// The last of the nodes it is about; `None` if it is about no node in particular.
    pub fn last_node(&self) -> Option<NodeId> {
        match self {
            Deviation::Nodes { .. } => None,
            Deviation::Message { from, to, .. } => Some(*from.max(to)),
            Deviation::Crash { nodes, .. } => nodes.iter().max().copied(),
            Deviation::Cut { shape, .. } => shape.last_node(),
            Deviation::Request { node, .. }
            | Deviation::Timer { node, .. }
            | Deviation::Flush { node, .. }
            | Deviation::Pause { node, .. }
            | Deviation::Clock { node, .. } => Some(*node),
        }
    }

    /// When it strikes, if it is named by a time.
    pub fn at(&self) -> Option<Duration> {
        match self {
            Deviation::Request { at, .. }
            | Deviation::Crash { at, .. }
            | Deviation::Cut { at, .. }
            | Deviation::Pause { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Checks it against a cluster of `count` nodes, of which a scenario allows `most`.
    ///
    /// # Errors
    ///
    /// If a node does not exist, or a list or a number is not what it must be.
    pub fn check(&self, count: u32, most: u32) -> Result<(), Nonsense> {
        if let Some(node) = self.last_node().filter(|node| node.0 >= count) {
            return Err(Nonsense(format!(
                "node {node} does not exist: the cluster has the nodes 0 to {}",
                count - 1
            )));
        }
        match self {
            Deviation::Nodes { count } if *count > most => {
                Err(Nonsense(format!("{count} nodes are more than the scenario's {most}")))
            }
            Deviation::Crash { nodes, .. }
                if nodes.is_empty() || !nodes.is_sorted_by(|one, next| one < next) =>
            {
                Err(Nonsense("the nodes of a crash are a non-empty list in ascending order".into()))
            }
            Deviation::Cut { shape, .. } if !shape.in_order() => {
                Err(Nonsense("the nodes or links of a cut are a list in ascending order".into()))
            }
            Deviation::Clock { drift_ppm, .. }
                if drift_ppm.unsigned_abs() > MAX_DRIFT_PPM.unsigned_abs() =>
            {
                Err(Nonsense(format!(
                    "a clock drifts by at most {MAX_DRIFT_PPM} parts per million"
                )))
            }
            _ => Ok(()),
        }
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
    fn nonsense_is_named() {
        let crash = |nodes: &[u32]| Deviation::<()>::Crash {
            nodes: nodes.iter().copied().map(NodeId).collect(),
            at: Duration::ZERO,
            after_effects: None,
            down: Duration::ZERO,
            lose: 0,
        };
        assert_eq!(crash(&[0, 2]).check(3, 3), Ok(()));
        for nonsense in [crash(&[3]), crash(&[]), crash(&[1, 0]), Deviation::Nodes { count: 4 }] {
            assert!(nonsense.check(3, 3).is_err(), "{nonsense:?}");
        }
    }
}
