//! One seed, run twice: where two runs that should be one part ways.

use std::hash::{Hash, Hasher};

use serde::Serialize;
use stormglass_machine::{Effect, Machine};

use crate::chain::Chain;
use crate::{Cluster, Event, Outcome, Scenario, Watch, World};

/// Where two runs of one seed part ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How many steps they have in common.
    pub steps: usize,
    /// The next step of the one; nothing if it has ended.
    pub one: Option<Step>,
    /// The next step of the other.
    pub other: Option<Step>,
}

/// A step of a machine, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When, in seconds since the start.
    pub time: String,
    /// Which node.
    pub node: u32,
    /// What it was given.
    pub input: String,
    /// What it wrote down.
    pub effects: Vec<String>,
}

impl Step {
    fn in_words(step: Option<&Step>) -> Vec<String> {
        let Some(Step { time, node, input, effects }) = step else {
            return vec!["no further step".to_owned()];
        };
        let head = format!("{time}  node {node}  {input}");
        std::iter::once(head)
            .chain(effects.iter().map(|effect| format!("    → {effect}")))
            .collect()
    }
}

impl Difference {
    /// Both sides, a line for each input and each effect.
    pub fn in_words(&self) -> Vec<String> {
        let mut lines = match (&self.one, &self.other) {
            (None, None) => {
                vec![format!(
                    "all {} steps are alike: look at the properties and at the scenario's ghost",
                    self.steps
                )]
            }
            _ => vec![format!("the first {} steps are alike, the next is not:", self.steps)],
        };
        if self.one.is_some() || self.other.is_some() {
            for (name, step) in [("once", &self.one), ("again", &self.other)] {
                lines.push(format!("{name}:"));
                lines.extend(
                    Step::in_words(step.as_ref()).into_iter().map(|line| format!("  {line}")),
                );
            }
        }
        lines
    }
}

/// Writes down every step of a run.
struct Transcript {
    /// Each step with a digest of its input and effects, which may differ where the words do not.
    steps: Vec<(Step, u64)>,
}

impl<M: Machine> Watch<M> for Transcript {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        match event {
            Event::Input { node, input } => {
                let step = Step {
                    time: cluster.now().to_string(),
                    node: node.0,
                    input: format!("{input:?}"),
                    effects: Vec::new(),
                };
                self.steps.push((step, digest((node, cluster.now(), input))));
            }
            Event::Stepped { effects, .. } => {
                if let Some((step, before)) = self.steps.last_mut() {
                    step.effects = effects.iter().map(|effect| format!("{effect:?}")).collect();
                    *before = digest::<(u64, &[Effect<M>])>((*before, effects));
                }
            }
            _ => {}
        }
    }
}

fn digest<H: Hash>(value: H) -> u64 {
    let mut chain = Chain::default();
    value.hash(&mut chain);
    chain.finish()
}

/// Runs a seed, and tells everything that happens.
fn transcribe<S: Scenario>(scenario: &S, seed: u64) -> (Outcome, Vec<(Step, u64)>) {
    let mut transcript = Transcript { steps: Vec::new() };
    let outcome = World::new(scenario).watch(seed, &mut transcript);
    (outcome, transcript.steps)
}

/// Runs a seed so many times, each in a world of its own, until one is another run than the first;
/// tells the first step that differs. Every step is kept in words: this is for a seed of which
/// one knows, or should like to know.
pub fn first_difference<S: Scenario>(scenario: &S, seed: u64, times: u32) -> Option<Difference> {
    let (outcome, once) = transcribe(scenario, seed);
    (1..times).find_map(|_| {
        let (again_outcome, again) = transcribe(scenario, seed);
        let alike = |(one, other): &(&(Step, u64), &(Step, u64))| one == other;
        let steps = once.iter().zip(&again).take_while(alike).count();
        if outcome == again_outcome && steps == once.len() && steps == again.len() {
            return None;
        }
        let step = |steps: &[(Step, u64)], at: usize| steps.get(at).map(|(step, _)| step.clone());
        Some(Difference { steps, one: step(&once, steps), other: step(&again, steps) })
    })
}
