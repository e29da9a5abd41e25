use std::fmt::Write as _;

use stormglass_campaign as campaign;

use crate::arguments::Run;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::session::Session;

pub(crate) fn run(session: &mut Session, arguments: &Run) -> Result<Exit, Problem> {
    let unknown = |unknown| session.unknown(unknown);
    let entry = session.registry.find(&arguments.scenario).map_err(unknown)?;
    let scenario = entry.build(arguments.planted.as_deref()).map_err(unknown)?;
    let run = scenario.run(arguments.seed, arguments.story);
    let program = session.program.clone();
    session.tell(&run, || in_words(&run, arguments, &program));
    Ok(Exit::of(run.passed || run.known))
}

fn in_words(run: &campaign::Run, arguments: &Run, program: &str) -> String {
    let mut words = String::new();
    for line in &run.story {
        let _ = writeln!(words, "{line}");
    }
    let campaign::Run { scenario, seed, events, simulated_s, chain, deviations, .. } = run;
    let verdict = match &run.signature {
        None => "passed".to_owned(),
        Some(signature) => {
            let how = if run.known { "known defect" } else { "VIOLATED" };
            format!("{how}: {signature}: {}", run.detail.as_deref().unwrap_or_default())
        }
    };
    let _ = writeln!(words, "{scenario}, seed {seed}: {verdict}");
    let _ = writeln!(
        words,
        "  {deviations} deviations, {events} events, {simulated_s} s simulated, chain {chain}"
    );
    if run.signature.is_some() && *seed < u64::MAX {
        let planted = arguments.planted.as_ref().map(|bug| format!(" --planted {bug}"));
        let _ = writeln!(
            words,
            "  shrink it and write its log: {program} campaign {scenario} --seeds {seed}..{}{}",
            seed + 1,
            planted.unwrap_or_default()
        );
    }
    words
}
