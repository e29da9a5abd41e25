//! Two campaigns, side by side: what has become worse.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Report;
use crate::report::{Coverage, Recovery, SiteCount, rounded};

/// What is kept of a report that was written as JSON: what another campaign is compared with.
/// Fields that are not known are left aside.
#[derive(Clone, Debug, Deserialize)]
pub struct Earlier {
    /// The scenario.
    pub scenario: String,
    /// The bug that was planted, if one was.
    #[serde(default)]
    pub planted: Option<String>,
    /// How many seeds were run.
    pub seeds_run: u64,
    /// Events per second of real time.
    pub events_per_s: f64,
    /// What failed.
    pub failures: Vec<EarlierFailure>,
    /// In how many seeds each `sometimes` property was seen.
    pub sometimes: BTreeMap<String, u64>,
    /// What was reached.
    pub coverage: Coverage,
    /// How long it took until what must come true did. Reports of earlier versions have none.
    #[serde(default)]
    pub recovery: BTreeMap<String, Recovery>,
}

/// A distinct failure of an earlier campaign.
#[derive(Clone, Debug, Deserialize)]
pub struct EarlierFailure {
    /// Property and cause, in one text.
    pub signature: String,
    /// How many seeds showed it.
    pub count: u64,
}

/// The JSON that `campaign --json` prints: one report, or those of several scenarios.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum EarlierReports {
    /// Of several scenarios.
    Several {
        /// Theirs.
        scenarios: Vec<Earlier>,
    },
    /// Of one.
    One(Box<Earlier>),
}

impl EarlierReports {
    /// The report of this scenario with this bug.
    pub fn of(&self, scenario: &str, planted: Option<&str>) -> Option<&Earlier> {
        let all = match self {
            EarlierReports::Several { scenarios } => &scenarios[..],
            EarlierReports::One(report) => std::slice::from_ref(&**report),
        };
        all.iter().find(|one| one.scenario == scenario && one.planted.as_deref() == planted)
    }
}

/// What to think of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// For information: what differs from computer to computer, or cannot be compared.
    Same,
    /// It has become better.
    Better,
    /// It has become worse.
    Worse,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What to think of it.
    pub trend: Trend,
    /// What it is, in a sentence.
    pub what: String,
}

/// Everything that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The scenario.
    pub scenario: String,
    /// The bug that was planted, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planted: Option<String>,
    /// Worse if anything is worse, otherwise better if anything is better.
    pub trend: Trend,
    /// One by one.
    pub changes: Vec<Change>,
}

/// A recovery that takes longer by more than this, in percent, is worse: times are told to within
/// two percent.
const TOLERATED_PERCENT: f64 = 10.0;

/// Compares a campaign with an earlier one of the same scenario.
///
/// Worse are a failure that was not there; something that was seen sometimes, or a pair of state
/// and input kind or a site that was reached, and is not any more in at least as many seeds; and a
/// recovery whose median or 99th percentile is longer by more than a tenth. Speed is told, not judged.
pub fn compare(earlier: &Earlier, now: &Report) -> Changes {
    let mut changes = Vec::new();
    if earlier.seeds_run != now.seeds_run {
        let what = format!("{} seeds then, {} now", earlier.seeds_run, now.seeds_run);
        changes.push(Change { trend: Trend::Same, what });
    }
    failures(earlier, now, &mut changes);
    sometimes(earlier, now, &mut changes);
    coverage(earlier, now, &mut changes);
    recoveries(earlier, now, &mut changes);
    let what = format!(
        "{:.0} events/s then, {:.0} now (not judged)",
        earlier.events_per_s, now.events_per_s
    );
    changes.push(Change { trend: Trend::Same, what });
    let trend = changes.iter().map(|change| change.trend).max().unwrap_or(Trend::Same);
    let (scenario, planted) = (now.scenario.clone(), now.planted.clone());
    Changes { scenario, planted, trend, changes }
}

/// What is not there any more is a loss only if the campaign is at least as large.
fn loss(earlier: &Earlier, now: &Report) -> Trend {
    if now.seeds_run >= earlier.seeds_run { Trend::Worse } else { Trend::Same }
}

