//! Departures from the dull run, each named by what it is about.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use crate::faults::{
    Broken, ClientLink, ClockStep, Clog, Crash, Cut, FailingFlush, Fault, FullDisk, Impaired,
    Impairment, LateTimer, LostFlush, MessageFault, MisdirectedWrite, Pause, Plane, ReplacedDisk,
    RottenRecord, Shape, SiteFires, SlowDisk, SlowFlush, Throttle, TornRecord, Tuned, WrongClock,
};
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
    Message(MessageFault),
    /// A timer fires late.
    Timer(LateTimer),
    /// A flush takes longer than usual.
    Flush(SlowFlush),
    /// Nodes crash, and start again.
    Crash(Crash),
    /// Links are cut.
    Cut(Cut),
    /// A node stands still.
    Pause(Pause),
    /// A node's clocks are wrong.
    Clock(WrongClock),
    /// Links are clogged.
    Clog(Clog),
    /// Links have little bandwidth.
    Throttle(Throttle),
    /// One plane of the network is cut or clogged.
    Plane(Plane),
    /// A node's wall clock is set.
    ClockStep(ClockStep),
    /// Nodes do not heal at the end of the storm.
    Broken(Broken),
    /// A flush fails.
    FailingFlush(FailingFlush),
    /// A flush is acknowledged that has made nothing durable.
    LostFlush(LostFlush),
    /// A crash tears a record.
    TornRecord(TornRecord),
    /// A record goes bad.
    RottenRecord(RottenRecord),
    /// A record is written in the place of another.
    MisdirectedWrite(MisdirectedWrite),
    /// A disk is full for a while.
    FullDisk(FullDisk),
    /// A disk is slow for a while.
    SlowDisk(SlowDisk),
    /// A node gets an empty disk.
    ReplacedDisk(ReplacedDisk),
    /// Durable data may be destroyed beyond what the scenario tolerates. Only what must hold
    /// always is looked at.
    Beyond,
    /// What passes between a client and a node is late or lost.
    ClientLink(ClientLink),
    /// A tunable of the machines is not at its usual value.
    Knob(Tuned),
    /// A machine is asked to misbehave within its contract.
    Site(SiteFires),
}

/// Why a deviation makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonsense(pub String);

impl fmt::Display for Nonsense {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a deviation is, if it is a fault, to look at or to change.
macro_rules! fault_of {
    ($deviation:expr) => {
        match $deviation {
            Deviation::Nodes { .. } | Deviation::Request { .. } | Deviation::Beyond => None,
            Deviation::Message(fault) => Some(fault),
            Deviation::Timer(fault) => Some(fault),
            Deviation::Flush(fault) => Some(fault),
            Deviation::Crash(fault) => Some(fault),
            Deviation::Cut(fault) => Some(fault),
            Deviation::Pause(fault) => Some(fault),
            Deviation::Clock(fault) => Some(fault),
            Deviation::Clog(fault) => Some(fault),
            Deviation::Throttle(fault) => Some(fault),
            Deviation::Plane(fault) => Some(fault),
            Deviation::ClockStep(fault) => Some(fault),
            Deviation::Broken(fault) => Some(fault),
            Deviation::FailingFlush(fault) => Some(fault),
            Deviation::LostFlush(fault) => Some(fault),
            Deviation::TornRecord(fault) => Some(fault),
            Deviation::RottenRecord(fault) => Some(fault),
            Deviation::MisdirectedWrite(fault) => Some(fault),
            Deviation::FullDisk(fault) => Some(fault),
            Deviation::SlowDisk(fault) => Some(fault),
            Deviation::ReplacedDisk(fault) => Some(fault),
            Deviation::ClientLink(fault) => Some(fault),
            Deviation::Knob(fault) => Some(fault),
            Deviation::Site(fault) => Some(fault),
        }
    };
}

impl<R> Deviation<R> {
    /// How many nodes a list says there are; `None` if it leaves that to the scenario.
    pub fn cluster_size(all: &[Self]) -> Option<u32> {
        all.iter().find_map(|deviation| match deviation {
            Deviation::Nodes { count } => Some(*count),
            _ => None,
        })
    }

    /// Whether a list goes beyond what its scenario tolerates.
    pub fn goes_beyond(all: &[Self]) -> bool {
        all.iter().any(|deviation| matches!(deviation, Deviation::Beyond))
    }

    /// Whose durable data it destroys, if it does.
    pub(crate) fn destroys(&self) -> Option<NodeId> {
        self.fault()?.destroys()
    }

    /// What it is, if it is a fault: neither the size of the cluster nor a request.
    fn fault(&self) -> Option<&dyn Fault> {
        fault_of!(self)
    }

