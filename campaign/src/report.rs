use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stormglass_machine::SiteTally;
use stormglass_simulator::{Difference, Distribution, Facts, Signature, UNDECIDED};

/// What a campaign did, found and saw.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scenario.
    pub scenario: String,
    /// The bug that was planted, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planted: Option<String>,
    /// Faults went beyond what the scenario tolerates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub beyond: bool,
    /// How many seeds were run.
    pub seeds_run: u64,
    /// How many events there were in them.
    pub events: u64,
    /// Real time of the search, without shrinking.
    pub elapsed_s: f64,
    /// Events per second of real time.
    pub events_per_s: f64,
    /// Virtual time in all runs.
    pub simulated_s: f64,
    /// A digest of the hash chains of all seeds, in hexadecimal: two campaigns over the same seeds
    /// have the same one if each seed was the same run in both.
    pub chains: String,
    /// No failure, and everything that should be seen sometimes was seen.
    pub passed: bool,
    /// It was ended before all seeds were run.
    pub interrupted: bool,
    /// It was ended before all seeds were run, since seed after seed went round in circles.
    pub ended_early: bool,
    /// What failed, by distinct signature.
    pub failures: Vec<Found>,
    /// Known defects that were met, and tolerated.
    pub known: Vec<Found>,
    /// In how many seeds each `sometimes` property was seen.
    pub sometimes: BTreeMap<String, u64>,
    /// For each property that must come true in the calm, how long after the heal it did.
    pub recovery: BTreeMap<String, Recovery>,
    /// In how many seeds nothing was asked of the calm, since the cluster was stuck by design.
    pub stuck_by_design: u64,
    /// What was reached.
    pub coverage: Coverage,
    /// What was counted.
    pub facts: BTreeMap<String, FactTally>,
    /// Facts the scenario expects that some seed showed.
    pub reached: Vec<String>,
    /// Facts the scenario expects that no seed showed.
    pub unreached: Vec<String>,
}

/// A distinct failure.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Property and cause, in one text.
    pub signature: String,
    /// The property.
    pub property: String,
    /// What was seen, for people.
    pub detail: String,
    /// The lowest seed that shows it.
    pub seed: u64,
    /// How many seeds show it.
    pub count: u64,
    /// The shrunk log.
    pub log: Option<PathBuf>,
    /// How many deviations the shrunk log has.
    pub deviations: Option<usize>,
    /// How many events its run has.
    pub events: Option<u64>,
    /// How it was shrunk.
    pub shrunk: Option<ShrunkSize>,
    /// If the seed is not the same run each time: the first step that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// Why there is no log, if it could not be shrunk or written.
    pub trouble: Option<String>,
    /// The story of the shrunk run.
    #[serde(skip)]
    pub story: Vec<String>,
}

/// A failure before and after shrinking.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShrunkSize {
    /// As it was found.
    pub before: Size,
    /// As it is now.
    pub after: Size,
    /// How many runs that took.
    pub attempts: u64,
    /// Real time.
    pub elapsed_s: f64,
    /// Nothing can be left out or made simpler; if not, the budget ended first.
    pub minimal: bool,
}

/// How large a failing run is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// How many deviations make it.
    pub deviations: usize,
    /// How many events there are up to the violation.
    pub events: u64,
}

/// How long after the heal something came true that must, in virtual time, over the seeds in which
/// it did. Percentiles are told to within two in a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// In how many seeds it came true.
    pub count: u64,
    /// The shortest.
    pub min_s: f64,
    /// Half of them took no longer.
    pub median_s: f64,
    /// Nine of ten took no longer.
    pub p90_s: f64,
    /// Ninety-nine of a hundred took no longer.
    pub p99_s: f64,
    /// The longest.
    pub max_s: f64,
}

impl From<&Distribution> for Recovery {
    fn from(spans: &Distribution) -> Self {
        let percentile = |percent| spans.percentile(percent).as_secs_f64();
        Recovery {
            count: spans.count(),
            min_s: spans.min().as_secs_f64(),
            median_s: percentile(50),
            p90_s: percentile(90),
            p99_s: percentile(99),
            max_s: spans.max().as_secs_f64(),
        }
    }
}

/// What was reached.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// How often each state took an input.
    pub states: BTreeMap<String, u64>,
    /// How often each state took an input of each kind.
    pub pairs: BTreeMap<String, u64>,
    /// How often machines came by each of their sites in a storm, and were asked to misbehave there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sites: BTreeMap<String, SiteCount>,
}

/// How often a site was reached, and fired.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SiteCount {
    /// How often machines came by.
    pub reached: u64,
    /// How often they were asked to misbehave.
    pub fired: u64,
}

