use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use stormglass_campaign::{Entry, Options, Runnable, ShrunkSize};
use stormglass_replay::RawLog;
use stormglass_shrinker::Budget;

/// Scenarios, each with a bug whose shrinking takes some hundred attempts.
pub const BUGS: &[(&str, &str)] = &[
    ("faction-bootstrap", "retry-not-set-on-restart"),
    ("faction-bootstrap", "completion-not-retried"),
    ("replica-failover", "step-down-without-event"),
    ("replica-partition", "splices-histories"),
    ("replica-catch-up", "forgets-tail-of-empty-log"),
];

/// The first seeds, in one of which each bug shows.
const SEEDS: u64 = 2_000;

const MOST_ATTEMPTS: u64 = 50_000;

/// A scenario with a bug, and a run that fails of it, as it was found.
pub struct Failing {
    scenario: Box<dyn Runnable>,
    log: RawLog,
    out: PathBuf,
}

impl Failing {
    /// Looks for the first seed that fails as the bug must, and writes its log.
    pub fn find(scenario: &str, bug: &str, folder: &Path) -> Result<Failing, String> {
        let registry = stormglass_scenarios::registry();
        let entry = registry.find(scenario).map_err(|error| error.to_string())?;
        let caught_by = caught_by(entry, bug)?;
        let scenario = entry.build(Some(bug)).map_err(|error| error.to_string())?;
        let folder = folder.join(bug);
        for seed in 0..SEEDS {
            // With one attempt nothing is shrunk.
            let options = Options {
                jobs: NonZeroUsize::MIN,
                shrink_attempts: 1,
                out: folder.clone(),
                ..Options::new(seed..seed + 1)
            };
            let report = scenario.campaign(&options);
            let found = report.failures.iter().find(|found| found.property == caught_by);
            if let Some(path) = found.and_then(|found| found.log.as_ref()) {
                let log = RawLog::open(path).map_err(|error| error.to_string())?;
                return Ok(Failing { scenario, log, out: folder.join("shrunk.json") });
            }
        }
        Err(format!("{bug} does not show in {SEEDS} seeds of {}", entry.name))
    }

    /// Makes it as small as it gets.
    pub fn shrink(&self) -> Result<ShrunkSize, String> {
        let shrunk = self.scenario.shrink(&self.log, Budget::new(MOST_ATTEMPTS), None, &self.out);
        match shrunk.map_err(|error| error.to_string())? {
            Some(shrunk) => Ok(shrunk.size),
            None => Err("what has failed does not fail again".to_owned()),
        }
    }
}

/// The property that must find a bug.
pub fn caught_by(entry: &Entry, bug: &str) -> Result<&'static str, String> {
    let planted = entry.bugs.iter().find(|planted| planted.name == bug);
    planted
        .map(|planted| planted.caught_by)
        .ok_or_else(|| format!("{bug} cannot be planted in {}", entry.name))
}
