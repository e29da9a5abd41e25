use std::path::Path;

use serde::Serialize;
use stormglass_replay::{
    Comparison, LogError, Picture, RawLog, Repaired, Story, Verdict, log_of, repair, replay, write,
};
use stormglass_shrinker::Budget;
use stormglass_simulator::{Scenario, Watch, World};

use crate::answers::{Repair, Replay, Run, Shrink};
use crate::measure::{Measured, measure};
use crate::prove::{self, Proving};
use crate::shrink::{self, Shrunk};
use crate::{Options, Report, campaign};

/// Scenarios by name, and the bugs that can be planted in them.
#[derive(Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

/// What scenarios are listed in, whatever is done with them: a [`Registry`], if everything is.
pub trait Catalogue {
    /// Adds a scenario with bugs that can be planted in it. The function is given the name of one of
    /// them, or nothing.
    #[must_use]
    fn with_planted<S: Scenario + 'static>(
        self,
        name: &'static str,
        about: &'static str,
        bugs: Vec<Planted>,
        build: impl Fn(Option<&'static str>) -> S + Send + Sync + 'static,
    ) -> Self;
}

impl Catalogue for Registry {
    fn with_planted<S: Scenario + 'static>(
        self,
        name: &'static str,
        about: &'static str,
        bugs: Vec<Planted>,
        build: impl Fn(Option<&'static str>) -> S + Send + Sync + 'static,
    ) -> Self {
        self.with_planted(name, about, bugs, build)
    }
}

/// A scenario, as the command knows it.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// The bugs that can be planted in it.
    pub bugs: Vec<Planted>,
    build: Box<dyn Fn(Option<&'static str>) -> Box<dyn Runnable> + Send + Sync>,
}

/// A bug that can be planted, and the property that must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The property that finds it.
    pub caught_by: &'static str,
}

/// A name that is not there, and those that come close.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}{}", hint(.close, .all))]
pub struct UnknownName {
    /// What was looked for.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// Names like it.
    pub close: Vec<&'static str>,
    /// The command that lists all of them.
    pub all: String,
}

fn hint(close: &[&str], all: &str) -> String {
    match close {
        [] => format!("; {all} lists them"),
        close => format!("; did you mean {}?", close.join(" or ")),
    }
}

/// Names longer than this are like no other; comparing them would take long.
const LONGEST_COMPARED: usize = 200;

impl UnknownName {
    /// A name that is none of `all`.
    pub fn new(what: &'static str, name: &str, all: impl Iterator<Item = &'static str>) -> Self {
        let comparable = name.len() <= LONGEST_COMPARED;
        let mut close: Vec<_> = all
            .filter(|_| comparable)
            .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
            .filter(|(similarity, known)| *similarity > 0.4 || known.contains(name))
            .collect();
        close.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let close = close.into_iter().take(3).map(|(_, known)| known).collect();
        UnknownName { what, name: name.to_owned(), close, all: "stormglass list".to_owned() }
    }
}

impl Registry {
    /// An empty one.
    pub fn new() -> Self {
        Registry::default()
    }

    /// Adds a scenario.
    #[must_use]
    pub fn with<S: Scenario + 'static>(
        self,
        name: &'static str,
        about: &'static str,
        build: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self {
        self.with_planted(name, about, Vec::new(), move |_| build())
    }

    /// Adds a scenario with bugs that can be planted in it. The function is given the name of
    /// one of them, or nothing.
    ///
    /// # Panics
    ///
    /// If there is a scenario of this name. Later, when the scenario is built, if that calls itself
    /// otherwise: logs and reports would speak of one that nobody finds.
    #[must_use]
    pub fn with_planted<S: Scenario + 'static>(
        mut self,
        name: &'static str,
        about: &'static str,
        bugs: Vec<Planted>,
        build: impl Fn(Option<&'static str>) -> S + Send + Sync + 'static,
    ) -> Self {
        assert!(self.find(name).is_err(), "two scenarios are called {name:?}");
        let build = Box::new(move |bug| {
            let scenario = build(bug);
            let own = scenario.name();
            assert!(
                own == name,
                "the registry calls {name:?} a scenario that calls itself {own:?}"
            );
            Box::new(scenario) as Box<dyn Runnable>
        });
        self.entries.push(Entry { name, about, bugs, build });
        self
    }

