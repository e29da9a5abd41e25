use stormglass_simulator::{
    Deviation, Failure, Outcome, Replayed, RequestOf, Scenario, Watch, World,
};

use crate::log::{Expected, FORMAT, Log, LogOf};
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
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::Drifted => "drifted",
            Verdict::Absent => "absent",
        }
    }
}

/// A replay, compared with what its log expects.
#[derive(Clone, Debug)]
pub struct Comparison {
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
pub fn replay<S: Scenario>(scenario: &S, log: &Log<RequestOf<S>>) -> Comparison {
    let mut story = Story::new(scenario, &log.deviations);
    let replayed = watched(scenario, log.seed, &log.deviations, &mut story);
    let Outcome { failure, time, .. } = &replayed.outcome;
    let story = story.tell(failure.as_ref(), *time);
    compare(log, replayed, story)
}

/// Compares a run that was made by a log, and its story, with what the log says.
pub(crate) fn compare<R>(log: &Log<R>, replayed: Replayed, story: Vec<String>) -> Comparison {
    let outcome = replayed.outcome;
    let verdict = verdict(&log.expected, &outcome);
    let first_difference = match verdict {
        Verdict::Exact => None,
        _ => first_difference(&log.story, &story),
    };
    let matched = replayed.matched.iter().enumerate();
    let unmatched = matched.filter(|(_, matched)| !**matched).map(|(position, _)| position);
    Comparison { verdict, unmatched: unmatched.collect(), outcome, story, first_difference }
}

/// The log of the failing run that these deviations make; nothing if it does not fail.
pub fn log_of<S: Scenario>(
    scenario: &S,
    seed: u64,
    deviations: Vec<Deviation<RequestOf<S>>>,
) -> Option<LogOf<S>> {
    let mut story = Story::new(scenario, &deviations);
    let outcome = watched(scenario, seed, &deviations, &mut story).outcome;
    let story = story.tell(outcome.failure.as_ref(), outcome.time);
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
        story,
    })
}

fn verdict(expected: &Expected, outcome: &Outcome) -> Verdict {
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
