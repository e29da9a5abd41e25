use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stormglass_simulator::{Scenario, World};

/// How large a campaign is, and what it does with what it finds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which seeds.
    pub seeds: Range<u64>,
    /// Ends after this much real time even if there are seeds left.
    pub time_limit: Option<Duration>,
    /// How many threads.
    pub jobs: NonZeroUsize,
    /// Known defects are failures, too.
    pub strict: bool,
    /// Each seed is run twice, in two worlds, and has to be the same run.
    pub twice: bool,
    /// Faults and clocks go beyond what scenarios tolerate, and only what must hold always is looked
    /// at.
    pub beyond: bool,
    /// Where the logs of failures are written.
    pub out: PathBuf,
    /// How many runs shrinking one failure may take.
    pub shrink_attempts: u64,
    /// Show progress on standard error.
    pub progress: bool,
    /// Set by whoever wants the campaign to end early, with a report of what has been done.
    pub stop: &'static AtomicBool,
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl Options {
    /// A campaign over these seeds: all cores, no time limit, known defects tolerated, faults within
    /// what is tolerated, logs into
    /// `stormglass-logs`, no progress shown.
    pub fn new(seeds: Range<u64>) -> Self {
        Options {
            seeds,
            time_limit: None,
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            strict: false,
            twice: false,
            beyond: false,
            out: PathBuf::from("stormglass-logs"),
            shrink_attempts: 50_000,
            progress: false,
            stop: &NEVER,
        }
    }

    /// The world that its seeds are run in.
    pub(crate) fn world<'s, S: Scenario>(&self, scenario: &'s S) -> World<'s, S> {
        let world = World::new(scenario);
        if self.beyond { world.beyond_tolerance() } else { world }
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Why a text is no range of seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedsError {
    /// It has another form.
    #[error("{0:?} is no range of seeds like 0..2000")]
    Form(String),
    /// It has no seeds.
    #[error("{0:?} is empty: the end of a range is not in it, and must be larger than its start")]
    Empty(String),
}

/// Reads a range of seeds: `0..2000`.
///
/// # Errors
///
/// If it has another form, or is empty or reversed.
pub fn parse_seeds(text: &str) -> Result<Range<u64>, SeedsError> {
    let parts = text.split_once("..");
    let seeds = parts.and_then(|(start, end)| Some(parse_seed(start)?..parse_seed(end)?));
    match seeds {
        None => Err(SeedsError::Form(text.to_owned())),
        Some(seeds) if seeds.is_empty() => Err(SeedsError::Empty(text.to_owned())),
        Some(seeds) => Ok(seeds),
    }
}

/// A number like `7` or `1_000`.
pub(crate) fn parse_seed(text: &str) -> Option<u64> {
    text.trim().replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_others_are_refused() {
        assert_eq!(parse_seeds("0..2_000"), Ok(0..2_000));
        assert_eq!(parse_seeds("7..18446744073709551615"), Ok(7..u64::MAX));
        for form in ["", "7", "..", "0..", "a..b", "0..=7", "-1..7", "0..18446744073709551616"] {
            assert_eq!(parse_seeds(form), Err(SeedsError::Form(form.to_owned())));
        }
        for empty in ["0..0", "7..3"] {
            assert_eq!(parse_seeds(empty), Err(SeedsError::Empty(empty.to_owned())));
        }
    }
}
