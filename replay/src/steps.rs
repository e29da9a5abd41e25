//! What happened in a run, step by step, under names by which it is found again in another run.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::hash::{Hash, Hasher};

use stormglass_machine::{Effect, Input, Kind as _, Machine, NodeId, Time};
use stormglass_simulator::{Cluster, Event, Watch};

use crate::drift::StepNow;
use crate::name::{EffectName, Sort, StepName};

/// A run, as far as it has to be compared with another.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) all: Vec<Step>,
    /// For each step its position.
    by_name: BTreeMap<StepName, usize>,
    /// How often something of this name has happened.
    counts: BTreeMap<Counted, u32>,
    /// The kinds of what was sent, set and written, in the order in which they were first met.
    pub(crate) kinds: Vec<(Sort, String, u32)>,
    /// For each node its step under way, and how many of its effects have happened.
    latest: BTreeMap<NodeId, (usize, usize)>,
    /// The records of each node that no flush has been asked for.
    unflushed: BTreeMap<NodeId, u32>,
    /// The deviation that has struck last.
    struck: Option<usize>,
    /// For each deviation that has cut a step short: the step, and how many effects happened.
    pub(crate) cuts: BTreeMap<usize, (usize, usize)>,
    /// There have been so many steps that no more are kept.
    is_full: bool,
    /// What the run is compared with, if it is.
    comparison: Option<Comparison>,
}

/// The digests of another run, and the first step that has another.
#[derive(Default)]
struct Comparison {
    digests: String,
    input: String,
    difference: Option<StepNow>,
}

/// Of longer runs, only the beginning is kept.
const MOST_STEPS: usize = 10_000;

/// One step of a machine.
pub(crate) struct Step {
    pub(crate) time: Time,
    pub(crate) name: StepName,
    /// Its input is a request.
    pub(crate) is_asked: bool,
    pub(crate) effects: Vec<Done>,
    pub(crate) digest: u16,
}

/// An effect of a step.
pub(crate) struct Done {
    /// Its name within the step.
    pub(crate) name: EffectName,
    /// The number that a deviation would know it by, once it has happened.
    pub(crate) nth: Option<u32>,
}

/// What has a number: inputs of a node, messages on a link, and the rest of each node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Counted {
    Input(NodeId, String, Option<NodeId>),
    Effect(NodeId, Sort, String, Option<NodeId>),
}

impl Steps {
    /// Steps that are compared with the digests of another as they are made.
    pub(crate) fn compared_with(digests: &str) -> Steps {
        let comparison = Comparison { digests: digests.to_owned(), ..Comparison::default() };
        Steps { comparison: Some(comparison), ..Steps::default() }
    }

    /// The digests of all steps, four hexadecimal digits each.
    pub(crate) fn digests(&self) -> String {
        self.all.iter().map(|step| format!("{:04x}", step.digest)).collect()
    }

    /// The first step that is not that of the run it was compared with.
    pub(crate) fn difference(self) -> Option<StepNow> {
        let Comparison { digests, difference, .. } = self.comparison?;
        let alike = self.all.len();
        let ended = alike < digests.len() / DIGITS;
        difference.or(ended.then_some(StepNow { alike, ..StepNow::default() }))
    }

    /// The step of this name.
    pub(crate) fn find(&self, name: &StepName) -> Option<&Step> {
        self.by_name.get(name).map(|position| &self.all[*position])
    }

    fn count(&mut self, what: Counted) -> u32 {
        let count = self.counts.entry(what).or_default();
        *count += 1;
        *count - 1
    }

    fn input<M: Machine>(&mut self, now: Time, node: NodeId, input: &Input<M>) {
        let from = match input {
            Input::Message { from, .. } => Some(*from),
            _ => None,
        };
        let kind = input.kind().to_owned();
        let nth = self.count(Counted::Input(node, kind.clone(), from));
        let name = StepName { node, kind, nth, from };
        self.by_name.insert(name.clone(), self.all.len());
        self.latest.insert(node, (self.all.len(), 0));
        let digest = digest((now, node, input));
        if let Some(comparison) = self.comparison.as_mut().filter(|one| one.difference.is_none()) {
            comparison.input = format!("{input:?}");
        }
        let is_asked = matches!(input, Input::Request { .. });
        self.all.push(Step { time: now, name, is_asked, effects: Vec::new(), digest });
    }

