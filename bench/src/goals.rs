//! What was to be reached, and whether it was.

use serde::Serialize;

use crate::report::Report;
use crate::rounds;

/// A bound, and the figure that it is for.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    /// What is bounded.
    pub what: String,
    /// At most, or at least.
    pub bound: Bound,
    /// What was measured. Nothing if it was not.
    pub figure: Option<f64>,
    /// Whether the figure is within the bound.
    pub met: Option<bool>,
}

/// Where a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
    /// Below.
    LessThan(f64),
}

impl Bound {
    fn holds(self, figure: f64) -> bool {
        match self {
            Bound::AtMost(bound) => figure <= bound,
            Bound::AtLeast(bound) => figure >= bound,
            Bound::LessThan(bound) => figure < bound,
        }
    }
}

impl Goal {
    fn new(what: impl Into<String>, bound: Bound, figure: Option<f64>) -> Goal {
        let met = figure.map(|figure| bound.holds(figure));
        Goal { what: what.into(), bound, figure, met }
    }
}

/// All goals, each with its figure.
pub fn judge(report: &Report) -> Vec<Goal> {
    let mut goals = vec![
        times_the_floor(report, "ping-pong", 2.0),
        times_the_floor(report, "ping-pong, faults", 3.0),
        large_and_small(report, "gossip"),
        large_and_small(report, "gossip, faults"),
    ];
    let without =
        ["ping-pong", "ping-pong, faults", "gossip, 5000 nodes", "gossip, faults, 5000 nodes"];
    goals.extend(without.map(|name| allocations(report, name)));
    let beside = report.idle.as_ref().map(|idle| idle.bytes_per_node - idle.machine_bytes as f64);
    goals.push(Goal::new(
        "bytes of an idle node, besides its machine",
        Bound::LessThan(2048.0),
        beside,
    ));
    goals.extend(report.threads.iter().map(|threads| {
        let what = format!("{}: times the seeds of one", threads.name);
        Goal::new(what, Bound::AtLeast(1.9), Some(threads.speed_up))
    }));
    goals
}

fn times_the_floor(report: &Report, name: &str, bound: f64) -> Goal {
    let figure = report.event(name).map(|event| event.times_the_floor);
    Goal::new(format!("{name}: times the floor"), Bound::AtMost(bound), figure)
}

fn large_and_small(report: &Report, name: &str) -> Goal {
    let of = |nodes: u32| report.event(&format!("{name}, {nodes} nodes"));
    let figure = of(5_000).zip(of(5));
    let figure =
        figure.map(|(large, small)| rounds::ratio(&large.ns_in_rounds, &small.ns_in_rounds));
    let what = format!("{name}: an event among 5000 nodes, times one among 5");
    Goal::new(what, Bound::AtMost(2.5), figure)
}

fn allocations(report: &Report, name: &str) -> Goal {
    let figure = report.event(name).map(|event| event.allocations_per_event);
    Goal::new(format!("{name}: allocations per event"), Bound::AtMost(0.0), figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_met_at_most_at_least_or_below() {
        let met = |bound, figure| Goal::new("", bound, figure).met;
        assert_eq!(met(Bound::AtMost(2.0), Some(2.0)), Some(true));
        assert_eq!(met(Bound::AtMost(2.0), Some(2.1)), Some(false));
        assert_eq!(met(Bound::AtLeast(1.9), Some(1.9)), Some(true));
        assert_eq!(met(Bound::AtLeast(1.9), Some(1.8)), Some(false));
        assert_eq!(met(Bound::LessThan(2.0), Some(2.0)), Some(false));
        assert_eq!(met(Bound::AtMost(2.0), None), None);
    }
}
