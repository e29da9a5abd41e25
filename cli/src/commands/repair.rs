use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;

use serde::Serialize;
use stormglass_campaign as campaign;
use stormglass_replay::Verdict;

use super::counted;
use crate::arguments::Replay;
use crate::exit::Exit;
use crate::log::{Opened, beside, check_name};
use crate::problem::Problem;
use crate::session::Session;

/// What is said of a log of which nothing has to be repaired.
const EXACT: &str = Verdict::Exact.name();

#[derive(Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    repair: &'r campaign::Repair,
    /// Where the new log is.
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<&'r Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<&'r [String]>,
    /// Ctrl-C has ended it.
    interrupted: bool,
}

pub(crate) fn repair(session: &mut Session, arguments: &Replay) -> Result<Exit, Problem> {
    let log = Opened::open(session, &arguments.log, arguments.healthy)?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => beside(&arguments.log, "repaired")?,
    };
    check_name(&out)?;
    let stop = session.interrupt.heed();
    let countdown = campaign::Countdown::new("repair", arguments.tries, session.progress);
    let keep_going = |tried: u64| {
        countdown.show(tried);
        tried < arguments.tries && !stop.load(Ordering::Relaxed)
    };
    let repair = log.scenario.repair(&log.raw, &keep_going, &out)?;
    drop(countdown);
    let told = Told {
        repair: &repair,
        out: repair.repaired.then_some(&out),
        story: arguments.story.then_some(&repair.story),
        interrupted: stop.load(Ordering::Relaxed),
    };
    let program = session.program.clone();
    session.tell(&told, || in_words(&told, &program));
    match repair.repaired || repair.verdict == EXACT {
        true => Ok(Exit::Fine),
        // What was not tried may fail.
        false => Ok(session.exit(false, false)),
    }
}

fn in_words(told: &Told, program: &str) -> String {
    let mut words = String::new();
    for line in told.story.unwrap_or_default() {
        let _ = writeln!(words, "{line}");
    }
    let campaign::Repair { verdict, tried, exhausted, deviations, .. } = told.repair;
    let tried = counted(*tried, "run");
    let _ = match (told.out, exhausted) {
        _ if *verdict == EXACT => writeln!(words, "exact: there is nothing to repair"),
        (Some(out), _) => writeln!(
            words,
            "repaired: it was {verdict}; after {tried} there is a log of {} that fails \
             today in the same way\n  {program} replay {}",
            counted(deviations.unwrap_or_default() as u64, "deviation"),
            campaign::quoted(out)
        ),
        (None, _) if told.interrupted => {
            writeln!(words, "interrupted: nothing near it fails so far, in {tried}")
        }
        (None, true) => writeln!(
            words,
            "absent: nothing near it fails, in {tried}, and there is nothing more to try: the \
             bug is gone"
        ),
        (None, false) => writeln!(
            words,
            "absent: nothing near it fails, in {tried}; the bug seems to be gone, more --tries \
             say more"
        ),
    };
    words
}