    fn stepped<M: Machine>(&mut self, effects: &[Effect<M>]) {
        let position = self.all.len() - 1;
        let step = &mut self.all[position];
        step.digest = digest::<(u16, &[Effect<M>])>((step.digest, effects));
        for effect in effects {
            let mut name = name_of(effect);
            let alike = |done: &&Done| EffectName { nth: 0, ..done.name.clone() } == name;
            name.nth = step.effects.iter().filter(alike).count() as u32;
            step.effects.push(Done { name, nth: None });
        }
        let Some(comparison) = &mut self.comparison else { return };
        let known = comparison.digests.get(position * DIGITS..(position + 1) * DIGITS);
        if comparison.difference.is_none() && known != Some(format!("{:04x}", step.digest).as_str())
        {
            comparison.difference = Some(StepNow {
                alike: position,
                step: Some(format!("{}  node {}", step.time, step.name.node)),
                input: Some(std::mem::take(&mut comparison.input)),
                effects: effects.iter().map(|effect| format!("{effect:?}")).collect(),
            });
        }
    }

    /// An effect happens: now it has the number that a deviation knows it by.
    fn effect<M: Machine>(&mut self, cluster: &Cluster<M>, node: NodeId) {
        let Some((step, happened)) = self.latest.get_mut(&node) else { return };
        let (step, position) = (*step, *happened);
        *happened += 1;
        let name = self.all[step].effects[position].name.clone();
        let EffectName { sort, kind, to, .. } = name;
        // What is not asked for its fate has no number.
        let numbered = match sort {
            Sort::Message => to.is_some_and(|to| to.0 < cluster.count()) && is_stormy(cluster),
            Sort::Timer => is_stormy(cluster),
            Sort::Flush => self.unflushed.remove(&node).is_some() && is_stormy(cluster),
            Sort::Record => true,
            Sort::Cancel | Sort::Answer => false,
        };
        if let Sort::Message | Sort::Timer | Sort::Record = sort {
            self.meet(sort, &kind);
        }
        if sort == Sort::Record {
            *self.unflushed.entry(node).or_default() += 1;
        }
        if !numbered {
            return;
        }
        // Records of all kinds are numbered together.
        let kind = if sort == Sort::Record { String::new() } else { kind };
        let nth = self.count(Counted::Effect(node, sort, kind, to));
        self.all[step].effects[position].nth = Some(nth);
    }

    fn meet(&mut self, sort: Sort, kind: &str) {
        match self.kinds.iter_mut().find(|(known, name, _)| *known == sort && name == kind) {
            Some((_, _, count)) => *count += 1,
            None => self.kinds.push((sort, kind.to_owned(), 1)),
        }
    }
}

/// Only in the storm has anything a fate.
fn is_stormy<M: Machine>(cluster: &Cluster<M>) -> bool {
    cluster.calm().is_none()
}

impl<M: Machine> Watch<M> for Steps {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        if self.all.len() == MOST_STEPS && matches!(event, Event::Input { .. }) {
            self.is_full = true;
        }
        if self.is_full {
            return;
        }
        match event {
            Event::Input { node, input } => self.input(cluster.now(), node, input),
            Event::Stepped { effects, .. } => self.stepped(effects),
            Event::Effect { node, .. } => self.effect(cluster, node),
            Event::Struck(position) => self.struck = Some(position),
            Event::Crashed { node, .. } => {
                self.unflushed.remove(&node);
                let cut = self.latest.remove(&node);
                if let (Some((step, happened)), Some(position)) = (cut, self.struck)
                    && happened < self.all[step].effects.len()
                {
                    self.cuts.entry(position).or_insert((step, happened));
                }
            }
            _ => {}
        }
    }
}

fn name_of<M: Machine>(effect: &Effect<M>) -> EffectName {
    let (sort, kind, to) = match effect {
        Effect::Send { to, message } => (Sort::Message, message.kind().to_owned(), Some(*to)),
        Effect::SetTimer { timer, .. } => (Sort::Timer, timer.kind().to_owned(), None),
        Effect::CancelTimer { timer } => (Sort::Cancel, timer.kind().to_owned(), None),
        Effect::Write(record) | Effect::Checkpoint(record) => {
            (Sort::Record, first_word(record), None)
        }
        Effect::Flush => (Sort::Flush, String::new(), None),
        Effect::Respond { .. } => (Sort::Answer, String::new(), None),
    };
    EffectName { sort, kind, nth: 0, to }
}

/// Records have no kind; the name of the variant is one, as `Debug` tells it.
fn first_word(value: &impl Debug) -> String {
    struct Word(String);

    impl std::fmt::Write for Word {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            self.0.push_str(&text[..end.unwrap_or(text.len())]);
            // The rest is not even made.
            end.map_or(Ok(()), |_| Err(std::fmt::Error))
        }
    }

    let mut word = Word(String::new());
    let _ = write!(word, "{value:?}");
    word.0
}

/// How many digits a digest has.
const DIGITS: usize = 4;

/// Sixteen bits are enough to see where two runs part ways: FNV-1a, folded.
fn digest<H: Hash>(value: H) -> u16 {
    struct Fnv(u64);

    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }

    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    value.hash(&mut hasher);
    let all = hasher.finish();
    (all ^ all >> 16 ^ all >> 32 ^ all >> 48) as u16
}