    /// Simpler faults to try in place of this one, boldest first; none if it is no fault.
    pub fn simpler(&self) -> Vec<Self> {
        fn each<F: Fault, R>(fault: &F, wrap: fn(F) -> Deviation<R>) -> Vec<Deviation<R>> {
            fault.simpler().into_iter().map(wrap).collect()
        }
        match self {
            Deviation::Nodes { .. } | Deviation::Request { .. } | Deviation::Beyond => Vec::new(),
            Deviation::Message(fault) => each(fault, Deviation::Message),
            Deviation::Timer(fault) => each(fault, Deviation::Timer),
            Deviation::Flush(fault) => each(fault, Deviation::Flush),
            Deviation::Crash(fault) => each(fault, Deviation::Crash),
            Deviation::Cut(fault) => each(fault, Deviation::Cut),
            Deviation::Pause(fault) => each(fault, Deviation::Pause),
            Deviation::Clock(fault) => each(fault, Deviation::Clock),
            Deviation::Knob(fault) => each(fault, Deviation::Knob),
            Deviation::Site(fault) => each(fault, Deviation::Site),
            Deviation::Clog(fault) => each(fault, Deviation::Clog),
            Deviation::Throttle(fault) => each(fault, Deviation::Throttle),
            Deviation::Plane(fault) => each(fault, Deviation::Plane),
            Deviation::ClockStep(fault) => each(fault, Deviation::ClockStep),
            Deviation::Broken(fault) => each(fault, Deviation::Broken),
            Deviation::FailingFlush(fault) => each(fault, Deviation::FailingFlush),
            Deviation::LostFlush(fault) => each(fault, Deviation::LostFlush),
            Deviation::TornRecord(fault) => each(fault, Deviation::TornRecord),
            Deviation::RottenRecord(fault) => each(fault, Deviation::RottenRecord),
            Deviation::MisdirectedWrite(fault) => each(fault, Deviation::MisdirectedWrite),
            Deviation::FullDisk(fault) => each(fault, Deviation::FullDisk),
            Deviation::SlowDisk(fault) => each(fault, Deviation::SlowDisk),
            Deviation::ReplacedDisk(fault) => each(fault, Deviation::ReplacedDisk),
            Deviation::ClientLink(fault) => each(fault, Deviation::ClientLink),
        }
    }

    /// The same for each of its links alone, if it is about several links of a cluster of so many
    /// nodes.
    pub fn single_links(&self, count: u32) -> Vec<Self>
    where
        R: Clone,
    {
        let Some(shape) = self.shape() else { return Vec::new() };
        let alone = shape.single_links(count).into_iter().map(|link| {
            let mut alone = self.clone();
            if let Some(shape) = alone.shape_mut() {
                *shape = link;
            }
            alone
        });
        alone.collect()
    }

    fn shape(&self) -> Option<&Shape> {
        match self {
            Deviation::Cut(Cut { shape, .. })
            | Deviation::Clog(Clog { shape, .. })
            | Deviation::Throttle(Throttle { shape, .. })
            | Deviation::Plane(Plane {
                is: Impaired::Cut(Cut { shape, .. }) | Impaired::Clogged(Clog { shape, .. }),
                ..
            }) => Some(shape),
            _ => None,
        }
    }

    fn shape_mut(&mut self) -> Option<&mut Shape> {
        match self {
            Deviation::Cut(Cut { shape, .. })
            | Deviation::Clog(Clog { shape, .. })
            | Deviation::Throttle(Throttle { shape, .. })
            | Deviation::Plane(Plane {
                is: Impaired::Cut(Cut { shape, .. }) | Impaired::Clogged(Clog { shape, .. }),
                ..
            }) => Some(shape),
            _ => None,
        }
    }

    /// What it does to links, if it is about links.
    pub(crate) fn impairment(&self) -> Option<Impairment<'_>> {
        match self {
            Deviation::Cut(cut) => Some(cut.impairment()),
            Deviation::Clog(clog) => Some(clog.impairment()),
            Deviation::Throttle(throttle) => Some(throttle.impairment()),
            Deviation::Plane(plane) => Some(plane.impairment()),
            Deviation::Broken(broken) => Some(broken.impairment()),
            _ => None,
        }
    }

    /// The last of the nodes it is about; `None` if it is about no node in particular.
    pub fn last_node(&self) -> Option<NodeId> {
        match self {
            Deviation::Request { node, .. } => Some(*node),
            _ => self.fault()?.last_node(),
        }
    }

    /// When it strikes, if it is named by a time.
    pub fn at(&self) -> Option<Duration> {
        match self {
            Deviation::Request { at, .. } => Some(*at),
            _ => self.fault()?.at(),
        }
    }

    /// When it strikes, to be changed; `None` if it is not named by a time.
    pub fn at_mut(&mut self) -> Option<&mut Duration> {
        if let Deviation::Request { at, .. } = self {
            return Some(at);
        }
        let fault: Option<&mut dyn Fault> = fault_of!(self);
        fault?.at_mut()
    }

    /// How long it lasts from then on, to be changed; `None` if it is no episode with an end.
    pub fn lasts_mut(&mut self) -> Option<&mut Duration> {
        let fault: Option<&mut dyn Fault> = fault_of!(self);
        fault?.lasts_mut()
    }

    /// Its beginning, in words, if it is an episode.
    pub fn begins(&self) -> Option<String> {
        self.fault()?.begins()
    }

    /// Its end, in words, if it is an episode that has one.
    pub fn ends(&self) -> Option<String> {
        self.fault()?.ends()
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
            _ => self.fault().map_or(Ok(()), Fault::check),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_named() {
        let crash = |nodes: &[u32]| {
            Deviation::<()>::Crash(Crash {
                nodes: nodes.iter().copied().map(NodeId).collect(),
                at: Duration::ZERO,
                after_effects: None,
                down: Duration::ZERO,
                lose: 0,
            })
        };
        assert_eq!(crash(&[0, 2]).check(3, 3), Ok(()));
        for nonsense in [crash(&[3]), crash(&[]), crash(&[1, 0]), Deviation::Nodes { count: 4 }] {
            assert!(nonsense.check(3, 3).is_err(), "{nonsense:?}");
        }
    }
}
