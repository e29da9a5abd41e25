//! Why a run is not what its log says: where it first differs, what of the log met nothing, what
//! of it has moved, and what to do about it.

use std::fmt::Debug;

use serde::Serialize;
use stormglass_simulator::Deviation;

use crate::context::about;
use crate::log::Log;
use crate::name::Sort;
use crate::steps::{Done, Steps};
use crate::words::{in_words, ordinal};

/// What has changed between the run of a log and the run of today.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The first step that is not as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepNow>,
    /// Deviations that were found again by where they meet the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
    /// Deviations that no longer meet anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<Unmatched>,
}

/// A step of today, where the log has another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StepNow {
    /// How many steps are as they were.
    pub alike: usize,
    /// When, and whose step it is; nothing if the run of today has no further step.
    pub step: Option<String>,
    /// What the machine is given.
    pub input: Option<String>,
    /// What it writes down.
    pub effects: Vec<String>,
}

/// A deviation that is understood in another way than as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// As it stands in the log.
    pub then: String,
    /// What it comes to now.
    pub now: String,
}

/// A deviation that met nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// In words.
    pub deviation: String,
    /// What there is instead.
    pub hint: String,
}

impl Drift {
    /// Compares the run that these deviations made with that of the log.
    pub(crate) fn of<R: Clone + Debug + PartialEq>(
        log: &Log<R>,
        seed: u64,
        deviations: &[Deviation<R>],
        unmatched: &[usize],
        steps: Steps,
    ) -> Drift {
        let is_size = |one: &&Deviation<R>| matches!(one, Deviation::Nodes { .. });
        let then = log.deviations.iter().filter(|one| !is_size(one));
        let pairs = then.zip(deviations.iter().filter(|one| !is_size(one)));
        let mut moved: Vec<_> = pairs
            .filter(|(then, now)| then != now)
            .map(|(then, now)| Moved { then: in_words(then), now: in_words(now) })
            .collect();
        let sizes = [&log.deviations[..], deviations].map(Deviation::cluster_size);
        if sizes[0] != sizes[1] {
            let size = |size: Option<u32>| match size {
                Some(count) => format!("there are {count} nodes"),
                None => "there are as many nodes as in the smallest cluster".to_owned(),
            };
            moved.insert(0, Moved { then: size(sizes[0]), now: size(sizes[1]) });
        }
        if seed != log.seed {
            let dice = |seed| format!("the nodes' own dice have the seed {seed}");
            moved.push(Moved { then: dice(log.seed), now: dice(seed) });
        }
        let unmatched = unmatched.iter().map(|position| Unmatched {
            deviation: in_words(&deviations[*position]),
            hint: hint(&deviations[*position], &steps),
        });
        let unmatched = unmatched.collect();
        Drift { step: steps.difference(), moved, unmatched }
    }
}

/// What there is in a run that is like what a deviation is about.
fn hint<R>(deviation: &Deviation<R>, steps: &Steps) -> String {
    let Some((node, sort, kind, to, _)) = about(deviation) else {
        return match (deviation.at(), steps.all.last()) {
            (Some(at), Some(last)) if at > last.time.since(stormglass_machine::Time::ZERO) => {
                "the run ends before".to_owned()
            }
            (Some(_), _) => {
                "what it strikes is down then, or what it waits for never comes".to_owned()
            }
            (None, _) => "nothing comes by where it is due".to_owned(),
        };
    };
    let mine = |done: &&Done| done.name.sort == sort && done.name.to == to && done.nth.is_some();
    let steps = steps.all.iter().filter(|step| step.name.node == node);
    let done: Vec<_> = steps.flat_map(|step| &step.effects).filter(mine).collect();
    let where_to = to.map(|to| format!(" to {to}")).unwrap_or_default();
    let named = done.iter().filter(|done| kind.is_none_or(|kind| done.name.kind == kind));
    let latest = named.filter_map(|done| done.nth).max();
    let noun = match sort {
        Sort::Message | Sort::Timer => kind.unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    if let Some(latest) = latest {
        return format!("the last {noun} of node {node}{where_to} is the {} now", ordinal(latest));
    }
    let mut others: Vec<_> = done.iter().map(|done| done.name.kind.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    match others.join(", ") {
        none if none.is_empty() => format!("there is no {noun} of node {node}{where_to} now"),
        others => format!("there is no {noun} of node {node}{where_to} now, but {others}"),
    }
}
