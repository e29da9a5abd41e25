//! What is said of a scenario whose types nobody knows any more.

use serde::Serialize;
use stormglass_replay::Drift;

use crate::prove::Proof;
use crate::report::ShrunkSize;

/// How one seed went.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Nothing was violated.
    pub passed: bool,
    /// Property and cause.
    pub signature: Option<String>,
    /// What was seen, for people.
    pub detail: Option<String>,
    /// A known defect.
    pub known: bool,
    /// How many events there were.
    pub events: u64,
    /// Virtual time at the end.
    pub simulated_s: f64,
    /// The hash chain, in hexadecimal.
    pub chain: String,
    /// How many deviations made it.
    pub deviations: usize,
    /// The run in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// A replay, without types.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    /// `exact`, `drifted` or `absent`.
    pub verdict: &'static str,
    /// The property that was violated, if one was.
    pub property: Option<String>,
    /// Property and cause.
    pub signature: Option<String>,
    /// How many events there were.
    pub events: u64,
    /// The hash chain, in hexadecimal.
    pub chain: String,
    /// The first line of the story that is not as the log has it: the line there, the line now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<(String, String)>,
    /// How many deviations the log has.
    pub deviations: usize,
    /// Why it is not the run that the log says.
    #[serde(flatten)]
    pub drift: Drift,
    /// The run in words.
    #[serde(skip)]
    pub story: Vec<String>,
}

/// What has come of the search for a log near another that fails today.
#[derive(Clone, Debug, Serialize)]
pub struct Repair {
    /// `exact`, `drifted` or `absent`: of the log as it was given.
    pub verdict: &'static str,
    /// A log that fails in the same way was found, and written.
    pub repaired: bool,
    /// How many runs it took.
    pub tried: u64,
    /// Everything near the log was tried.
    pub exhausted: bool,
    /// How many deviations the new log has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviations: Option<usize>,
    /// The story of the new log.
    #[serde(skip)]
    pub story: Vec<String>,
}

/// How a log was shrunk.
#[derive(Clone, Debug, Serialize)]
pub struct Shrink {
    /// How it was shrunk.
    #[serde(flatten)]
    pub size: ShrunkSize,
    /// What is known of smaller logs, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The story of what is left.
    #[serde(skip)]
    pub story: Vec<String>,
}
