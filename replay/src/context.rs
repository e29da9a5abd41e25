//! What a log keeps of the run it was made from, so that its deviations are found again in a run
//! of code that has changed since: not what they are, but where they met the run.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::{NodeId, Time};
use stormglass_simulator::{Crash, Deviation, Impaired, Shape};

use crate::name::{Distance, EffectName, Sort, StepName};
use crate::steps::{Step, Steps};

/// Where the deviations of a log met the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// How many nodes the scenario's smallest cluster had.
    pub fewest: u32,
    /// The kinds of messages, timers and records of the run, in the order in which they were met.
    pub kinds: Vec<Known>,
    /// For each deviation, where it met the run.
    pub places: Vec<Place>,
    /// Four hexadecimal digits for each step: a digest of when and where it was, of its input and
    /// of its effects.
    pub steps: String,
}

/// A kind of message, timer or record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Of what.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// How often it was met.
    pub count: u32,
}

/// Where a deviation met the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// When it began, as the distance from the steps nearest to it: first those of the nodes it is
    /// about, then any, and the nearer one first.
    pub begins: Vec<Distance>,
    /// When it ended, likewise.
    pub ends: Vec<Distance>,
    /// The step in which the thing happened that it is about, if it is about an effect.
    pub step: Option<StepName>,
    /// The effect: of a crash between two effects, the first that did not happen.
    pub effect: Option<EffectName>,
}

impl Context {
    /// What there is to know of a run that these deviations made.
    pub(crate) fn of<R: Clone>(fewest: u32, deviations: &[Deviation<R>], steps: &Steps) -> Context {
        let kinds = steps.kinds.iter();
        Context {
            fewest,
            kinds: kinds
                .map(|(sort, name, count)| Known { sort: *sort, name: name.clone(), count: *count })
                .collect(),
            places: deviations
                .iter()
                .enumerate()
                .map(|(position, deviation)| Place::of(position, deviation, steps))
                .collect(),
            steps: steps.digests(),
        }
    }
}

impl Place {
    fn of<R: Clone>(position: usize, deviation: &Deviation<R>, steps: &Steps) -> Place {
        if let Some((step, happened)) = steps.cuts.get(&position)
            && let Deviation::Crash(Crash { after_effects: Some(_), .. }) = deviation
        {
            let step = &steps.all[*step];
            return Place {
                ends: Place::end(deviation, steps),
                step: Some(step.name.clone()),
                effect: Some(step.effects[*happened].name.clone()),
                ..Place::default()
            };
        }
        if let Some(at) = deviation.at() {
            return Place {
                begins: around(steps, at, |step| begins_by(deviation, step)),
                ends: Place::end(deviation, steps),
                ..Place::default()
            };
        }
        match effect_of(deviation, steps) {
            Some((step, effect)) => {
                Place { step: Some(step), effect: Some(effect), ..Place::default() }
            }
            None => Place::default(),
        }
    }

    fn end<R: Clone>(deviation: &Deviation<R>, steps: &Steps) -> Vec<Distance> {
        match ends(deviation) {
            Some(end) => around(steps, end, |step| ends_by(deviation, step)),
            None => Vec::new(),
        }
    }
}

/// When an episode ends, as its own numbers say.
fn ends<R: Clone>(deviation: &Deviation<R>) -> Option<Duration> {
    let lasts = *deviation.clone().lasts_mut()?;
    Some(deviation.at()? + lasts)
}

/// How much a step tells of when something is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// It is there because of it.
    Nothing,
    /// It happens somewhere else.
    Little,
    /// It is a step of a node that it is about.
    Much,
}

/// How much a step tells of when a deviation begins.
fn begins_by<R>(deviation: &Deviation<R>, step: &Step) -> Tells {
    match deviation {
        Deviation::Request { .. } if step.is_asked => Tells::Nothing,
        _ if is_about(deviation, step.name.node) => Tells::Much,
        _ => Tells::Little,
    }
}

/// How much a step tells of when a deviation ends. A node that starts again does so because of the
/// crash: its own steps tell nothing.
fn ends_by<R>(deviation: &Deviation<R>, step: &Step) -> Tells {
    match (deviation, is_about(deviation, step.name.node)) {
        (Deviation::Crash(_) | Deviation::ReplacedDisk(_), true) => Tells::Nothing,
        (Deviation::Crash(_) | Deviation::ReplacedDisk(_), false) | (_, true) => Tells::Much,
        (_, false) => Tells::Little,
    }
}

