//! What the command can be told, and the words that explain it.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use stormglass_campaign::parse_seeds;

/// Finds bugs in distributed systems by running them in a simulated world, seed after seed.
#[derive(Debug, Parser)]
#[command(name = "stormglass", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print one JSON object, and nothing else, on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    fine, or what a log says was reproduced
  1    a violation was found, what should be seen sometimes never was, or what a log says was not
       reproduced
  2    bad usage, or input that cannot be read: one line on standard error says what to do
  130  ended by Ctrl-C before anything failed

Begin with:
  stormglass list
  stormglass campaign all --seeds 0..1000";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Run(Run),
    Campaign(Campaign),
    Planted(Planted),
    Replay(Replay),
    Story(Story),
    Shrink(Shrink),
    Shrinking(Shrinking),
    Convert(Convert),
    Corpus(Corpus),
}

/// List the scenarios, what each is about, and the bugs that can be planted in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass list
  stormglass list --json")]
pub(crate) struct List {}

/// Run one seed of a scenario.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass run SCENARIO --seed 7
  stormglass run SCENARIO --seed 7 --story
  stormglass run SCENARIO --seed 7 --planted BUG --json")]
pub(crate) struct Run {
    /// The scenario; `list` shows them.
    pub(crate) scenario: String,
    /// The seed.
    #[arg(long, value_name = "N", value_parser = parse_seed, allow_hyphen_values = true)]
    pub(crate) seed: u64,
    /// Plant this bug first.
    #[arg(long, value_name = "BUG")]
    pub(crate) planted: Option<String>,
    /// Tell the run in words.
    #[arg(long)]
    pub(crate) story: bool,
}

/// Run many seeds; shrink what fails, write it down, and report.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass campaign SCENARIO
  stormglass campaign all --seeds 0..100000 --jobs 4
  stormglass campaign 'NAME-*'
  stormglass campaign all --for 8h --out findings
  stormglass campaign SCENARIO --planted BUG
  stormglass campaign SCENARIO --twice
  stormglass campaign SCENARIO --json > old.json
  stormglass campaign SCENARIO --compare old.json
  stormglass campaign all --beyond

What should be seen sometimes and never was fails a campaign, too: more seeds may reach it.
With --planted, exit code 1 says that the bug was found. Ctrl-C ends a campaign with its report.
With --compare, the exit code is that of the comparison, whatever failed then as now: 0 nothing is
worse, 1 something is. Worse are a failure that is new; what was seen sometimes, or a pair of state
and input kind that was reached, and no longer is in at least as many seeds; and a recovery whose
median or 99th percentile has become longer by more than a tenth. Speed is told, not judged.")]
pub(crate) struct Campaign {
    /// The scenario; or several, one after the other: all, or those whose names fit, with * in
    /// place of anything.
    pub(crate) scenario: String,
    /// Which seeds, the end not included [default: 0..1000, without an end if --for is given].
    #[arg(long, value_name = "A..B", value_parser = parse_seeds, allow_hyphen_values = true)]
    pub(crate) seeds: Option<Range<u64>>,
    /// How long to search at most, like 90s or 8h; shared equally by several scenarios.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub(crate) time_limit: Option<Duration>,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = parse_jobs, allow_hyphen_values = true)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The folder for the logs of failures.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub(crate) out: PathBuf,
    /// Plant this bug first; all runs a campaign for each bug.
    #[arg(long, value_name = "BUG")]
    pub(crate) planted: Option<String>,
    /// Known defects are failures, too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Run each seed twice: it has to be the same run.
    #[arg(long)]
    pub(crate) twice: bool,
    /// Compare with an earlier campaign, as written by --json.
    #[arg(long, value_name = "OLD.json")]
    pub(crate) compare: Option<PathBuf>,
    /// Let faults destroy more than a scenario tolerates and clocks go ten times as wrong, and look
    /// only at what must hold always.
    #[arg(long)]
    pub(crate) beyond: bool,
    /// How many runs shrinking one failure may take.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_ATTEMPTS)]
    pub(crate) shrink_attempts: u64,
}

