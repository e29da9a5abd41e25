//! What people see while they wait: a bar on a terminal, a line now and then anywhere else.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stormglass_simulator::Signature;

use crate::Options;
use crate::clock::Stopwatch;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What all threads have done so far. Numbers are written once for each block of seeds, the lists
/// only when a thread meets something it has not met before.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) seeds: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// Seeds that went round in circles.
    runaways: AtomicU64,
    signatures: Mutex<BTreeSet<Signature>>,
    pairs: Mutex<BTreeSet<(&'static str, &'static str)>>,
}

/// A search ends early once so many seeds have gone round in circles …
const MOST_RUNAWAYS: u64 = 4;
/// … and that was at least one of so many. Each takes as long as thousands of others, so that the
/// search would look as if it hung.
const RARE: u64 = 16;

impl Done {
    /// A seed went round in circles, after so many events.
    pub(crate) fn runaway(&self, scenario: &str, seed: u64, events: u64, options: &Options) {
        self.runaways.fetch_add(1, Ordering::Relaxed);
        if options.progress {
            say(&format!("{scenario}: seed {seed} goes round in circles, {events} events so far"));
        }
    }

    /// Whether most of the time goes into seeds that go round in circles.
    pub(crate) fn runs_away(&self) -> bool {
        let runaways = self.runaways.load(Ordering::Relaxed);
        runaways >= MOST_RUNAWAYS && runaways * RARE >= self.seeds.load(Ordering::Relaxed)
    }

    /// A failure that is new to a thread.
    pub(crate) fn distinct(&self, signature: &Signature) {
        lock(&self.signatures).insert(signature.clone());
    }

    /// Pairs of state and input kind, some of them new to a thread.
    pub(crate) fn reached(&self, pairs: impl Iterator<Item = (&'static str, &'static str)>) {
        lock(&self.pairs).extend(pairs);
    }
}

/// A thread that panicked has left a set that is as good as any.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Progress {
    scenario: String,
    bar: Option<ProgressBar>,
    watch: Stopwatch,
    last_line: Duration,
}

impl Progress {
    pub(crate) fn new(scenario: &str, options: &Options) -> Self {
        let watch = Stopwatch::start();
        let scenario = scenario.to_owned();
        let mut progress = Progress { scenario, bar: None, watch, last_line: Duration::ZERO };
        if options.progress && console_on_stderr() {
            let bar = match options.time_limit {
                Some(limit) => ProgressBar::new(millis(limit)),
                None => ProgressBar::new(options.seeds.end - options.seeds.start),
            };
            bar.set_draw_target(ProgressDrawTarget::stderr());
            // The figures have a line of their own, cut off where the terminal ends.
            let style = "{prefix} {wide_bar} {percent}%, {eta} left\n  {wide_msg}";
            bar.set_style(ProgressStyle::with_template(style).expect("the template is right"));
            bar.set_prefix(progress.scenario.clone());
            progress.bar = Some(bar);
        } else if options.progress {
            let threads = options.jobs;
            say(&format!("{}: begins on {threads} threads; Ctrl-C ends it", progress.scenario));
        }
        progress
    }

    pub(crate) fn show(&mut self, done: &Done, options: &Options) {
        if !options.progress {
            return;
        }
        let elapsed = self.watch.elapsed();
        let per_second = |count: u64| count as f64 / elapsed.as_secs_f64().max(1e-9);
        let seeds = done.seeds.load(Ordering::Relaxed);
        let events = per_second(done.events.load(Ordering::Relaxed)) / 1e6;
        let failing = done.failures.load(Ordering::Relaxed);
        let (distinct, pairs) = (lock(&done.signatures).len(), lock(&done.pairs).len());
        let words = format!(
            "{seeds} seeds, {:.0} seeds/s, {events:.1} M events/s, {failing} failing in {distinct} \
             ways, {pairs} pairs reached",
            per_second(seeds)
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(options.time_limit.map_or(seeds, |_| millis(elapsed)));
                bar.set_message(words);
            }
            None if elapsed >= self.last_line + LINE_EVERY => {
                self.last_line = elapsed;
                say(&format!("{}: {words}", self.scenario));
            }
            None => {}
        }
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What is shown on a terminal, and nowhere else, until it is dropped.
#[derive(Debug)]
struct Shown(Option<ProgressBar>);

impl Shown {
    fn new(wanted: bool, bar: impl FnOnce() -> ProgressBar) -> Self {
        Shown((wanted && console_on_stderr()).then(|| {
            let bar = bar();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar
        }))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Counts the candidates of a search of which nobody knows how many there will be.
#[derive(Debug)]
pub(crate) struct Counting {
    shown: Shown,
    count: u64,
}

/// A terminal is told of every so many candidates.
const GLANCE: u64 = 256;

impl Counting {
    pub(crate) fn new(wanted: bool) -> Self {
        Counting { shown: Shown::new(wanted, ProgressBar::new_spinner), count: 0 }
    }

    /// A candidate of so many deviations is about to be run.
    pub(crate) fn one_more(&mut self, deviations: usize) {
        self.count += 1;
        if let Some(bar) = self.shown.0.as_ref().filter(|_| self.count.is_multiple_of(GLANCE)) {
            bar.set_message(format!("{} candidates, now of {deviations} deviations", self.count));
            bar.tick();
        }
    }
}

/// How far a search is that is bounded by a number of tries.
#[derive(Debug)]
pub struct Countdown(Shown);

impl Countdown {
    /// Of so many tries.
    pub fn new(what: &str, most: u64, wanted: bool) -> Countdown {
        Countdown(Shown::new(wanted, || {
            let style = "{prefix} {wide_bar} {pos} of {len}, {eta} left";
            let style = ProgressStyle::with_template(style).expect("the template is right");
            ProgressBar::new(most).with_style(style).with_prefix(what.to_owned())
        }))
    }

    /// So many have been tried.
    pub fn show(&self, tried: u64) {
        if let Some(bar) = &self.0.0 {
            bar.set_position(tried);
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Says something on standard error. Nobody may be listening any more; nothing ends for that.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn console_on_stderr() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr())
}
