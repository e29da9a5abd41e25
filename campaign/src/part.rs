//! What the shrinker has to know of a deviation: what it has in common with others, and its
//! simpler selves.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_shrinker::{Item, smaller};
use stormglass_simulator::{Deviation, Fate, RequestOf, Scenario, Shape};

/// Sets one field of one variant.
macro_rules! set {
    ($deviation:ident, $variant:ident, $field:ident, $value:expr) => {
        if let Deviation::$variant { $field, .. } = $deviation {
            *$field = $value;
        }
    };
}

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
            Deviation::Message { from, to, .. } => {
                labels.extend([NODE | u64::from(from.0), NODE | u64::from(to.0)]);
                2
            }
            Deviation::Timer { .. } => 3,
            Deviation::Flush { .. } => 4,
            Deviation::Crash { .. } => 5,
            Deviation::Cut { .. } => 6,
            Deviation::Pause { .. } => 7,
            Deviation::Clock { .. } => 8,
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
}

fn simpler<S: Scenario>(
    deviation: &Deviation<RequestOf<S>>,
    scenario: &S,
) -> Vec<Deviation<RequestOf<S>>> {
    let mut selves = Vec::new();
    // Each closure below changes one field of a copy.
    let mut with = |change: &dyn Fn(&mut Deviation<RequestOf<S>>)| {
        let mut copy = deviation.clone();
        change(&mut copy);
        selves.push(copy);
    };
    match deviation {
        Deviation::Nodes { count } => {
            for fewer in scenario.nodes().start() + 1..*count {
                with(&|copy| *copy = Deviation::Nodes { count: fewer });
            }
        }
        Deviation::Request { at, request, .. } => {
            for simpler in scenario.simpler(request) {
                with(&|copy| set!(copy, Request, request, simpler.clone()));
            }
            for earlier in shorter(*at) {
                with(&|copy| set!(copy, Request, at, earlier));
            }
        }
        Deviation::Message { fate, .. } => {
            for simpler in simpler_fates(*fate) {
                with(&|copy| set!(copy, Message, fate, simpler));
            }
        }
        Deviation::Timer { late, .. } => {
            for less in shorter(*late).filter(|less| !less.is_zero()) {
                with(&|copy| set!(copy, Timer, late, less));
            }
        }
        Deviation::Flush { slow, .. } => {
            for less in shorter(*slow).filter(|less| !less.is_zero()) {
                with(&|copy| set!(copy, Flush, slow, less));
            }
        }
        Deviation::Crash { nodes, at, after_effects, down, lose } => {
            for fewer in without_one(nodes) {
                with(&|copy| set!(copy, Crash, nodes, fewer.clone()));
            }
            if let Some(after) = after_effects {
                with(&|copy| set!(copy, Crash, after_effects, None));
                for fewer in smaller(u64::from(*after)) {
                    with(&|copy| set!(copy, Crash, after_effects, Some(fewer as u32)));
                }
            }
            for fewer in smaller(u64::from(*lose)) {
                with(&|copy| set!(copy, Crash, lose, fewer as u32));
            }
            for less in shorter(*down) {
                with(&|copy| set!(copy, Crash, down, less));
            }
            for earlier in shorter(*at) {
                with(&|copy| set!(copy, Crash, at, earlier));
            }
        }
        Deviation::Cut { shape, at, lasts } => {
            for simpler in simpler_shapes(shape) {
                with(&|copy| set!(copy, Cut, shape, simpler.clone()));
            }
            for less in shorter(*lasts).filter(|less| !less.is_zero()) {
                with(&|copy| set!(copy, Cut, lasts, less));
            }
            for earlier in shorter(*at) {
                with(&|copy| set!(copy, Cut, at, earlier));
            }
        }
        Deviation::Pause { at, lasts, .. } => {
            for less in shorter(*lasts).filter(|less| !less.is_zero()) {
                with(&|copy| set!(copy, Pause, lasts, less));
            }
            for earlier in shorter(*at) {
                with(&|copy| set!(copy, Pause, at, earlier));
            }
        }
        Deviation::Clock { ahead_ns, drift_ppm, .. } => {
            for less in smaller(drift_ppm.unsigned_abs().into()) {
                let drift = less as i32 * drift_ppm.signum();
                with(&|copy| set!(copy, Clock, drift_ppm, drift));
            }
            for less in shorter(Duration::from_nanos(ahead_ns.unsigned_abs())) {
                let ahead = less.as_nanos() as i64 * ahead_ns.signum();
                with(&|copy| set!(copy, Clock, ahead_ns, ahead));
            }
            selves
                .retain(|copy| !matches!(copy, Deviation::Clock { ahead_ns: 0, drift_ppm: 0, .. }));
        }
    }
    selves
}

/// Shorter spans, the boldest first, in the largest unit of which there is at least one: a person
/// reads 20 ms with more ease than 19.999 ms.
fn shorter(span: Duration) -> impl Iterator<Item = Duration> {
    let nanos = span.as_nanos() as u64;
    let unit = [1_000_000, 1_000, 1].into_iter().find(|unit| nanos >= *unit).unwrap_or(1);
    let whole = nanos / unit;
    let rounded = (!nanos.is_multiple_of(unit)).then_some(whole);
    smaller(whole).chain(rounded).map(move |count| Duration::from_nanos(count * unit))
}

/// A lost message is simpler than one that is late.
fn simpler_fates(fate: Fate) -> Vec<Fate> {
    match fate {
        Fate::Dull | Fate::Dropped => Vec::new(),
        Fate::Delayed { by } => {
            let late = shorter(by).filter(|by| !by.is_zero()).map(|by| Fate::Delayed { by });
            std::iter::once(Fate::Dropped).chain(late).collect()
        }
        Fate::Duplicated { by } => shorter(by).map(|by| Fate::Duplicated { by }).collect(),
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

/// Each list that lacks one of these, if that leaves any.
fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..if all.len() > 1 { all.len() } else { 0 }).map(|left_out| {
        let mut fewer = all.to_vec();
        fewer.remove(left_out);
        fewer
    })
}

#[cfg(test)]
mod tests {
    use stormglass_machine::NodeId;

    use super::*;

    #[test]
    fn spans_are_shortened_in_round_steps() {
        let shorter = |nanos| {
            shorter(Duration::from_nanos(nanos)).map(|span| span.as_nanos()).collect::<Vec<_>>()
        };
        assert_eq!(shorter(0), []);
        assert_eq!(shorter(3), [0, 2]);
        assert_eq!(shorter(2_000), [0, 1_000]);
        assert_eq!(shorter(2_000_001), [0, 1_000_000, 2_000_000]);
    }

    #[test]
    fn lists_lose_one_at_a_time_and_never_the_last() {
        assert_eq!(without_one(&[1]).count(), 0);
        assert_eq!(without_one(&[1, 2, 3]).collect::<Vec<_>>(), [[2, 3], [1, 3], [1, 2]]);
    }

    #[test]
    fn a_ring_is_as_simple_as_it_gets_and_a_bridge_is_not() {
        assert_eq!(simpler_shapes(&Shape::Ring), []);
        let bridge = Shape::Bridge { side: vec![NodeId(0)], bridge: NodeId(1) };
        assert_eq!(simpler_shapes(&bridge), [Shape::Split(vec![NodeId(0)])]);
    }
}
