//! The neighbourhood of a log that no longer reproduces: is the bug gone, or has the run only moved
//! a little to the side?
//!
//! Around the log, and around each way in which it can be read, one deviation after the other is
//! replaced by one that is near to it; then two at a time. What is nearer is tried first. Nothing
//! is drawn at random, so that the same log and the same code give the same answer.

use std::time::Duration;

use stormglass_machine::{NodeId, Time};
use stormglass_simulator::{Crash, Deviation, RequestOf, Scenario, World};

use crate::align;
use crate::context::{kind_mut, nth_mut};
use crate::log::{Log, LogOf};
use crate::reader::{Reader, fitting};
use crate::replay::{Found, Verdict, log_of, most_events, read_by_meaning, run, verdict};
use crate::steps::Steps;

/// Numbers and times are looked at so far to each side.
const FARTHEST: u32 = 8;
/// What is of another kind, at another node or in another cluster is as far away as this.
const ELSEWHERE: u32 = 3;

/// What has come of a search.
pub struct Repaired<S: Scenario> {
    /// What has become of the failure in the log as it was given.
    pub verdict: Verdict,
    /// How many lists were run.
    pub tried: u64,
    /// A log that fails today as the old one did.
    pub log: Option<LogOf<S>>,
    /// Everything near the log was tried; otherwise the search ended before.
    pub exhausted: bool,
}

/// The search starts from at most so many lists.
const MOST_BASES: usize = 6;
/// So many readings are looked at for them.
const MOST_LOOKED_AT: usize = 16;
/// Only so many deviations of a list are replaced.
const MOST_REPLACED: usize = 2_000;

/// A way to change a list a little.
#[derive(Clone)]
struct Step<R> {
    /// Which deviation is replaced; the nodes' dice are behind the last.
    position: usize,
    with: With<R>,
}

#[derive(Clone)]
enum With<R> {
    Other(Deviation<R>),
    Nothing,
    /// The nodes have other dice.
    Seed(u64),
}

/// A list that the search starts from, and what is near it, by distance from 1.
struct Base<R> {
    deviations: Vec<Deviation<R>>,
    near: Vec<Vec<Step<R>>>,
}

/// Looks for a log near this one that fails today in the same way; there is nothing to look for if it
/// is exact. Asks before each run whether to go on, and says how many there were.
pub fn repair<S: Scenario>(
    scenario: &S,
    log: &Log<RequestOf<S>>,
    keep_going: &dyn Fn(u64) -> bool,
) -> Repaired<S> {
    let (world, verdict) = (World::new(scenario), Verdict::Absent);
    let mut search = Search { scenario, world, log, verdict, tried: 0, keep_going };
    let found = search.search();
    let (exhausted, found) = match found {
        Ok(found) => (true, found),
        Err(Stopped) => (false, None),
    };
    let log = found.and_then(|(seed, deviations)| log_of(scenario, seed, deviations));
    let whole = search.log.deviations.len() <= MOST_REPLACED;
    let exhausted = exhausted && whole && log.is_none();
    Repaired { verdict: search.verdict, tried: search.tried, log, exhausted }
}

/// The search was asked to end.
struct Stopped;

struct Search<'s, S: Scenario> {
    scenario: &'s S,
    world: World<'s, S>,
    log: &'s Log<RequestOf<S>>,
    verdict: Verdict,
    tried: u64,
    keep_going: &'s dyn Fn(u64) -> bool,
}

