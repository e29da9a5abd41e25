use std::path::PathBuf;

use stormglass_replay::{LogOf, log_of, write};
use stormglass_shrinker::{Budget, Verdict};
use stormglass_simulator::{
    Deviation, NOT_DETERMINISTIC, Outcome, RequestOf, Scenario, Signature, World, first_difference,
};

use crate::clock::Stopwatch;
use crate::part::Part;
use crate::report::{ShrunkSize, Size};
use crate::{Found, Options};

/// A shrunk run may have this many times the events of the original, and then some.
const LONGER: u64 = 4;
const AND_THEN_SOME: u64 = 1_000;

/// A failing run, made as small as it gets.
pub struct Shrunk<S: Scenario> {
    /// Its log.
    pub log: LogOf<S>,
    /// How it was shrunk.
    pub size: ShrunkSize,
}

/// The longest name of a log before its seed, in bytes; file systems take 255.
const LONGEST_NAME: usize = 160;

/// Records the lowest seed of a failure, shrinks it and writes its log. The chain is that of the
/// run in which it was found.
pub(crate) fn triage<S: Scenario>(
    scenario: &S,
    options: &Options,
    signature: &Signature,
    chain: u64,
    found: &mut Found,
) {
    if signature.property == NOT_DETERMINISTIC {
        return not_deterministic(scenario, found);
    }
    let mut world = options.world(scenario);
    let recorded = world.record(found.seed);
    let replayed = world.replay(found.seed, &recorded.deviations, u64::MAX, &mut ()).outcome;
    let same = |Outcome { failure, chain: again, .. }: &Outcome| {
        let failed = failure.as_ref().is_some_and(|failure| failure.signature() == *signature);
        failed && *again == chain
    };
    if !same(&recorded.outcome) || replayed != recorded.outcome {
        found.detail = format!("run again, it is another run; once it violated: {signature}");
        return not_deterministic(scenario, found);
    }
    let keep_going = || !options.stopped();
    let budget = Budget::new(options.shrink_attempts).keep_going(&keep_going);
    let Some(Shrunk { log, size }) = shrink(scenario, found.seed, recorded.deviations, budget)
    else {
        found.trouble = Some("its recording does not fail again".to_owned());
        return;
    };
    found.deviations = Some(size.after.deviations);
    found.events = Some(size.after.events);
    found.shrunk = Some(size);
    found.story = log.story.clone();
    let path = log_path(scenario, options, signature, found.seed);
    match write(&path, &log) {
        Ok(()) => found.log = Some(path),
        Err(error) => found.trouble = Some(format!("the log could not be written: {error}")),
    }
}

/// How often a seed is run to find the first step that differs.
const TRIES: u32 = 8;

/// Nothing can be said of a failure that may not happen again, but where its runs part ways.
fn not_deterministic<S: Scenario>(scenario: &S, found: &mut Found) {
    NOT_DETERMINISTIC.clone_into(&mut found.property);
    NOT_DETERMINISTIC.clone_into(&mut found.signature);
    found.difference = first_difference(scenario, found.seed, TRIES);
    let advice = "look for hash maps, clocks, threads and shared state";
    found.trouble = Some(match &found.difference {
        Some(difference) => {
            found.story = difference.in_words();
            format!("seed {} is not the same run each time; {advice} there", found.seed)
        }
        None => format!("then run {TRIES} times, seed {} was the same run; {advice}", found.seed),
    });
}

/// Makes a failing run small: the same property and cause must stay violated.
///
/// Returns nothing if the run that these deviations make does not fail.
pub fn shrink<S: Scenario>(
    scenario: &S,
    seed: u64,
    deviations: Vec<Deviation<RequestOf<S>>>,
    budget: Budget<'_>,
) -> Option<Shrunk<S>> {
    let watch = Stopwatch::start();
    let mut world = World::new(scenario);
    let original = world.replay(seed, &deviations, u64::MAX, &mut ()).outcome;
    let signature = original.failure.as_ref()?.signature();
    let before = Size { deviations: deviations.len(), events: original.events };
    let most_events = most_events(original.events);
    let parts = deviations.into_iter().map(|deviation| Part { deviation, scenario }).collect();
    let mut candidate = Vec::new();
    let shrunk = stormglass_shrinker::shrink(parts, budget, |parts: &[Part<'_, S>]| {
        candidate.clear();
        candidate.extend(parts.iter().map(|part| part.deviation.clone()));
        let replayed = world.replay(seed, &candidate, most_events, &mut ());
        match replayed.outcome.failure {
            Some(failure) if failure.signature() == signature => {
                let matched = replayed.matched.iter().enumerate();
                let used = matched.filter(|(_, matched)| **matched).map(|(position, _)| position);
                Verdict::FailsUsing(used.collect())
            }
            _ => Verdict::Passes,
        }
    });
    let shrunk = shrunk.ok()?;
    let mut deviations: Vec<_> = shrunk.items.into_iter().map(|part| part.deviation).collect();
    leave_out_absent_nodes(&mut deviations, *scenario.nodes().start());
    let log = log_of(scenario, seed, deviations)?;
    let after = Size { deviations: log.deviations.len(), events: log.expected.event };
    let elapsed_s = watch.elapsed().as_secs_f64();
    let (attempts, minimal) = (shrunk.attempts, shrunk.minimal);
    Some(Shrunk { log, size: ShrunkSize { before, after, attempts, elapsed_s, minimal } })
}

/// After how many events a run is cut off that may be a smaller one than a run of so many.
pub(crate) fn most_events(events: u64) -> u64 {
    events.saturating_mul(LONGER).saturating_add(AND_THEN_SOME)
}

/// If the budget ends when the cluster has just become smaller, the list still speaks of nodes
/// that are no longer there. A world takes no notice, but a log that does it makes no sense.
fn leave_out_absent_nodes<R>(deviations: &mut Vec<Deviation<R>>, fewest: u32) {
    let count = Deviation::cluster_size(deviations).unwrap_or(fewest);
    deviations.retain(|deviation| deviation.last_node().is_none_or(|node| node.0 < count));
}

/// Scenario, bug, what failed and the seed make the name of a log.
fn log_path<S: Scenario>(
    scenario: &S,
    options: &Options,
    signature: &Signature,
    seed: u64,
) -> PathBuf {
    let planted = scenario.planted().map(|bug| format!("{bug}-")).unwrap_or_default();
    let name = format!("{}-{planted}{signature}", scenario.name());
    let mut words = String::new();
    for letter in name.chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => words.push(letter.to_ascii_lowercase()),
            _ if words.ends_with('-') => {}
            _ => words.push('-'),
        }
    }
    words.truncate(LONGEST_NAME);
    let words = words.trim_end_matches('-');
    options.out.join(format!("{words}-{seed}.json"))
}
