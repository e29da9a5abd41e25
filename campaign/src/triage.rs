use std::path::PathBuf;

use stormglass_replay::write;
use stormglass_shrinker::Budget;
use stormglass_simulator::{NOT_DETERMINISTIC, Outcome, Scenario, Signature, first_difference};

use crate::shrink::{Shrunk, shrink};
use crate::{Found, Options};

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
