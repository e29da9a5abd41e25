use stormglass_simulator::{
    Deviation, Failure, Outcome, Replayed, RequestOf, Scenario, Watch, World,
};

use crate::align;
use crate::context::Context;
use crate::drift::Drift;
use crate::log::{Expected, FORMAT, Log, LogOf};
use crate::reader::{Reader, fitting};
use crate::steps::Steps;
use crate::story::Story;

/// What has become of the failure in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same violation, after the very same run.
    Exact,
    /// The same violation, but the run is no longer the same: the code has changed since.
    Drifted,
    /// It no longer happens.
    Absent,
}

impl Verdict {
    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::Drifted => "drifted",
            Verdict::Absent => "absent",
        }
    }
}

/// A replay, compared with what its log expects.
#[derive(Clone, Debug)]
pub struct Comparison<R> {
    /// What has become of the failure.
    pub verdict: Verdict,
    /// How the run ended.
    pub outcome: Outcome,
    /// The run in words, as it is now.
    pub story: Vec<String>,
    /// The first line of the story that is not as the log has it: the line there, the line now.
    pub first_difference: Option<(String, String)>,
    /// The deviations, by their position, that no longer meet anything.
    pub unmatched: Vec<usize>,
    /// Why it is not the run that the log says.
    pub drift: Drift,
    /// The seed of the nodes' dice, and the list, that make the run: those of the log, or what they
    /// come to in a run of today.
    pub seed: u64,
    /// See `seed`.
    pub deviations: Vec<Deviation<R>>,
}

/// One run of a list, under names by which it can be compared.
pub(crate) struct Run {
    pub(crate) replayed: Replayed,
    pub(crate) steps: Steps,
}

/// A run that is to show what a log shows may have this many times its events, and then some.
const LONGER: u64 = 4;
const AND_THEN_SOME: u64 = 1_000;

/// How many events a run may have that is to show what a log shows.
pub(crate) fn most_events(expected: &Expected) -> u64 {
    expected.event.saturating_mul(LONGER).saturating_add(AND_THEN_SOME)
}

/// Runs a list, for no more events than these.
pub(crate) fn run<S: Scenario>(
    world: &mut World<'_, S>,
    seed: u64,
    deviations: &[Deviation<RequestOf<S>>],
    most_events: u64,
) -> Run {
    let mut steps = Steps::default();
    let mut watch: &mut dyn Watch<S::Machine> = &mut steps;
    let replayed = world.replay(seed, deviations, most_events, &mut watch);
    Run { replayed, steps }
}

/// Makes the run of a list while somebody looks on. Whoever that is, the world is compiled but once.
pub(crate) fn watched<S: Scenario>(
    scenario: &S,
    seed: u64,
    deviations: &[Deviation<RequestOf<S>>],
    mut watch: &mut dyn Watch<S::Machine>,
) -> Replayed {
    World::new(scenario).replay(seed, deviations, u64::MAX, &mut watch)
}

/// Runs a log again and compares.
///
/// If it no longer happens as it stands, its deviations are put where they met the run when the log
/// was made, by the names of steps and effects: then the run is at best drifted.
pub fn replay<S: Scenario>(scenario: &S, log: &Log<RequestOf<S>>) -> Comparison<RequestOf<S>> {
    let as_written = compare(scenario, log, log.seed, fitting(scenario, &log.deviations));
    if as_written.verdict != Verdict::Absent {
        return as_written;
    }
    match read_by_meaning(scenario, log, &|_| true) {
        (Some((seed, deviations)), _) => compare(scenario, log, seed, deviations),
        (None, _) => as_written,
    }
}

/// All readings of a log together take at most so many runs, and those of the last one.
const MOST_RUNS: u64 = 1_000;
/// Of long lists fewer are made: so many deviations in all.
const MOST_WORK: u64 = 1_000_000;
const LEAST_RUNS: u64 = 8;

/// A seed for the nodes' dice, and a list.
pub(crate) type Found<S> = Option<(u64, Vec<Deviation<RequestOf<S>>>)>;