/// Whether it is about this node. What is about all of them is about none in particular.
fn is_about<R>(deviation: &Deviation<R>, node: NodeId) -> bool {
    let impaired = |shape: &Shape| match shape {
        Shape::Split(side) | Shape::Mute(side) | Shape::Deaf(side) => side.contains(&node),
        Shape::Bridge { side, bridge } => side.contains(&node) || *bridge == node,
        Shape::Star { hub } => *hub == node,
        Shape::Links(links) => links.iter().any(|(from, to)| [*from, *to].contains(&node)),
        Shape::Ring => false,
    };
    match deviation {
        Deviation::Crash(Crash { nodes, .. }) => nodes.contains(&node),
        Deviation::Cut(cut) => impaired(&cut.shape),
        Deviation::Clog(clog) => impaired(&clog.shape),
        Deviation::Throttle(throttle) => impaired(&throttle.shape),
        Deviation::Plane(plane) => match &plane.is {
            Impaired::Cut(cut) => impaired(&cut.shape),
            Impaired::Clogged(clog) => impaired(&clog.shape),
        },
        _ => deviation.last_node() == Some(node),
    }
}

/// The last step before a time and the first at or after it: the nearer one first, those that tell
/// much before all others.
fn around(steps: &Steps, at: Duration, tells: impl Fn(&Step) -> Tells) -> Vec<Distance> {
    let at = Time::ZERO + at;
    if at == Time::ZERO {
        return Vec::new();
    }
    let mut all: Vec<Distance> = Vec::new();
    for enough in [&[Tells::Much][..], &[Tells::Much, Tells::Little]] {
        let telling = || steps.all.iter().filter(|step| enough.contains(&tells(step)));
        let before = telling().rfind(|step| step.time < at);
        let after = telling().find(|step| step.time >= at);
        let distance = |step: &Step| {
            let after = step.time < at;
            let by = if after { at.since(step.time) } else { step.time.since(at) };
            Distance { step: step.name.clone(), after, by }
        };
        let mut both: Vec<_> = after.into_iter().chain(before).map(distance).collect();
        both.sort_by_key(|distance| distance.by);
        both.retain(|distance| !all.contains(distance));
        all.extend(both);
    }
    all
}

/// The effect that a deviation is about, and the step it belongs to.
fn effect_of<R>(deviation: &Deviation<R>, steps: &Steps) -> Option<(StepName, EffectName)> {
    let (node, sort, kind, to, nth) = about(deviation)?;
    steps.all.iter().filter(|step| step.name.node == node).find_map(|step| {
        let done = step.effects.iter().find(|done| {
            let name = &done.name;
            let alike =
                name.sort == sort && name.to == to && kind.is_none_or(|kind| name.kind == kind);
            alike && done.nth == Some(nth)
        })?;
        Some((step.name.clone(), done.name.clone()))
    })
}

type About<'d> = (NodeId, Sort, Option<&'d str>, Option<NodeId>, u32);

/// Whose effect of which sort and kind, to whom, and which of them, a deviation is about.
pub(crate) fn about<R>(deviation: &Deviation<R>) -> Option<About<'_>> {
    Some(match deviation {
        Deviation::Message(fault) => {
            (fault.from, Sort::Message, Some(&fault.kind), Some(fault.to), fault.nth)
        }
        Deviation::Timer(fault) => (fault.node, Sort::Timer, Some(&fault.kind), None, fault.nth),
        Deviation::Flush(fault) => (fault.node, Sort::Flush, None, None, fault.nth),
        Deviation::FailingFlush(fault) => (fault.node, Sort::Flush, None, None, fault.nth),
        Deviation::LostFlush(fault) => (fault.node, Sort::Flush, None, None, fault.nth),
        Deviation::TornRecord(fault) => (fault.node, Sort::Record, None, None, fault.nth),
        Deviation::RottenRecord(fault) => (fault.node, Sort::Record, None, None, fault.nth),
        Deviation::MisdirectedWrite(fault) => (fault.node, Sort::Record, None, None, fault.nth),
        _ => return None,
    })
}

/// The number in it, to be changed, if it is about an effect.
pub(crate) fn nth_mut<R>(deviation: &mut Deviation<R>) -> Option<&mut u32> {
    Some(match deviation {
        Deviation::Message(fault) => &mut fault.nth,
        Deviation::Timer(fault) => &mut fault.nth,
        Deviation::Flush(fault) => &mut fault.nth,
        Deviation::FailingFlush(fault) => &mut fault.nth,
        Deviation::LostFlush(fault) => &mut fault.nth,
        Deviation::TornRecord(fault) => &mut fault.nth,
        Deviation::RottenRecord(fault) => &mut fault.nth,
        Deviation::MisdirectedWrite(fault) => &mut fault.nth,
        Deviation::Site(fault) => &mut fault.nth,
        _ => return None,
    })
}

/// The kind in it, to be changed, if it names one.
pub(crate) fn kind_mut<R>(deviation: &mut Deviation<R>) -> Option<(Sort, &mut String)> {
    match deviation {
        Deviation::Message(fault) => Some((Sort::Message, &mut fault.kind)),
        Deviation::Timer(fault) => Some((Sort::Timer, &mut fault.kind)),
        _ => None,
    }
}