/// How often and how much.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FactTally {
    /// In how many runs it was seen.
    pub runs: u64,
    /// The sum over all runs.
    pub total: u64,
    /// The most in one run.
    pub most: u64,
}

impl Coverage {
    pub(crate) fn new(
        pairs: &BTreeMap<(&'static str, &'static str), u64>,
        sites: &BTreeMap<&'static str, SiteTally>,
    ) -> Self {
        let mut coverage = Coverage::default();
        for ((state, kind), count) in pairs {
            *coverage.states.entry((*state).to_owned()).or_default() += count;
            *coverage.pairs.entry(format!("{state} × {kind}")).or_default() += count;
        }
        let sites = sites.iter();
        coverage.sites = sites
            .map(|(site, SiteTally { reached, fired })| {
                ((*site).to_owned(), SiteCount { reached: *reached, fired: *fired })
            })
            .collect();
        coverage
    }
}

pub(crate) fn tallies(facts: &Facts) -> BTreeMap<String, FactTally> {
    facts
        .iter()
        .map(|(name, tally)| {
            let tally = FactTally { runs: tally.runs, total: tally.total, most: tally.most };
            (name.to_owned(), tally)
        })
        .collect()
}

impl Found {
    pub(crate) fn new(signature: &Signature, detail: String, seed: u64, count: u64) -> Self {
        Found {
            signature: signature.to_string(),
            property: signature.property.clone(),
            detail,
            seed,
            count,
            log: None,
            deviations: None,
            events: None,
            shrunk: None,
            difference: None,
            trouble: None,
            story: Vec::new(),
        }
    }
}

impl Report {
    /// The `sometimes` properties that no seed showed.
    pub fn never_seen(&self) -> impl Iterator<Item = &str> {
        self.sometimes.iter().filter(|(_, count)| **count == 0).map(|(name, _)| name.as_str())
    }

    /// In how many seeds a history of clients could not be judged, if these are more than half.
    /// Then a search without a violation says little, and does not pass.
    pub fn mostly_undecided(&self) -> Option<u64> {
        let undecided = self.facts.get(UNDECIDED).map_or(0, |tally| tally.runs);
        mostly(undecided, self.seeds_run).then_some(undecided)
    }
}

/// More than half of the seeds.
pub(crate) fn mostly(undecided: u64, seeds: u64) -> bool {
    undecided > seeds / 2
}

/// The report for people, as the command `stormglass` gives it.
impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told_by("stormglass").fmt(out)
    }
}

/// A report for people, and the command that replays what it speaks of.
struct Told<'r> {
    report: &'r Report,
    command: &'r str,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.write(out, self.command)
    }
}

impl Report {
    /// The report for people; the lines in it that can be pasted begin with this command.
    pub fn told_by<'r>(&'r self, command: &'r str) -> impl fmt::Display + 'r {
        Told { report: self, command }
    }

    fn write(&self, out: &mut fmt::Formatter<'_>, command: &str) -> fmt::Result {
        let planted = match &self.planted {
            Some(bug) => format!(" with {bug} planted"),
            None => String::new(),
        };
        let beyond = if self.beyond { " beyond tolerance" } else { "" };
        writeln!(out, "{}{planted}{beyond}: {}", self.scenario, self.verdict())?;
        writeln!(
            out,
            "  {} seeds{}, {} events, {:.0} events/s, {} simulated in {}, chains {}",
            self.seeds_run,
            match (self.interrupted, self.ended_early) {
                (true, _) => " (interrupted)",
                (_, true) => " (ended early: they go round in circles)",
                _ => "",
            },
            self.events,
            self.events_per_s,
            rounded(self.simulated_s),
            rounded(self.elapsed_s),
            self.chains,
        )?;
        for found in &self.failures {
            self.write_failure(out, found, command)?;
        }
        for found in &self.known {
            writeln!(
                out,
                "  known defect, in {} of {} seeds (first {}): {}",
                found.count, self.seeds_run, found.seed, found.signature
            )?;
        }
        for (name, count) in &self.sometimes {
            match count {
                0 => writeln!(out, "  NEVER SEEN: {name} (more seeds may reach it)")?,
                count => writeln!(out, "  sometimes, in {count} seeds: {name}")?,
            }
        }
        for (name, recovery) in &self.recovery {
            write_recovery(out, name, recovery)?;
        }
        if self.stuck_by_design > 0 {
            let stuck = self.stuck_by_design;
            writeln!(
                out,
                "  stuck by design, so that nothing was asked of the calm: {stuck} seeds"
            )?;
        }
        let others = self.facts.iter().filter(|(name, _)| !self.reached.contains(name));
        for (name, FactTally { runs, total, most }) in others {
            writeln!(out, "  counted: {name}: {total} in {runs} seeds, at most {most} in one")?;
        }
        let (states, pairs) = (self.coverage.states.len(), self.coverage.pairs.len());
        let state_or_states = if states == 1 { "state" } else { "states" };
        writeln!(out, "  reached {states} {state_or_states}, {pairs} (state, input kind) pairs:")?;
        for state in self.coverage.states.keys() {
            let prefix = format!("{state} × ");
            let kinds: Vec<_> =
                self.coverage.pairs.keys().filter_map(|pair| pair.strip_prefix(&prefix)).collect();
            writeln!(out, "    {state}: {}", kinds.join(", "))?;
        }
        for (site, SiteCount { reached, fired }) in &self.coverage.sites {
            match (reached, fired) {
                (0, _) => writeln!(out, "  site NEVER REACHED: {site}")?,
                (_, 0) => writeln!(out, "  site reached {reached} times, NEVER FIRED: {site}")?,
                _ => writeln!(out, "  site reached {reached} times, fired {fired}: {site}")?,
            }
        }
        let expected = self.reached.len() + self.unreached.len();
        if expected > 0 {
            writeln!(out, "  reached {} of {expected} expected:", self.reached.len())?;
            writeln!(out, "    {}", self.reached.join(", "))?;
        }
        for name in &self.unreached {
            writeln!(out, "    NEVER REACHED: {name}")?;
        }
        Ok(())
    }