    /// All scenarios, in the order in which they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The scenario of this name.
    ///
    /// # Errors
    ///
    /// If there is none; with the names that come close.
    pub fn find(&self, name: &str) -> Result<&Entry, UnknownName> {
        let names = self.entries.iter().map(|entry| entry.name);
        let found = self.entries.iter().find(|entry| entry.name == name);
        found.ok_or_else(|| UnknownName::new("scenario", name, names))
    }

    /// The scenario a log is of, with the bug planted that it says, unless `healthy`.
    ///
    /// # Errors
    ///
    /// If there is no such scenario or bug.
    pub fn of(&self, log: &RawLog, healthy: bool) -> Result<Box<dyn Runnable>, UnknownName> {
        let planted = log.head().planted.as_deref().filter(|_| !healthy);
        self.find(&log.head().scenario)?.build(planted)
    }
}

impl Entry {
    /// The scenario, ready to run.
    ///
    /// # Errors
    ///
    /// If it has no bug of this name.
    pub fn build(&self, planted: Option<&str>) -> Result<Box<dyn Runnable>, UnknownName> {
        let Some(planted) = planted else { return Ok((self.build)(None)) };
        let names = self.bugs.iter().map(|bug| bug.name);
        match names.clone().find(|name| *name == planted) {
            Some(bug) => Ok((self.build)(Some(bug))),
            None => Err(UnknownName::new("planted bug", planted, names)),
        }
    }
}

/// A scenario without its types: what the command can do with it.
pub trait Runnable {
    /// Runs many seeds.
    fn campaign(&self, options: &Options) -> Report;

    /// Runs one seed.
    fn run(&self, seed: u64, story: bool) -> Run;

    /// Replays a log.
    ///
    /// # Errors
    ///
    /// If the log makes no sense.
    fn replay(&self, log: &RawLog) -> Result<Replay, LogError>;

    /// Shrinks a log and writes what is left; then, if asked to, tries all smaller ones, and writes
    /// one that is found. Nothing is written if what the log expects no longer happens.
    ///
    /// # Errors
    ///
    /// If the log makes no sense, or the new one cannot be written.
    fn shrink(
        &self,
        log: &RawLog,
        budget: Budget<'_>,
        prove: Option<Proving<'_>>,
        out: &Path,
    ) -> Result<Option<Shrink>, LogError>;

    /// Shrinks a seed, and tries all lists that are smaller than what is left; nothing if the seed
    /// does not violate this property.
    fn measure(
        &self,
        seed: u64,
        property: &str,
        budget: Budget<'_>,
        proving: Proving<'_>,
    ) -> Option<Measured>;

    /// Searches near a log for one that fails today in the same way, and writes it. What is given is
    /// asked before each run, with the number of those before it, whether to go on.
    ///
    /// # Errors
    ///
    /// If the log makes no sense, or the new one cannot be written.
    fn repair(
        &self,
        log: &RawLog,
        keep_going: &dyn Fn(u64) -> bool,
        out: &Path,
    ) -> Result<Repair, LogError>;

    /// The first deviation, by its position, without which the log still fails in the same way;
    /// nothing if none can be left out.
    ///
    /// # Errors
    ///
    /// If the log makes no sense.
    fn superfluous(&self, log: &RawLog) -> Result<Option<usize>, LogError>;

    /// Writes a log in the form that the name of the file asks for. If it still replays exactly, its
    /// story is told anew.
    ///
    /// # Errors
    ///
    /// If the log makes no sense, or cannot be written.
    fn convert(&self, log: &RawLog, out: &Path) -> Result<(), LogError>;

    /// The story that stands in a log.
    ///
    /// # Errors
    ///
    /// If the log makes no sense.
    fn story(&self, log: &RawLog) -> Result<Vec<String>, LogError>;

    /// The run of a log as it is now, to be drawn.
    ///
    /// # Errors
    ///
    /// If the log makes no sense.
    fn picture(&self, log: &RawLog) -> Result<Picture, LogError>;
}

impl<S: Scenario> Runnable for S {
    fn campaign(&self, options: &Options) -> Report {
        campaign(self, options)
    }