fn failures(earlier: &Earlier, now: &Report, changes: &mut Vec<Change>) {
    let then: BTreeMap<_, _> =
        earlier.failures.iter().map(|one| (one.signature.as_str(), one.count)).collect();
    let found: BTreeMap<_, _> =
        now.failures.iter().map(|one| (one.signature.as_str(), one.count)).collect();
    for (signature, count) in &found {
        match then.get(signature) {
            None => changes.push(Change {
                trend: Trend::Worse,
                what: format!("a new failure, in {count} seeds: {signature}"),
            }),
            Some(before) if before != count => changes.push(Change {
                trend: Trend::Same,
                what: format!("failed in {before} seeds then, in {count} now: {signature}"),
            }),
            Some(_) => {}
        }
    }
    let gone = then.keys().filter(|signature| !found.contains_key(*signature));
    changes.extend(gone.map(|signature| Change {
        trend: match loss(earlier, now) {
            Trend::Worse => Trend::Better,
            _ => Trend::Same,
        },
        what: format!("no longer fails: {signature}"),
    }));
}

fn sometimes(earlier: &Earlier, now: &Report, changes: &mut Vec<Change>) {
    for (name, count) in &now.sometimes {
        let before = earlier.sometimes.get(name).copied();
        let (trend, what) = match (before, *count) {
            (Some(before), now) if before == now => continue,
            (Some(before @ 1..), 0) => {
                (loss(earlier, now), format!("seen in {before} seeds then, never now: {name}"))
            }
            (Some(0), count) => {
                (Trend::Better, format!("never seen then, in {count} seeds now: {name}"))
            }
            (Some(before), count) => {
                (Trend::Same, format!("seen in {before} seeds then, in {count} now: {name}"))
            }
            (None, count) => {
                (Trend::Same, format!("not looked for then, in {count} seeds: {name}"))
            }
        };
        changes.push(Change { trend, what });
    }
    let gone = earlier.sometimes.keys().filter(|name| !now.sometimes.contains_key(*name));
    changes.extend(
        gone.map(|name| Change {
            trend: Trend::Same,
            what: format!("no longer looked for: {name}"),
        }),
    );
}

fn coverage(earlier: &Earlier, now: &Report, changes: &mut Vec<Change>) {
    let (then, now_covered) = (covered(&earlier.coverage), covered(&now.coverage));
    let sides = [
        (loss(earlier, now), "no longer reached", then.difference(&now_covered)),
        (Trend::Better, "newly reached", now_covered.difference(&then)),
    ];
    for (trend, words, names) in sides {
        changes.extend(names.map(|name| Change { trend, what: format!("{words}: {name}") }));
    }
}

/// Pairs of state and input kind, sites that were reached, and sites that have fired.
fn covered(coverage: &Coverage) -> BTreeSet<String> {
    let mut names: BTreeSet<_> = coverage.pairs.keys().cloned().collect();
    for (site, SiteCount { reached, fired }) in &coverage.sites {
        if *reached > 0 {
            names.insert(format!("site {site}"));
        }
        if *fired > 0 {
            names.insert(format!("site {site}, fired"));
        }
    }
    names
}

fn recoveries(earlier: &Earlier, now: &Report, changes: &mut Vec<Change>) {
    for (name, recovery) in &now.recovery {
        let Some(before) = earlier.recovery.get(name) else {
            let what = format!("not measured then: recovery until {name}");
            changes.push(Change { trend: Trend::Same, what });
            continue;
        };
        let figures = [
            ("median", before.median_s, recovery.median_s, true),
            ("99 %", before.p99_s, recovery.p99_s, true),
            ("longest", before.max_s, recovery.max_s, false),
        ];
        for (figure, then, now, judged) in figures {
            let margin = then * TOLERATED_PERCENT / 100.0;
            let trend = match now - then {
                _ if then == now => continue,
                _ if !judged => Trend::Same,
                longer if longer > margin => Trend::Worse,
                longer if -longer > margin => Trend::Better,
                _ => Trend::Same,
            };
            let (then, now) = (rounded(then), rounded(now));
            let what = format!("recovery, {figure}: {then} then, {now} now: {name}");
            changes.push(Change { trend, what });
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.trend {
            Trend::Worse => "WORSE than the earlier campaign",
            Trend::Better => "better than the earlier campaign",
            Trend::Same => "no worse than the earlier campaign",
        };
        let planted = self.planted.as_ref().map(|bug| format!(" with {bug} planted"));
        writeln!(out, "{}{}: {verdict}", self.scenario, planted.unwrap_or_default())?;
        for Change { trend, what } in &self.changes {
            let mark = match trend {
                Trend::Worse => "WORSE",
                Trend::Better => "better",
                Trend::Same => "",
            };
            writeln!(out, "  {mark:6}  {what}")?;
        }
        Ok(())
    }
}