const DEFAULT_OUT: &str = "stormglass-logs";
pub(crate) const DEFAULT_ATTEMPTS: u64 = 50_000;
const DEFAULT_BUDGET: u64 = 1_000_000;
const DEFAULT_FAILING: usize = 20;
const DEFAULT_PROOF: u64 = 5_000;
const DEFAULT_DEEP_PROOF: u64 = 100_000;
/// The seeds of a campaign that is not told which.
pub(crate) const DEFAULT_SEEDS: Range<u64> = 0..1_000;
const MOST_JOBS: usize = 1_024;

/// Plant each bug in turn, and check that the property that must find it does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass planted
  stormglass planted SCENARIO --seeds 0..200
  stormglass planted 'NAME-*'
  stormglass planted all --keep corpus --write docs/planted-bugs.md

The exit code is 0 only if each bug was found by the property that must find it. Ctrl-C ends it with
the table of those bugs that were tried to the end, which is then not written to a file.")]
pub(crate) struct Planted {
    /// The scenario; or several: all, or those whose names fit, with * in place of anything.
    #[arg(default_value = crate::session::ALL)]
    pub(crate) scenario: String,
    /// Which seeds, the end not included.
    #[arg(
        long,
        value_name = "A..B",
        value_parser = parse_seeds,
        allow_hyphen_values = true,
        default_value = "0..2000"
    )]
    pub(crate) seeds: Range<u64>,
    /// The folder for the logs.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub(crate) out: PathBuf,
    /// Write the table to this file as well.
    #[arg(long, value_name = "FILE.md")]
    pub(crate) write: Option<PathBuf>,
    /// Also keep the log of each bug in this folder, as SCENARIO/BUG.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// Run a log again, and tell whether the same happens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass replay LOG
  stormglass replay LOG --story
  stormglass replay LOG --healthy
  stormglass replay LOG --repair
  stormglass replay LOG --repair --out LOG --tries 100000
  git bisect run sh -c 'cargo build --release || exit 125
    target/release/stormglass replay LOG --bisect'

Verdicts: exact (the very same run), drifted (the same violation, but the code has changed since),
absent (it no longer happens; exit code 1).
A log means what it says of messages, timers and steps by their names. With --repair, what is near it
is tried as well: other numbers, moments, kinds, nodes and dice, then two of them at a time. What fails
today in the same way is written as a new log; if nothing does, the bug is gone, and not merely moved
aside. Exit code 0 if there is a log that fails today, 1 if nothing near it does, 130 after Ctrl-C.
With --bisect the exit codes are those of git bisect run: 1 the bug is there, 0 it is not, 125
cannot tell.")]
pub(crate) struct Replay {
    /// The log, .json or .bin.
    pub(crate) log: PathBuf,
    /// Exit as git bisect run expects.
    #[arg(long)]
    pub(crate) bisect: bool,
    /// Leave out the planted bug that the log names.
    #[arg(long)]
    pub(crate) healthy: bool,
    /// Tell the run in words, as it is now.
    #[arg(long)]
    pub(crate) story: bool,
    /// Search near the log for one that fails today, and write that.
    #[arg(long, conflicts_with = "bisect")]
    pub(crate) repair: bool,
    /// Where the repaired log is written [default: next to it, as NAME.repaired.json].
    #[arg(long, value_name = "FILE", requires = "repair")]
    pub(crate) out: Option<PathBuf>,
    /// How many runs the search may take.
    #[arg(
        long,
        value_name = "N",
        requires = "repair",
        default_value_t = DEFAULT_TRIES,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) tries: u64,
}

const DEFAULT_TRIES: u64 = 10_000;

/// Print the story that stands in a log, or draw its run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass story LOG
  stormglass story LOG --html page.html    a page to walk through; a browser opens it from disk
  stormglass story LOG --svg diagram.svg
  stormglass replay LOG --story            tells the run as it is now