impl<S: Scenario> Search<'_, S> {
    fn search(&mut self) -> Result<Found<S>, Stopped> {
        let as_written = fitting(self.scenario, &self.log.deviations);
        self.verdict = self.run(self.log.seed, &as_written)?;
        match self.verdict {
            Verdict::Exact => return Ok(None),
            Verdict::Drifted => return Ok(Some((self.log.seed, as_written))),
            Verdict::Absent => {}
        }
        let (before, keep_going) = (self.tried, self.keep_going);
        let go_on = |runs| keep_going(before + runs);
        let (read, runs) = read_by_meaning(self.scenario, self.log, &go_on);
        self.tried += runs;
        if read.is_some() {
            self.verdict = Verdict::Drifted;
            return Ok(read);
        }
        let lists = self.readings(as_written);
        let bases = lists.into_iter().map(|list| self.base(list));
        let bases = bases.collect::<Result<Vec<_>, Stopped>>()?;
        let farthest = bases.iter().map(|base| base.near.len()).max().unwrap_or(0);
        for distance in 0..farthest {
            for base in &bases {
                for step in base.near.get(distance).into_iter().flatten() {
                    if let Some(found) = self.attempt(base, &[step])? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        // Two at a time, by the sum of their distances.
        for sum in 0..2 * farthest {
            for base in &bases {
                if let Some(found) = self.pairs(base, sum)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    fn pairs(&mut self, base: &Base<RequestOf<S>>, sum: usize) -> Result<Found<S>, Stopped> {
        for distance in 0..=sum {
            let (Some(ones), Some(others)) =
                (base.near.get(distance), base.near.get(sum - distance))
            else {
                continue;
            };
            for one in ones {
                for other in others.iter().filter(|other| one.position < other.position) {
                    if let Some(found) = self.attempt(base, &[one, other])? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The log as it stands, and as it is read in a run of today; each list once.
    fn readings(
        &mut self,
        as_written: Vec<Deviation<RequestOf<S>>>,
    ) -> Vec<Vec<Deviation<RequestOf<S>>>> {
        let mut lists = vec![as_written];
        let Some(context) = self.log.places() else { return lists };
        let (before, keep_going) = (self.tried, self.keep_going);
        let go_on = |runs| keep_going(before + runs);
        let mut reader = Reader::new(self.scenario, self.log, context, &go_on);
        let readings = align::plain_readings(context, *self.scenario.nodes().start());
        for reading in readings.into_iter().take(MOST_LOOKED_AT) {
            let list = reader.read(reading).deviations;
            if lists.len() < MOST_BASES && !lists.contains(&list) {
                lists.push(list);
            }
        }
        self.tried += reader.runs;
        lists
    }

    /// What is near a list depends on the run it makes.
    fn base(
        &mut self,
        deviations: Vec<Deviation<RequestOf<S>>>,
    ) -> Result<Base<RequestOf<S>>, Stopped> {
        self.one_more()?;
        let steps =
            run(&mut self.world, self.log.seed, &deviations, most_events(&self.log.expected)).steps;
        let (least, most) = self.scenario.nodes().into_inner();
        let count = Deviation::cluster_size(&deviations).unwrap_or(least);
        let mut near = Vec::new();
        let mut put = |distance: u32, position: usize, with: With<RequestOf<S>>| {
            let place = distance as usize - 1;
            if near.len() <= place {
                near.resize_with(place + 1, Vec::new);
            }
            near[place].push(Step { position, with });
        };
        for (position, deviation) in deviations.iter().enumerate().take(MOST_REPLACED) {
            put(1, position, With::Nothing);
            let surroundings = Surroundings { steps: &steps, count, least, most };
            for (distance, other) in surroundings.near(deviation) {
                put(distance, position, With::Other(other));
            }
        }
        for distance in 1..=FARTHEST {
            let seed = self.log.seed.wrapping_add(distance.into());
            put(distance, deviations.len(), With::Seed(seed));
        }
        Ok(Base { deviations, near })
    }

    fn attempt(
        &mut self,
        base: &Base<RequestOf<S>>,
        steps: &[&Step<RequestOf<S>>],
    ) -> Result<Found<S>, Stopped> {
        let (mut seed, mut list) = (self.log.seed, base.deviations.clone());
        // From the back, so that what is left out moves nothing that is still to be replaced.
        for Step { position, with } in steps.iter().rev() {
            match with {
                With::Other(other) => list[*position] = other.clone(),
                With::Nothing => drop(list.remove(*position)),
                With::Seed(other) => seed = *other,
            }
        }
        Ok((self.run(seed, &list)? != Verdict::Absent).then_some((seed, list)))
    }

    /// Makes the run of a list, if the search may go on.
    fn run(
        &mut self,
        seed: u64,
        deviations: &[Deviation<RequestOf<S>>],
    ) -> Result<Verdict, Stopped> {
        self.one_more()?;
        let expected = &self.log.expected;
        let most_events = most_events(expected);
        let outcome = self.world.replay(seed, deviations, most_events, &mut ()).outcome;
        Ok(verdict(expected, &outcome))
    }

    fn one_more(&mut self) -> Result<(), Stopped> {
        if !(self.keep_going)(self.tried) {
            return Err(Stopped);
        }
        self.tried += 1;
        Ok(())
    }
}

/// The run around a deviation.
struct Surroundings<'t> {
    steps: &'t Steps,
    /// How many nodes there are, and may be.
    count: u32,
    least: u32,
    most: u32,
}

type Near<R> = Vec<(u32, Deviation<R>)>;

impl Surroundings<'_> {
    /// Deviations near this one, each with its distance.
    fn near<R: Clone + PartialEq>(&self, deviation: &Deviation<R>) -> Near<R> {
        let mut near = Vec::new();
        if let Deviation::Nodes { count } = deviation {
            let sizes = self.least..=self.most;
            near.extend(sizes.map(|other| {
                (ELSEWHERE * other.abs_diff(*count), Deviation::Nodes { count: other })
            }));
        }
        self.numbers(deviation, &mut near);
        self.kinds(deviation, &mut near);
        self.times(deviation, &mut near);
        self.nodes(deviation, &mut near);
        if let Deviation::Crash(crash) = deviation {
            near.extend(crashes(crash).map(|(far, crash)| (far, Deviation::Crash(crash))));
        }
        near.retain(|(distance, other)| *distance > 0 && other != deviation);
        near
    }

    fn numbers<R: Clone>(&self, deviation: &Deviation<R>, near: &mut Near<R>) {
        for far in 1..=FARTHEST {
            for up in [true, false] {
                let mut other = deviation.clone();
                let Some(nth) = nth_mut(&mut other) else { return };
                let moved = if up { nth.checked_add(far) } else { nth.checked_sub(far) };
                if let Some(moved) = moved {
                    *nth = moved;
                    near.push((far, other));
                }
            }
        }
    }

    /// The same number, and the first, of other kinds.
    fn kinds<R: Clone>(&self, deviation: &Deviation<R>, near: &mut Near<R>) {
        let mut other = deviation.clone();
        let Some((sort, _)) = kind_mut(&mut other) else { return };
        for (_, name, _) in self.steps.kinds.iter().filter(|(of, ..)| *of == sort) {
            if let Some((_, kind)) = kind_mut(&mut other) {
                name.clone_into(kind);
            }
            near.push((ELSEWHERE, other.clone()));
            for first in 0..ELSEWHERE {
                let mut other = other.clone();
                if let Some(nth) = nth_mut(&mut other) {
                    *nth = first;
                }
                near.push((ELSEWHERE + 1 + first, other));
            }
        }
    }

    /// Just before and just after the steps nearest to its beginning and to its end.
    fn times<R: Clone>(&self, deviation: &Deviation<R>, near: &mut Near<R>) {
        let Some(at) = deviation.at() else { return };
        let lasts = deviation.clone().lasts_mut().copied();
        for (far, other_at) in self.moments(at) {
            let mut moved = deviation.clone();
            if let Some(moved) = moved.at_mut() {
                *moved = other_at;
            }
            near.push((far, moved.clone()));
            // The same, but it ends when it did.
            if let (Some(lasts), Some(left)) = (lasts, moved.lasts_mut()) {
                *left = (at + lasts).saturating_sub(other_at);
                near.push((far, moved));
            }
        }
        let Some(lasts) = lasts else { return };
        for (far, end) in self.moments(at + lasts) {
            let mut moved = deviation.clone();
            if let Some(left) = moved.lasts_mut() {
                *left = end.saturating_sub(at);
            }
            near.push((far, moved));
        }
    }

    /// The moments around a time at which it makes a difference, each with its distance.
    fn moments(&self, around: Duration) -> Vec<(u32, Duration)> {
        let mut times: Vec<_> =
            self.steps.all.iter().map(|step| step.time.since(Time::ZERO)).collect();
        times.sort_unstable();
        times.dedup();
        let after = times.partition_point(|time| *time < around);
        let (before, after) = times.split_at(after);
        let sides = [before.iter().rev().collect::<Vec<_>>(), after.iter().collect()];
        let mut moments = Vec::new();
        for side in sides {
            for (time, far) in side.into_iter().zip(1..=FARTHEST) {
                moments.push((far, *time));
                moments.push((far, *time + Duration::from_nanos(1)));
            }
        }
        moments
    }

    /// The same at another node.
    fn nodes<R: Clone>(&self, deviation: &Deviation<R>, near: &mut Near<R>) {
        for node in (0..self.count).map(NodeId) {
            let mut other = deviation.clone();
            let moved = match &mut other {
                Deviation::Message(fault) => {
                    if node == fault.from {
                        // The other way round.
                        fault.from = fault.to;
                    }
                    &mut fault.to
                }
                Deviation::Timer(late) => &mut late.node,
                Deviation::Flush(slow) => &mut slow.node,
                Deviation::FailingFlush(failing) => &mut failing.node,
                Deviation::LostFlush(lost) => &mut lost.node,
                Deviation::TornRecord(torn) => &mut torn.node,
                Deviation::RottenRecord(rotten) => &mut rotten.node,
                Deviation::MisdirectedWrite(write) => &mut write.node,
                Deviation::Pause(pause) => &mut pause.node,
                Deviation::FullDisk(full) => &mut full.node,
                Deviation::SlowDisk(slow) => &mut slow.node,
                Deviation::ReplacedDisk(replaced) => &mut replaced.node,
                Deviation::Request { node, .. } => node,
                Deviation::Crash(Crash { nodes, .. }) if nodes.len() == 1 => &mut nodes[0],
                _ => return,
            };
            *moved = node;
            near.push((ELSEWHERE, other));
        }
    }
}

/// Crashes that cut a step elsewhere, or lose more or less.
fn crashes(crash: &Crash) -> impl Iterator<Item = (u32, Crash)> {
    let cuts = std::iter::once(None).chain((0..FARTHEST).map(Some)).map(|after_effects| {
        let far = match (crash.after_effects, after_effects) {
            (Some(one), Some(other)) => one.abs_diff(other),
            (None, Some(effects)) => 1 + effects,
            (_, None) => 1,
        };
        (far, Crash { after_effects, ..crash.clone() })
    });
    let losses = [0, 1, 2, 1_000].map(|lose: u32| {
        (lose.abs_diff(crash.lose).min(ELSEWHERE), Crash { lose, ..crash.clone() })
    });
    cuts.chain(losses)
}
