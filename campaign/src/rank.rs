//! Which of two lists that fail is simpler: one order, in which every list has its place.

use std::time::Duration;

use stormglass_simulator::{
    Breakage, Deviation, Fate, Impaired, MessageFault, RequestOf, Scenario, Shape, Tuned,
};

use crate::candidates::closure;
use crate::part::simpler;

/// The place of a list in the order: the lower, the simpler. `docs/shrinking.md` describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    deviations: usize,
    events: u64,
    values: Values,
    text: String,
}

/// What the values of deviations add up to, the most important first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Values {
    /// How odd the shapes of cuts are: single links, one way, both ways, with exceptions.
    shapes: u64,
    /// How many links and nodes are named by shapes, crashes and breakages.
    named: u64,
    /// How odd the manner is: lost, twice, late, corrupted; between steps, or in the middle of one.
    manners: u64,
    /// Numbers: which one, how many, how far off, which node, how many simpler requests there are.
    numbers: u128,
    /// Moments and spans, in nanoseconds.
    times: u128,
}

/// The rank of a list that fails after so many events.
pub fn rank<S: Scenario>(
    scenario: &S,
    deviations: &[Deviation<RequestOf<S>>],
    events: u64,
) -> Rank {
    let mut values = Values::default();
    deviations.iter().for_each(|deviation| values.add(deviation, scenario));
    let text = format!("{deviations:?}");
    Rank { deviations: deviations.len(), events, values, text }
}

/// The most simpler selves of a request or a knob that are counted.
const SELVES: usize = 1_000;

impl Values {
    fn add<S: Scenario>(&mut self, deviation: &Deviation<RequestOf<S>>, scenario: &S) {
        if let Some(at) = deviation.at() {
            self.time(at);
        }
        match deviation {
            Deviation::Nodes { count } => self.number(*count),
            Deviation::Request { node, request, .. } => {
                self.number(node.0);
                let mut selves = vec![request.clone()];
                closure(&mut selves, SELVES, |request| scenario.simpler(request));
                self.numbers += selves.len() as u128;
            }
            Deviation::Knob(Tuned { .. }) => {
                let mut selves = vec![deviation.clone()];
                closure(&mut selves, SELVES, |knob| simpler(knob, scenario));
                self.numbers += selves.len() as u128;
            }
            Deviation::Message(MessageFault { nth, fate, .. }) => {
                self.number(*nth);
                self.fate(*fate);
            }
            Deviation::ClientLink(link) => self.fate(link.fate),
            Deviation::Timer(timer) => {
                self.number(timer.nth);
                self.time(timer.late);
            }
            Deviation::Crash(crash) => {
                self.named += crash.nodes.len() as u64;
                self.manners += u64::from(crash.after_effects.is_some());
                self.number(crash.after_effects.unwrap_or(0));
                self.number(crash.lose);
                self.time(crash.down);
            }
            Deviation::Cut(cut) => self.spell(&cut.shape, cut.lasts),
            Deviation::Clog(clog) => self.spell(&clog.shape, clog.lasts),
            Deviation::Throttle(throttle) => {
                self.spell(&throttle.shape, throttle.lasts);
                self.time(throttle.every);
            }
            Deviation::Plane(plane) => match &plane.is {
                Impaired::Cut(cut) => self.spell(&cut.shape, cut.lasts),
                Impaired::Clogged(clog) => self.spell(&clog.shape, clog.lasts),
            },
            Deviation::Broken(broken) => {
                self.named += broken.nodes.len() as u64;
                self.manners += u64::from(broken.how == Breakage::CutOff);
            }
            Deviation::Pause(pause) => self.time(pause.lasts),
            Deviation::Clock(clock) => {
                self.time(Duration::from_nanos(clock.ahead_ns.unsigned_abs()));
                self.number(clock.drift_ppm.unsigned_abs());
            }
            Deviation::ClockStep(step) => {
                self.time(Duration::from_nanos(step.ahead_ns.unsigned_abs()));
            }
            other => self.disk(other),
        }
    }

    fn disk<R>(&mut self, deviation: &Deviation<R>) {
        match deviation {
            Deviation::Flush(flush) => {
                self.number(flush.nth);
                self.time(flush.slow);
            }
            Deviation::FailingFlush(flush) => {
                [flush.nth, flush.times, flush.lose].into_iter().for_each(|one| self.number(one));
            }
            Deviation::LostFlush(flush) => self.number(flush.nth),
            Deviation::TornRecord(record) => self.number(record.nth),
            Deviation::RottenRecord(record) => self.number(record.nth),
            Deviation::MisdirectedWrite(write) => {
                [write.nth, write.back].into_iter().for_each(|one| self.number(one));
            }
            Deviation::FullDisk(disk) => self.time(disk.lasts),
            Deviation::SlowDisk(disk) => {
                [disk.lasts, disk.slow].into_iter().for_each(|span| self.time(span));
            }
            Deviation::ReplacedDisk(disk) => self.time(disk.down),
            Deviation::Site(site) => self.number(site.nth),
            _ => {}
        }
    }

    fn number(&mut self, number: u32) {
        self.numbers += u128::from(number);
    }

    fn time(&mut self, time: Duration) {
        self.times += time.as_nanos();
    }

    fn fate(&mut self, fate: Fate) {
        let (manner, by, value) = match fate {
            Fate::Dull | Fate::Dropped => (0, Duration::ZERO, 0),
            Fate::Duplicated { by } => (1, by, 0),
            Fate::Delayed { by } => (2, by, 0),
            Fate::Corrupted { value } => (3, Duration::ZERO, value),
        };
        self.manners += manner;
        self.time(by);
        self.numbers += u128::from(value);
    }

    fn spell(&mut self, shape: &Shape, lasts: Duration) {
        let (oddness, named) = match shape {
            Shape::Links(links) => (0, links.len()),
            Shape::Mute(side) | Shape::Deaf(side) => (1, side.len()),
            Shape::Split(side) => (2, side.len()),
            Shape::Bridge { side, .. } => (3, side.len()),
            Shape::Ring | Shape::Star { .. } => (4, 0),
        };
        self.shapes += oddness;
        self.named += named as u64;
        self.time(lasts);
    }
}
