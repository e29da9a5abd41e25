use std::path::Path;
use std::sync::atomic::Ordering;

use serde::Serialize;
use stormglass_campaign as campaign;
use stormglass_shrinker::Budget;

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
    let Some(shrink) = log.scenario.shrink(&log.raw, budget, &out)? else {
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
    format!(
        "{}\n{} deviations and {} events shrunk to {} and {} in {attempts} runs, {elapsed_s:.2} s: \
         {minimal}\n  {program} replay {}\n",
        shrink.story.join("\n"),
        before.deviations,
        before.events,
        after.deviations,
        after.events,
        campaign::quoted(out),
    )
}
