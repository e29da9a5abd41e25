use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use serde::Serialize;
use stormglass_campaign::{
    Changes, EarlierReports, Entry, Options, Report, Trend, UnknownName, compare,
};

use crate::arguments::{Campaign, DEFAULT_SEEDS};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::session::{ALL, Session, is_many};

/// Campaigns of several scenarios or bugs.
#[derive(Serialize)]
struct Reports {
    passed: bool,
    /// How many were not begun because of Ctrl-C.
    unbegun: usize,
    scenarios: Vec<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparisons: Option<Vec<Changes>>,
}

/// One campaign, and what has changed since an earlier one.
#[derive(Serialize)]
struct Single<'r> {
    #[serde(flatten)]
    report: &'r Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'r Changes>,
}

pub(crate) fn campaign(session: &mut Session, arguments: &Campaign) -> Result<Exit, Problem> {
    let earlier = arguments.compare.as_deref().map(read).transpose()?;
    let chosen = choose(session, arguments)?;
    if let Some(earlier) = &earlier {
        let known = |(entry, bug): &(&Entry, Option<&str>)| earlier.of(entry.name, *bug).is_some();
        if !chosen.iter().any(known) {
            return Err(Problem::new(
                "the earlier report is of none of these scenarios; name one of it",
            ));
        }
    }
    let options = options(session, arguments, chosen.len() as u32)?;
    let single = !is_many(&arguments.scenario) && arguments.planted.as_deref() != Some(ALL);
    let (mut reports, all) = (Vec::new(), chosen.len());
    for (entry, bug) in chosen {
        if session.interrupt.is_raised() && !reports.is_empty() {
            break;
        }
        let scenario = entry.build(bug).map_err(|unknown| session.unknown(unknown))?;
        let report = scenario.campaign(&options);
        if !session.json {
            let told = report.told_by(&session.program).to_string();
            session.screen.text(told);
            session.screen.flush();
        }
        reports.push(report);
    }
    let failed = reports.iter().any(|report| !report.failures.is_empty());
    let unbegun = all - reports.len();
    let passed = unbegun == 0 && reports.iter().all(|report| report.passed);
    let comparisons = earlier.map(|earlier| comparisons(&earlier, &reports));
    let told = comparisons.iter().flatten().map(Changes::to_string).collect::<String>();
    let worse = comparisons.as_ref().map(|all| all.iter().any(|one| one.trend == Trend::Worse));
    match (session.json, single) {
        (true, true) => reports.iter().for_each(|report| {
            let comparison = comparisons.iter().flatten().next();
            session.screen.json(&Single { report, comparison });
        }),
        (true, false) => {
            session.screen.json(&Reports { passed, unbegun, scenarios: reports, comparisons });
        }
        (false, true) => session.screen.text(told),
        (false, false) => session.screen.text(summary(&reports, unbegun) + &told),
    }
    Ok(match worse {
        Some(worse) => session.exit(!worse && unbegun == 0, worse),
        None => session.exit(passed, failed),
    })
}

/// More than any report has: what is named by mistake is not read into memory.
const LONGEST_REPORT: u64 = 64 << 20;

/// Reads what an earlier campaign has printed.
fn read(path: &Path) -> Result<EarlierReports, Problem> {
    let advice = "name a file that campaign --json has written";
    let mut text = String::new();
    let file = std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST_REPORT).read_to_string(&mut text));
    file.map_err(|error| Problem::file(path, &error, advice))?;
    serde_json::from_str(&text)
        .map_err(|error| Problem::new(format!("{}: {error}; {advice}", path.display())))
}

/// What has changed in each campaign that the earlier report has as well.
fn comparisons(earlier: &EarlierReports, reports: &[Report]) -> Vec<Changes> {
    let both = reports.iter().filter_map(|report| {
        Some((earlier.of(&report.scenario, report.planted.as_deref())?, report))
    });
    both.map(|(earlier, report)| compare(earlier, report)).collect()
}

/// The scenarios, each with the bug to plant.
fn choose<'t>(
    session: &Session<'t>,
    arguments: &Campaign,
) -> Result<Vec<(&'t Entry, Option<&'t str>)>, Problem> {
    let entries = session.scenarios(&arguments.scenario)?;
    let Some(wanted) = arguments.planted.as_deref() else {
        return match entries.is_empty() {
            true => Err(Problem::new("there are no scenarios; add one to the registry")),
            false => Ok(entries.into_iter().map(|entry| (entry, None)).collect()),
        };
    };
    let mut chosen = Vec::new();
    for entry in &entries {
        let bugs = entry.bugs.iter().map(|bug| bug.name);
        chosen.extend(
            bugs.filter(|bug| wanted == ALL || *bug == wanted).map(|bug| (*entry, Some(bug))),
        );
    }
    if chosen.is_empty() {
        let names = entries.iter().flat_map(|entry| entry.bugs.iter().map(|bug| bug.name));
        return Err(session.unknown(UnknownName::new("planted bug", wanted, names)));
    }
    Ok(chosen)
}

/// What the arguments ask for; the time limit is shared by so many campaigns.
fn options(session: &Session, arguments: &Campaign, shares: u32) -> Result<Options, Problem> {
    Session::probe(&arguments.out, "no log can be written there, name another folder by --out")?;
    let unbounded = if arguments.time_limit.is_some() { 0..u64::MAX } else { DEFAULT_SEEDS };
    let usual = Options::new(arguments.seeds.clone().unwrap_or(unbounded));
    Ok(Options {
        time_limit: arguments.time_limit.map(|limit| limit / shares),
        jobs: arguments.jobs.unwrap_or(usual.jobs),
        strict: arguments.strict,
        twice: arguments.twice,
        beyond: arguments.beyond,
        out: arguments.out.clone(),
        shrink_attempts: arguments.shrink_attempts,
        progress: session.progress,
        stop: session.interrupt.heed(),
        ..usual
    })
}

fn summary(reports: &[Report], unbegun: usize) -> String {
    let mut words = String::new();
    let name = |report: &Report| match &report.planted {
        Some(bug) => format!("{} with {bug} planted", report.scenario),
        None => report.scenario.clone(),
    };
    let widest = reports.iter().map(|report| name(report).len()).max().unwrap_or_default();
    let count = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let _ = writeln!(words);
    for report in reports {
        let verdict = if report.passed { "passed" } else { "FAILED" };
        let (seeds, failures) = (report.seeds_run, report.failures.len() as u64);
        let never = report.never_seen().count();
        let never = if never == 0 { String::new() } else { format!(", {never} never seen") };
        let _ = writeln!(
            words,
            "{verdict}  {:widest$}  {}, {}{never}",
            name(report),
            count(seeds, "seed"),
            count(failures, "distinct failure")
        );
    }
    let passed = reports.iter().filter(|report| report.passed).count();
    let seeds = reports.iter().map(|report| report.seeds_run).sum();
    let failures = reports.iter().map(|report| report.failures.len() as u64).sum();
    let _ = writeln!(
        words,
        "{passed} of {} passed, {}, {}",
        reports.len(),
        count(seeds, "seed"),
        count(failures, "distinct failure")
    );
    if unbegun > 0 {
        let _ = writeln!(words, "interrupted: {unbegun} more not begun");
    }
    words
}
