use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stormglass_replay::{LogError, RawLog, Verdict, replay};
use stormglass_simulator::Scenario;

use crate::options::parse_seed;
use crate::{Found, Options, Report, campaign, parse_seeds, quoted};

/// Runs the seeds of a range in a `cargo test`, and panics with the story of the shrunk failure
/// if anything is violated, if something that should be seen sometimes never is, or if the histories
/// of clients could mostly not be judged.
///
/// What the environment says goes before what the test says: `STORMGLASS_SEEDS=0..100000` runs
/// these seeds, `STORMGLASS_SEED=7` runs this one, and `STORMGLASS_LOG=FILE` replays a log if it
/// is of this scenario. `STORMGLASS_OUT=FOLDER` says where logs are written; without it that is
/// `stormglass` beside the build.
///
/// # Panics
///
/// If the scenario fails, if there are no seeds, or if the environment says something that makes
/// no sense.
#[track_caller]
pub fn check<S: Scenario>(scenario: &S, seeds: std::ops::Range<u64>) {
    if let Some(path) = variable("STORMGLASS_LOG") {
        return check_log(scenario, Path::new(&path));
    }
    let text = |name| variable(name).map(|value| value.to_string_lossy().into_owned());
    let (seeds, single) = match (text("STORMGLASS_SEED"), text("STORMGLASS_SEEDS")) {
        (Some(seed), _) => {
            let Some(number) = parse_seed(&seed) else {
                panic!("STORMGLASS_SEED={seed:?} is no seed; write a number like 7")
            };
            assert!(number < u64::MAX, "the last seed is {}", u64::MAX - 1);
            (number..number + 1, true)
        }
        (None, Some(seeds)) => match parse_seeds(&seeds) {
            Ok(seeds) => (seeds, false),
            Err(error) => panic!("STORMGLASS_SEEDS: {error}"),
        },
        (None, None) => (seeds, false),
    };
    let out = variable("STORMGLASS_OUT").map_or_else(beside_the_build, PathBuf::from);
    // Tests run in the folder of their package, and whoever reads of the log may be elsewhere.
    let out = std::path::absolute(&out).unwrap_or(out);
    let report = campaign(scenario, &Options { out, ..Options::new(seeds) });
    if let Some(found) = report.failures.first() {
        panic!("{}", failure(&report, found));
    }
    let never: Vec<_> = report.never_seen().collect();
    assert!(
        single || never.is_empty(),
        "{}: never seen in {} seeds: {}\nMore seeds may reach it: STORMGLASS_SEEDS=0..{} cargo test {}",
        report.scenario,
        report.seeds_run,
        never.join("; "),
        report.seeds_run.saturating_mul(10),
        test_name(),
    );
    if let Some(undecided) = report.mostly_undecided() {
        panic!(
            "{}: in {undecided} of {} seeds the history of the clients could not be judged within \
             the bounds\nGive the check larger ones, or let the clients ask for less.",
            report.scenario, report.seeds_run,
        );
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The tests' executable stands in `target/debug/deps`; logs go to `target/stormglass`.
fn beside_the_build() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let build = program.ancestors().nth(3).unwrap_or(Path::new("target"));
    build.join("stormglass")
}

fn test_name() -> String {
    std::thread::current().name().filter(|name| *name != "main").unwrap_or_default().to_owned()
}

fn failure(report: &Report, found: &Found) -> String {
    let mut text = format!("\n{}: VIOLATED: {}\n\n", report.scenario, found.signature);
    for line in &found.story {
        text.push_str(line);
        text.push('\n');
    }
    if let Some(trouble) = &found.trouble {
        text.push_str(&format!("{trouble}\n"));
    }
    let again = match &found.log {
        Some(log) => format!("STORMGLASS_LOG={}", quoted(log)),
        None => format!("STORMGLASS_SEED={}", found.seed),
    };
    let others = match report.failures.len() - 1 {
        0 => String::new(),
        others => format!(" ({others} other failures)"),
    };
    text.push_str(&format!(
        "\nIn {} of {} seeds, first in seed {}{others}. Again:\n    {again} cargo test {}\n",
        found.count,
        report.seeds_run,
        found.seed,
        test_name()
    ));
    text
}

#[track_caller]
fn check_log<S: Scenario>(scenario: &S, path: &Path) {
    let read = || -> Result<_, LogError> {
        let raw = RawLog::open(path)?;
        if raw.head().scenario != scenario.name() {
            return Ok(None);
        }
        raw.read(scenario).map(Some)
    };
    let log = match read() {
        Ok(Some(log)) => log,
        Ok(None) => {
            println!(
                "{} is of another scenario, and {} ran no seed.",
                path.display(),
                scenario.name()
            );
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let compared = replay(scenario, &log);
    let story = compared.story.join("\n");
    match compared.verdict {
        Verdict::Absent => println!("\n{story}\n\nIt no longer happens."),
        Verdict::Exact => panic!("\n{story}\n\nThe very same run as in {}.\n", path.display()),
        Verdict::Drifted => panic!(
            "\n{story}\n\nThe same violation as in {}, but the run has changed since.\n",
            path.display()
        ),
    }
}
