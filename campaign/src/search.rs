use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use stormglass_machine::SiteTally;
use stormglass_simulator::{
    BOUNDED_EVENTS, Distribution, Facts, NOT_DETERMINISTIC, Outcome, Scenario, Signature,
    TIME_GOES_ON, UNDECIDED,
};

use crate::clock::Stopwatch;
use crate::progress::{Done, Progress, say};
use crate::report::{Coverage, Recovery, mostly, tallies};
use crate::triage::triage;
use crate::{Found, Options, Report};

/// How many seeds a thread takes at a time, at most: enough that threads rarely meet. Towards the
/// end of a campaign it takes fewer, so that all threads end together.
const BLOCK: u64 = 16;

/// How often progress is shown, and the time limit looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Runs every seed of a scenario, then shrinks the first failure of each distinct signature and
/// writes its log.
///
/// # Panics
///
/// If there are no seeds: that would be a pass without a run.
#[track_caller]
pub fn campaign<S: Scenario>(scenario: &S, options: &Options) -> Report {
    let Range { start, end } = options.seeds;
    assert!(start < end, "a campaign over the seeds {start}..{end} would run none");
    let watch = Stopwatch::start();
    let (share, end) = search(scenario, options);
    let elapsed_s = watch.elapsed().as_secs_f64();
    let mut failures: Vec<Found> = Vec::new();
    let mut known = Vec::new();
    for (signature, hit) in share.hits {
        let mut found = Found::new(&signature, hit.detail, hit.seed, hit.count);
        if hit.known && !options.strict {
            known.push(found);
        } else {
            if options.progress {
                say(&format!("{}: shrinks: {signature}", scenario.name()));
            }
            triage(scenario, options, &signature, hit.chain, &mut found);
            file(&mut failures, found);
        }
    }
    let sometimes: BTreeMap<_, _> =
        share.sometimes.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    let all_seen = end != End::Whole || sometimes.values().all(|count| *count > 0);
    let undecided = share.facts.get(UNDECIDED).runs;
    let (reached, unreached) =
        scenario.expected_facts().into_iter().partition(|name| share.facts.get(name).runs > 0);
    Report {
        scenario: scenario.name().to_owned(),
        planted: scenario.planted().map(str::to_owned),
        beyond: options.beyond,
        seeds_run: share.seeds,
        events: share.events,
        elapsed_s,
        events_per_s: share.events as f64 / elapsed_s.max(1e-9),
        simulated_s: share.simulated_ns as f64 / 1e9,
        chains: format!("{:016x}", share.chains),
        passed: failures.is_empty() && all_seen && !mostly(undecided, share.seeds),
        interrupted: end == End::Interrupted,
        ended_early: end == End::Early,
        failures,
        known,
        sometimes,
        recovery: (share.recoveries.iter())
            .map(|(name, spans)| ((*name).to_owned(), Recovery::from(spans)))
            .collect(),
        stuck_by_design: share.stuck_by_design,
        coverage: Coverage::new(&share.pairs, &share.sites),
        facts: tallies(&share.facts),
        reached,
        unreached,
    }
}

/// Adds a failure. Whatever failed when it was first run, what is not deterministic is one failure.
fn file(failures: &mut Vec<Found>, found: Found) {
    let same = |other: &&mut Found| {
        other.property == NOT_DETERMINISTIC && found.property == NOT_DETERMINISTIC
    };
    let Some(other) = failures.iter_mut().find(same) else { return failures.push(found) };
    let count = other.count + found.count;
    if found.seed < other.seed {
        *other = found;
    }
    other.count = count;
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All seeds were run, or the time was over.
    Whole,
    /// Somebody asked for it.
    Interrupted,
    /// Seed after seed went round in circles.
    Early,
}

/// What one thread has done, or all of them together.
#[derive(Default)]
struct Share {
    seeds: u64,
    events: u64,
    simulated_ns: u128,
    /// The sum of the chains of all seeds, each weighed by its seed: the same in any order.
    chains: u64,
    hits: BTreeMap<Signature, Hit>,
    sometimes: BTreeMap<&'static str, u64>,
    pairs: BTreeMap<(&'static str, &'static str), u64>,
    /// How many pairs were reached when progress last heard of them.
    reached: usize,
    facts: Facts,
    sites: BTreeMap<&'static str, SiteTally>,
    recoveries: BTreeMap<&'static str, Distribution>,
    stuck_by_design: u64,
}

/// A distinct failure, as its lowest seed shows it.
struct Hit {
    seed: u64,
    chain: u64,
    count: u64,
    /// That it is known was said of every seed.
    known: bool,
    detail: String,
}

