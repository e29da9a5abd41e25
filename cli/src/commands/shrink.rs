use std::path::Path;
use std::sync::atomic::Ordering;

use serde::Serialize;
use stormglass_campaign::{self as campaign, Proof, Proving};
use stormglass_shrinker::Budget;

use super::counted;
use crate::arguments::Shrink;
use crate::exit::Exit;
use crate::log::{Opened, beside, check_name};
use crate::problem::Problem;
use crate::session::Session;

#[derive(Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    shrink: &'r campaign::Shrink,
    out: &'r Path,
}

/// What `--json` says of a log that no longer fails.
#[derive(Serialize)]
struct Absent {
    verdict: &'static str,
}

pub(crate) fn shrink(session: &mut Session, arguments: &Shrink) -> Result<Exit, Problem> {
    let log = Opened::open(session, &arguments.log, false)?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => beside(&arguments.log, "shrunk")?,
    };
    check_name(&out)?;
    let stop = session.interrupt.heed();
    let keep_going = || !stop.load(Ordering::Relaxed);
    let budget = Budget::new(arguments.attempts).keep_going(&keep_going);
    let prove = arguments.prove.then(|| Proving {
        budget: Budget::new(arguments.budget).keep_going(&keep_going),
        within_events: arguments.within,
        to_the_end: true,
        progress: session.progress,
    });
    let Some(shrink) = log.scenario.shrink(&log.raw, budget, prove, &out)? else {
        session.tell(&Absent { verdict: "absent" }, || {
            "absent: it no longer happens, so that there is nothing to shrink".to_owned()
        });
        return Ok(Exit::Failed);
    };
    let program = session.program.clone();
    session.tell(&Told { shrink: &shrink, out: &out }, || in_words(&shrink, &out, &program));
    Ok(session.exit(true, false))
}

fn in_words(shrink: &campaign::Shrink, out: &Path, program: &str) -> String {
    let campaign::ShrunkSize { before, after, attempts, elapsed_s, minimal } = shrink.size;
    let minimal = if minimal { "minimal" } else { "not yet minimal" };
    let proof = shrink.proof.as_ref().map(|proof| proven(proof, after.deviations));
    format!(
        "{}\n{} deviations and {} events shrunk to {} and {} in {attempts} runs, {elapsed_s:.2} s: \
         {minimal}\n{}  {program} replay {}\n",
        shrink.story.join("\n"),
        before.deviations,
        before.events,
        after.deviations,
        after.events,
        proof.unwrap_or_default(),
        campaign::quoted(out),
    )
}

/// What is known of smaller lists than one of so many deviations.
fn proven(proof: &Proof, deviations: usize) -> String {
    let &Proof { none_below, none_sooner, candidates, runs, within_events, elapsed_s } = proof;
    let known = match none_below {
        0 => "nothing is known of smaller logs".to_owned(),
        1 => "no log without deviations fails so".to_owned(),
        _ => format!("no list of fewer than {none_below} candidates fails so"),
    };
    let proven = match none_below == deviations {
        true if none_sooner => ", and none of as many fails sooner: proven optimal",
        true => ": proven optimal in deviations",
        false => "",
    };
    format!(
        "{known} within {within_events} events{proven}\n  {}, {}, {elapsed_s:.2} s\n",
        counted(candidates, "candidate"),
        counted(runs, "different run"),
    )
}
