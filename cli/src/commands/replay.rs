use std::fmt::Write as _;

use serde::Serialize;
use stormglass_campaign as campaign;
use stormglass_replay::{Drift, Moved, StepNow, Unmatched};

use crate::arguments::Replay;
use crate::exit::Exit;
use crate::log::Opened;
use crate::problem::Problem;
use crate::session::Session;

#[derive(Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    replay: &'r campaign::Replay,
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<&'r [String]>,
}

pub(crate) fn replay(session: &mut Session, arguments: &Replay) -> Result<Exit, Problem> {
    let log = Opened::open(session, &arguments.log, arguments.healthy)?;
    let replay = log.scenario.replay(&log.raw)?;
    let told = Told { replay: &replay, story: arguments.story.then_some(&replay.story) };
    let program = session.program.clone();
    session.tell(&told, || in_words(&log, &told, arguments, &program));
    let reproduced = replay.verdict != "absent";
    // For git bisect, a commit is bad if the bug is there.
    Ok(Exit::of(reproduced != arguments.bisect))
}

fn in_words(log: &Opened, told: &Told, arguments: &Replay, program: &str) -> String {
    let mut words = String::new();
    for line in told.story.unwrap_or_default() {
        let _ = writeln!(words, "{line}");
    }
    let campaign::Replay { verdict, signature, events, chain, deviations, .. } = told.replay;
    let meaning = match *verdict {
        "exact" => "the very same run",
        "drifted" => "the same violation, but the run has changed since",
        _ if signature.is_some() => "it no longer happens, but something else does",
        _ => "it no longer happens",
    };
    let title = match arguments.healthy {
        true => format!("{} without a planted bug", log.raw.head().scenario),
        false => log.title(),
    };
    let _ = writeln!(words, "{verdict}: {meaning}");
    let _ = writeln!(words, "  {title}, {deviations} deviations, {events} events, chain {chain}");
    let _ = match signature {
        Some(signature) => writeln!(words, "  VIOLATED: {signature}"),
        None => writeln!(words, "  everything held"),
    };
    if let Some((then, now)) = &told.replay.first_difference {
        let _ = writeln!(words, "  the first line of the story that differs:");
        let (then, now) = (shortened(then), shortened(now));
        let _ = writeln!(words, "    then {then}\n    now  {now}");
    } else if *verdict == "drifted" {
        let _ = writeln!(words, "  the story is the same; what differs is nothing that it tells");
    }
    tell_drift(&mut words, told.replay);
    if *verdict != "exact" {
        let log = campaign::quoted(&arguments.log);
        let _ = writeln!(words, "  {program} replay {log} --repair");
    }
    words
}

/// At most so many deviations are told one by one.
const LISTED: usize = 8;

/// Why the run is not that of the log: the first step that differs, what has moved, what met
/// nothing.
fn tell_drift(words: &mut String, replay: &campaign::Replay) {
    let Drift { step, moved, unmatched } = &replay.drift;
    if let Some(StepNow { alike, step, input, effects }) = step {
        let _ = match (step, input) {
            (Some(step), Some(input)) => {
                writeln!(
                    words,
                    "  {alike} steps are as they were; the next is now:\n    {step}  {}",
                    shortened(input)
                )
            }
            _ => writeln!(words, "  {alike} steps are as they were, and now there are no more"),
        };
        for effect in effects.iter().take(LISTED) {
            let _ = writeln!(words, "        → {}", shortened(effect));
        }
    }
    for Moved { then, now } in moved.iter().take(LISTED) {
        let _ = writeln!(words, "  read by where it met the run: {then}\n    which is now: {now}");
    }
    for Unmatched { deviation, hint } in unmatched.iter().take(LISTED) {
        let _ = writeln!(words, "  met nothing: {}\n    {}", shortened(deviation), shortened(hint));
    }
    for (all, what) in [(moved.len(), "have moved"), (unmatched.len(), "met nothing")] {
        if let Some(more @ 1..) = all.checked_sub(LISTED) {
            let _ = writeln!(words, "  and {more} more that {what}");
        }
    }
}

/// At most so many characters of a line are shown; a log may hold longer ones.
const WIDEST: usize = 300;

fn shortened(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