/// What a log comes to in a run of today, if that fails as it did; and how many runs were made to
/// find it. Asks before each run, with the number of runs up to then, whether to go on.
pub(crate) fn read_by_meaning<S: Scenario>(
    scenario: &S,
    log: &Log<RequestOf<S>>,
    keep_going: &dyn Fn(u64) -> bool,
) -> (Found<S>, u64) {
    let Some(context) = log.places() else { return (None, 0) };
    let most_runs = (MOST_WORK / (1 + log.deviations.len() as u64)).clamp(LEAST_RUNS, MOST_RUNS);
    let mut reader = Reader::new(scenario, log, context, keep_going);
    for reading in align::readings(context, *scenario.nodes().start()) {
        let read = reader.read(reading);
        if read.fails {
            return (Some((read.seed, read.deviations)), reader.runs);
        }
        if reader.runs > most_runs || !keep_going(reader.runs) {
            break;
        }
    }
    (None, reader.runs)
}

/// Makes the run of a list, which is that of the log or stands for it.
fn compare<S: Scenario>(
    scenario: &S,
    log: &Log<RequestOf<S>>,
    seed: u64,
    deviations: Vec<Deviation<RequestOf<S>>>,
) -> Comparison<RequestOf<S>> {
    let steps = match &log.context {
        Some(context) => Steps::compared_with(&context.steps),
        None => Steps::default(),
    };
    let mut watch = (Story::new(scenario, &deviations), steps);
    let replayed = watched(scenario, seed, &deviations, &mut watch);
    let (story, steps) = watch;
    let outcome = replayed.outcome;
    let story = story.tell(outcome.failure.as_ref(), outcome.time);
    let mut verdict = verdict(&log.expected, &outcome);
    if verdict == Verdict::Exact && (seed, &deviations) != (log.seed, &log.deviations) {
        verdict = Verdict::Drifted;
    }
    let matched = replayed.matched.iter().enumerate();
    let unmatched = matched.filter(|(_, matched)| !**matched).map(|(position, _)| position);
    let unmatched: Vec<_> = unmatched.collect();
    let drift = Drift::of(log, seed, &deviations, &unmatched, steps);
    let first_difference = match verdict {
        Verdict::Exact => None,
        _ => first_difference(&log.story, &story),
    };
    Comparison { verdict, outcome, story, first_difference, unmatched, drift, seed, deviations }
}

/// The log of the failing run that these deviations make; nothing if it does not fail.
pub fn log_of<S: Scenario>(
    scenario: &S,
    seed: u64,
    mut deviations: Vec<Deviation<RequestOf<S>>>,
) -> Option<LogOf<S>> {
    // A world takes no notice of nodes that are not there; a log that names them makes no sense.
    let fewest = *scenario.nodes().start();
    let count = Deviation::cluster_size(&deviations).unwrap_or(fewest);
    deviations.retain(|one| one.last_node().is_none_or(|node| node.0 < count));
    let mut watch = (Story::new(scenario, &deviations), Steps::default());
    let outcome = watched(scenario, seed, &deviations, &mut watch).outcome;
    let (story, steps) = watch;
    let story = story.tell(outcome.failure.as_ref(), outcome.time);
    let context = Context::of(fewest, &deviations, &steps);
    let Failure { property, violation, event } = outcome.failure?;
    let expected = Expected {
        property,
        cause: violation.cause,
        detail: violation.detail,
        event,
        chain: outcome.chain,
    };
    Some(Log {
        format: FORMAT,
        scenario: scenario.name().to_owned(),
        planted: scenario.planted().map(str::to_owned),
        seed,
        made_by: concat!("stormglass ", env!("CARGO_PKG_VERSION")).to_owned(),
        expected,
        deviations,
        context: Some(context),
        story,
    })
}

pub(crate) fn verdict(expected: &Expected, outcome: &Outcome) -> Verdict {
    match &outcome.failure {
        Some(failure)
            if failure.property == expected.property
                && failure.violation.cause == expected.cause =>
        {
            let same_run = outcome.chain == expected.chain && failure.event == expected.event;
            if same_run { Verdict::Exact } else { Verdict::Drifted }
        }
        _ => Verdict::Absent,
    }
}

fn first_difference(then: &[String], now: &[String]) -> Option<(String, String)> {
    let end = "(nothing more)".to_owned();
    (0..then.len().max(now.len())).find_map(|line| {
        let (then, now) = (then.get(line).unwrap_or(&end), now.get(line).unwrap_or(&end));
        (then != now).then(|| (then.clone(), now.clone()))
    })
}