    /// Passed or failed; and why, if nothing was violated.
    fn verdict(&self) -> String {
        let unseen = self.never_seen().count();
        if let (Some(undecided), 0, 0) = (self.mostly_undecided(), self.failures.len(), unseen) {
            return format!(
                "FAILED: nothing is violated, but in {undecided} seeds the history of the clients \
                 could not be judged"
            );
        }
        match (self.passed, self.failures.len(), unseen) {
            (true, ..) => "passed".to_owned(),
            (false, 0, 1) => {
                "FAILED: nothing is violated, but what should be seen sometimes never was"
                    .to_owned()
            }
            (false, 0, unseen @ 2..) => format!(
                "FAILED: nothing is violated, but {unseen} things that should be seen sometimes never \
                 were"
            ),
            (false, ..) => "FAILED".to_owned(),
        }
    }

    fn write_failure(
        &self,
        out: &mut fmt::Formatter<'_>,
        found: &Found,
        command: &str,
    ) -> fmt::Result {
        writeln!(
            out,
            "  VIOLATED in {} of {} seeds: {}",
            found.count, self.seeds_run, found.signature
        )?;
        let mut detail = found.detail.lines();
        writeln!(out, "    seed {}: {}", found.seed, detail.next().unwrap_or_default())?;
        for line in detail {
            writeln!(out, "{}", format!("      {line}").trim_end())?;
        }
        if let Some(ShrunkSize { before, after, attempts, minimal, .. }) = &found.shrunk {
            writeln!(
                out,
                "    {} deviations shrunk to {} in {attempts} runs{}",
                before.deviations,
                after.deviations,
                if *minimal { "" } else { ", not yet minimal" },
            )?;
        }
        if let Some(trouble) = &found.trouble {
            writeln!(out, "    {trouble}")?;
        }
        let hidden = found.story.len().saturating_sub(LONGEST_STORY);
        if hidden > 0 {
            writeln!(out, "      ({hidden} lines before these; the log has them all)")?;
        }
        for line in &found.story[hidden..] {
            writeln!(out, "      {line}")?;
        }
        if let Some(log) = &found.log {
            writeln!(out, "    {command} replay {}", quoted(log))?;
        }
        Ok(())
    }
}

fn write_recovery(out: &mut fmt::Formatter<'_>, name: &str, recovery: &Recovery) -> fmt::Result {
    let Recovery { count, min_s, median_s, p90_s, p99_s, max_s } = *recovery;
    if count == 0 {
        return writeln!(out, "  recovery, in no seed: {name}");
    }
    let [min, median, p90, p99, max] = [min_s, median_s, p90_s, p99_s, max_s].map(rounded);
    writeln!(
        out,
        "  recovery, in {count} seeds: {min} at least, median {median}, 90 % {p90}, 99 % {p99}, \
         {max} at most: {name}"
    )
}

/// At most so many lines of a story stand in a report, from its end.
const LONGEST_STORY: usize = 30;

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+=:@%,".contains(letter);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// A span of seconds with three digits at most, in a unit people like.
pub(crate) fn rounded(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{:.1} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3_600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_only_if_a_shell_would_take_it_apart() {
        let quoted = |path: &str| quoted(Path::new(path));
        assert_eq!(quoted("logs/counter-7.json"), "logs/counter-7.json");
        assert_eq!(quoted("my logs/a.json"), "'my logs/a.json'");
        assert_eq!(quoted("it's/$HOME"), r"'it'\''s/$HOME'");
    }
}