What is drawn is the run as it is now; the exit code is then that of replay.")]
pub(crate) struct Story {
    /// The log, .json or .bin.
    pub(crate) log: PathBuf,
    /// Write a page with a space-time diagram, on which each step can be looked at.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the diagram alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Shrink a log: fewer and simpler deviations that still fail in the same way.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass shrink LOG
  stormglass shrink LOG --out smaller.json --attempts 1000000
  stormglass shrink LOG --prove --budget 5000000

With --prove, all smaller lists are then tried: none of them fails, or the smallest that does is
shrunk and written. What counts as a list is said in docs/shrinking.md.
Ctrl-C ends it with the smallest list so far, and with what is known of smaller ones.")]
pub(crate) struct Shrink {
    /// The log, .json or .bin.
    pub(crate) log: PathBuf,
    /// Where the smaller log is written [default: next to it, as NAME.shrunk.json].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How many runs it may take.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_ATTEMPTS)]
    pub(crate) attempts: u64,
    /// Then try all smaller lists, the smallest first.
    #[arg(long)]
    pub(crate) prove: bool,
    /// How many runs --prove may take.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_BUDGET, requires = "prove")]
    pub(crate) budget: u64,
    /// How many events of a run --prove looks at [default: twice those of the log, and 100].
    #[arg(long, value_name = "EVENTS", requires = "prove")]
    pub(crate) within: Option<u64>,
}

/// Measure how well failures shrink: plant each bug in turn, shrink failing seeds, and try all lists
/// that are smaller than what is left.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass shrinking
  stormglass shrinking SCENARIO --failing 5 --budget 200000
  stormglass shrinking all --write docs/shrinking.md

Written are the lines of a file between <!-- figures --> and <!-- end of figures -->; the others
stay. The exit code is 0 only if nothing can be left out or made simpler of any list. Ctrl-C ends it
with the bugs that were measured to the end, which are then not written to a file.")]
pub(crate) struct Shrinking {
    /// The scenario, or all.
    #[arg(default_value = crate::session::ALL)]
    pub(crate) scenario: String,
    /// Which seeds, the end not included.
    #[arg(
        long,
        value_name = "A..B",
        value_parser = parse_seeds,
        allow_hyphen_values = true,
        default_value = "0..2000"
    )]
    pub(crate) seeds: Range<u64>,
    /// How many failing seeds of each bug are shrunk, the lowest first.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_FAILING)]
    pub(crate) failing: usize,
    /// How many runs it may take to try all lists that are smaller than a shrunk one.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PROOF)]
    pub(crate) budget: u64,
    /// The same for the first failing seed of each bug.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_DEEP_PROOF)]
    pub(crate) deep: u64,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = parse_jobs, allow_hyphen_values = true)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Write the figures into this file as well.
    #[arg(long, value_name = "FILE.md")]
    pub(crate) write: Option<PathBuf>,
}

/// Write a log in another form: .json for people, .bin for little space. If it still replays exactly,
/// its story is told anew.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass convert LOG.bin LOG.json
  stormglass convert LOG.json LOG.bin
  stormglass convert LOG.json LOG.json    # in the words of today")]
pub(crate) struct Convert {
    /// The log.
    #[arg(value_name = "IN")]
    pub(crate) from: PathBuf,
    /// The file to write; its name tells the form.
    #[arg(value_name = "OUT")]
    pub(crate) to: PathBuf,
}

/// Replay every log of a folder and of the folders in it; each has to be exact.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  stormglass corpus
  stormglass corpus findings --json")]
pub(crate) struct Corpus {
    /// The folder.
    #[arg(default_value = "corpus")]
    pub(crate) folder: PathBuf,
}

fn parse_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a number from 0 to {}", u64::MAX))
}

fn parse_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err("no time at all; write 90s or 8h".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{error}; write 90s or 8h")),
    }
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs = text.parse().ok().filter(|jobs: &NonZeroUsize| jobs.get() <= MOST_JOBS);
    jobs.ok_or_else(|| format!("there can be 1 to {MOST_JOBS} threads"))
}
