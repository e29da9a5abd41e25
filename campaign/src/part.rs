//! What the shrinker has to know of a deviation: what it has in common with others, and its
//! simpler selves.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_shrinker::Item;
use stormglass_simulator::simpler::{fewer, shorter};
use stormglass_simulator::{ClientLink, Deviation, MessageFault, RequestOf, Scenario, Tuned};

/// A deviation as an item of a list to be shrunk.
pub(crate) struct Part<'s, S: Scenario> {
    pub(crate) deviation: Deviation<RequestOf<S>>,
    pub(crate) scenario: &'s S,
}

impl<S: Scenario> Clone for Part<'_, S> {
    fn clone(&self) -> Self {
        Part { deviation: self.deviation.clone(), scenario: self.scenario }
    }
}

impl<S: Scenario> Hash for Part<'_, S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.deviation.hash(hasher);
    }
}

/// Labels of different kinds differ in their upper half.
const FAMILY: u64 = 1 << 32;
const NODE: u64 = 2 << 32;
const CLIENT: u64 = 3 << 32;

impl<S: Scenario> Item for Part<'_, S> {
    fn labels(&self, labels: &mut Vec<u64>) {
        let family = match &self.deviation {
            Deviation::Nodes { .. } => 0,
            Deviation::Request { client, .. } => {
                labels.push(CLIENT | u64::from(*client));
                1
            }
            Deviation::Message(MessageFault { from, to, .. }) => {
                labels.extend([NODE | u64::from(from.0), NODE | u64::from(to.0)]);
                2
            }
            Deviation::Timer(_) => 3,
            Deviation::Flush(_) => 4,
            Deviation::Crash(_) => 5,
            Deviation::Cut(_) => 6,
            Deviation::Pause(_) => 7,
            Deviation::Clock(_) => 8,
            Deviation::Clog(_) => 20,
            Deviation::Throttle(_) => 21,
            Deviation::Plane(_) => 22,
            Deviation::ClockStep(_) => 23,
            Deviation::Broken(_) => 24,
            Deviation::FailingFlush(_) => 9,
            Deviation::LostFlush(_) => 10,
            Deviation::TornRecord(_) => 11,
            Deviation::RottenRecord(_) => 12,
            Deviation::MisdirectedWrite(_) => 13,
            Deviation::FullDisk(_) => 14,
            Deviation::SlowDisk(_) => 15,
            Deviation::ReplacedDisk(_) => 16,
            Deviation::Beyond => 17,
            Deviation::ClientLink(ClientLink { client, .. }) => {
                labels.push(CLIENT | u64::from(*client));
                25
            }
            Deviation::Knob(_) => 26,
            Deviation::Site(_) => 27,
        };
        labels.push(FAMILY | family);
        if let Some(node) = self.deviation.last_node() {
            labels.push(NODE | u64::from(node.0));
        }
        labels.sort_unstable();
        labels.dedup();
    }

    fn simpler(&self) -> Vec<Self> {
        let part = |deviation| Part { deviation, scenario: self.scenario };
        simpler(&self.deviation, self.scenario).into_iter().map(part).collect()
    }

    fn at(&self) -> Option<u64> {
        self.deviation.at().map(|at| at.as_nanos() as u64)
    }

    fn moved_to(&self, at: u64) -> Self {
        let mut moved = self.clone();
        if let Some(time) = moved.deviation.at_mut() {
            *time = Duration::from_nanos(at);
        }
        moved
    }
}

pub(crate) fn simpler<S: Scenario>(
    deviation: &Deviation<RequestOf<S>>,
    scenario: &S,
) -> Vec<Deviation<RequestOf<S>>> {
    match deviation {
        Deviation::Nodes { count } => {
            let fewer = scenario.nodes().start() + 1..*count;
            fewer.map(|count| Deviation::Nodes { count }).collect()
        }
        Deviation::Request { client, nth, at, node, request } => {
            let with = |at, node, request| {
                let (client, nth) = (*client, *nth);
                Deviation::Request { client, nth, at, node, request }
            };
            let simpler = scenario.simpler(request).into_iter();
            let simpler = simpler.map(|request| with(*at, *node, request));
            let first = fewer(node.0).map(|node| with(*at, NodeId(node), request.clone()));
            let earlier = shorter(*at).map(|at| with(at, *node, request.clone()));
            simpler.chain(first).chain(earlier).collect()
        }
        Deviation::Knob(Tuned { name, value }) => {
            let knobs = scenario.knobs().into_iter().filter(|knob| knob.name() == name);
            let values = knobs.flat_map(|knob| knob.simpler(*value));
            values.map(|value| Deviation::Knob(Tuned { name: name.clone(), value })).collect()
        }
        fault => {
            let mut simpler = fault.single_links(*scenario.nodes().end());
            simpler.extend(fault.simpler());
            simpler
        }
    }
}