    fn run(&self, seed: u64, story: bool) -> Run {
        let mut world = World::new(self);
        let recorded = world.record(seed);
        let outcome = recorded.outcome;
        let mut told = Vec::new();
        if story {
            let mut teller = Story::new(self, &recorded.deviations);
            let mut watch: &mut dyn Watch<S::Machine> = &mut teller;
            world.replay(seed, &recorded.deviations, u64::MAX, &mut watch);
            told = teller.tell(outcome.failure.as_ref(), outcome.time);
        }
        let failure = outcome.failure.as_ref();
        Run {
            scenario: self.name().to_owned(),
            seed,
            passed: failure.is_none(),
            signature: failure.map(|failure| failure.signature().to_string()),
            detail: failure.map(|failure| failure.violation.detail.clone()),
            known: failure.is_some_and(|failure| failure.violation.known),
            events: outcome.events,
            simulated_s: outcome.time.as_nanos() as f64 / 1e9,
            chain: format!("{:016x}", outcome.chain),
            deviations: recorded.deviations.len(),
            story: told,
        }
    }

    fn replay(&self, log: &RawLog) -> Result<Replay, LogError> {
        let log = log.read(self)?;
        let Comparison { verdict, outcome, story, first_difference, drift, deviations, .. } =
            replay(self, &log);
        let failure = outcome.failure.as_ref();
        Ok(Replay {
            verdict: verdict.name(),
            property: failure.map(|failure| failure.property.clone()),
            signature: failure.map(|failure| failure.signature().to_string()),
            events: outcome.events,
            chain: format!("{:016x}", outcome.chain),
            first_difference,
            deviations: deviations.len(),
            drift,
            story,
        })
    }

    fn shrink(
        &self,
        log: &RawLog,
        budget: Budget<'_>,
        prove: Option<Proving<'_>>,
        out: &Path,
    ) -> Result<Option<Shrink>, LogError> {
        // What the log comes to in a run of today, which fails as it says.
        let Comparison { verdict, seed, deviations, .. } = replay(self, &log.read(self)?);
        if verdict == Verdict::Absent {
            return Ok(None);
        }
        let Some(mut shrunk) = shrink::shrink(self, seed, deviations, budget) else {
            return Ok(None);
        };
        // First, since a proof may take hours.
        write(out, &shrunk.log)?;
        let mut proof = None;
        if let Some(proving) = prove {
            let (known, smaller) = prove::prove(self, &shrunk, budget, proving);
            proof = Some(known);
            if let Some(smaller) = smaller {
                write(out, &smaller.log)?;
                shrunk = smaller;
            }
        }
        let Shrunk { log, size } = shrunk;
        Ok(Some(Shrink { size, proof, story: log.story }))
    }

    fn measure(
        &self,
        seed: u64,
        property: &str,
        budget: Budget<'_>,
        proving: Proving<'_>,
    ) -> Option<Measured> {
        measure(self, seed, property, budget, proving)
    }

    fn repair(
        &self,
        log: &RawLog,
        keep_going: &dyn Fn(u64) -> bool,
        out: &Path,
    ) -> Result<Repair, LogError> {
        let log = log.read(self)?;
        let Repaired { verdict, tried, exhausted, log: found } = repair(self, &log, keep_going);
        if let Some(found) = &found {
            write(out, found)?;
        }
        Ok(Repair {
            verdict: verdict.name(),
            repaired: found.is_some(),
            tried,
            exhausted,
            deviations: found.as_ref().map(|found| found.deviations.len()),
            story: found.map(|found| found.story).unwrap_or_default(),
        })
    }

    fn superfluous(&self, log: &RawLog) -> Result<Option<usize>, LogError> {
        let log = log.read(self)?;
        let mut world = World::new(self);
        let mut still_fails = |left_out: usize| {
            let mut fewer = log.deviations.clone();
            fewer.remove(left_out);
            let outcome = world.replay(log.seed, &fewer, u64::MAX, &mut ()).outcome;
            outcome.failure.is_some_and(|failure| {
                failure.property == log.expected.property
                    && failure.violation.cause == log.expected.cause
            })
        };
        Ok((0..log.deviations.len()).find(|left_out| still_fails(*left_out)))
    }

    fn convert(&self, log: &RawLog, out: &Path) -> Result<(), LogError> {
        let mut log = log.read(self)?;
        // Today's code knows where the deviations meet the run, and how to tell of it.
        if replay(self, &log).verdict == Verdict::Exact
            && let Some(again) = log_of(self, log.seed, log.deviations.clone())
        {
            (log.deviations, log.context, log.story) =
                (again.deviations, again.context, again.story);
        }
        write(out, &log)
    }

    fn story(&self, log: &RawLog) -> Result<Vec<String>, LogError> {
        Ok(log.read(self)?.story)
    }

    fn picture(&self, log: &RawLog) -> Result<Picture, LogError> {
        Ok(Picture::of(self, &log.read(self)?))
    }
}