impl Share {
    fn hit(&mut self, signature: Signature, hit: Hit) {
        match self.hits.entry(signature) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(hit);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let first = place.get_mut();
                let (count, known) = (first.count + hit.count, first.known && hit.known);
                if hit.seed < first.seed {
                    *first = hit;
                }
                (first.count, first.known) = (count, known);
            }
        }
    }

    fn merge(&mut self, other: Share) {
        self.seeds += other.seeds;
        self.events += other.events;
        self.simulated_ns += other.simulated_ns;
        self.chains = self.chains.wrapping_add(other.chains);
        other.hits.into_iter().for_each(|(signature, hit)| self.hit(signature, hit));
        for (name, count) in other.sometimes {
            *self.sometimes.entry(name).or_default() += count;
        }
        for (pair, count) in other.pairs {
            *self.pairs.entry(pair).or_default() += count;
        }
        self.facts.merge(&other.facts);
        for (site, SiteTally { reached, fired }) in other.sites {
            let tally = self.sites.entry(site).or_default();
            tally.reached += reached;
            tally.fired += fired;
        }
        for (name, spans) in other.recoveries {
            self.recoveries.entry(name).or_default().merge(&spans);
        }
        self.stuck_by_design += other.stuck_by_design;
    }
}

/// Runs the seeds on all threads.
fn search<S: Scenario>(scenario: &S, options: &Options) -> (Share, End) {
    let next = AtomicU64::new(options.seeds.start);
    let done = Done::default();
    let watch = Stopwatch::start();
    let over = || {
        options.stopped()
            || done.runs_away()
            || options.time_limit.is_some_and(|limit| watch.elapsed() >= limit)
    };
    let mut progress = Progress::new(scenario.name(), options);
    let mut all = Share::default();
    let (sender, shares) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.get() {
            let sender = sender.clone();
            let (next, done, over) = (&next, &done, &over);
            scope.spawn(move || {
                let share = work(scenario, options, next, done, over);
                sender.send(share).unwrap_or_else(|_| unreachable!("this scope receives it"));
            });
        }
        drop(sender);
        loop {
            match shares.recv_timeout(GLANCE) {
                Ok(share) => all.merge(share),
                Err(RecvTimeoutError::Timeout) => progress.show(&done, options),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    progress.finish();
    let wanted = options.seeds.end - options.seeds.start;
    let end = match all.seeds < wanted {
        true if options.stopped() => End::Interrupted,
        true if done.runs_away() => End::Early,
        _ => End::Whole,
    };
    (all, end)
}

fn work<S: Scenario>(
    scenario: &S,
    options: &Options,
    next: &AtomicU64,
    done: &Done,
    over: &dyn Fn() -> bool,
) -> Share {
    let mut world = options.world(scenario);
    let mut twin = options.twice.then(|| options.world(scenario));
    let mut share = Share::default();
    let (end, jobs) = (options.seeds.end, options.jobs.get() as u64);
    while !over() {
        let after = |start: u64| start + ((end - start) / jobs.saturating_mul(4)).clamp(1, BLOCK);
        let claim = |start: u64| (start < end).then(|| after(start));
        let Ok(start) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim) else {
            break;
        };
        let (mut events, mut failures, mut seeds) = (0, 0, 0);
        for seed in start..after(start) {
            if done.runs_away() {
                break;
            }
            let outcome = world.search(seed);
            seeds += 1;
            events += outcome.events;
            share.simulated_ns += u128::from(outcome.time.as_nanos());
            let weight = seed.wrapping_mul(2) | 1;
            share.chains = share.chains.wrapping_add(outcome.chain.wrapping_mul(weight));
            let again = twin.as_mut().map(|twin| twin.search(seed));
            let Some((signature, hit)) = judge(seed, outcome, again) else { continue };
            if [BOUNDED_EVENTS, TIME_GOES_ON].contains(&&*signature.property) {
                done.runaway(scenario.name(), seed, share.events + events, options);
            }
            let counts = !hit.known || options.strict;
            failures += u64::from(counts);
            if counts && !share.hits.contains_key(&signature) {
                done.distinct(&signature);
            }
            share.hit(signature, hit);
        }
        share.seeds += seeds;
        share.events += events;
        done.seeds.fetch_add(seeds, Ordering::Relaxed);
        done.events.fetch_add(events, Ordering::Relaxed);
        done.failures.fetch_add(failures, Ordering::Relaxed);
        let reached = world.pairs();
        if reached.len() > share.reached {
            share.reached = reached.len();
            done.reached(reached.into_keys());
        }
    }
    // Beyond what is tolerated nothing has to be seen.
    if !options.beyond {
        share.sometimes = world.sometimes().iter().copied().collect();
    }
    share.pairs = world.pairs();
    share.facts = world.facts().clone();
    share.sites = world.sites();
    share.recoveries = world.recoveries().map(|(name, spans)| (name, spans.clone())).collect();
    share.stuck_by_design = world.stuck_by_design();
    share
}

/// What is wrong with a seed, if anything is; `again` is how it went when it was run once more.
fn judge(seed: u64, outcome: Outcome, again: Option<Outcome>) -> Option<(Signature, Hit)> {
    if again.is_some_and(|again| again != outcome) {
        let property = NOT_DETERMINISTIC.to_owned();
        let detail = "run twice, it is two runs".to_owned();
        let hit = Hit { seed, chain: outcome.chain, count: 1, known: false, detail };
        return Some((Signature { property, cause: String::new() }, hit));
    }
    let failure = outcome.failure?;
    let (signature, violation) = (failure.signature(), failure.violation);
    let (known, detail) = (violation.known, violation.detail);
    Some((signature, Hit { seed, chain: outcome.chain, count: 1, known, detail }))
}
