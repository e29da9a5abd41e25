//! Where the deviations of a log are in a run of today's code: each is put where it met the run
//! when the log was made, by the names of steps and effects instead of by numbers and times.

use std::time::Duration;

use stormglass_machine::Time;
use stormglass_simulator::{Crash, Deviation, RequestOf, Scenario, World};

use crate::context::{Context, Known, Place, kind_mut, nth_mut};
use crate::log::Log;
use crate::name::{Distance, EffectName, Sort, StepName};
use crate::replay::{Run, run};
use crate::trace::Trace;

/// How a log is understood if it does not mean anything as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The cluster has as many nodes more than the scenario's smallest as it had then.
    pub(crate) relative: bool,
    /// Of the two steps nearest to its beginning, an episode keeps its distance from the farther.
    pub(crate) farther_begin: bool,
    /// The same for its end.
    pub(crate) farther_end: bool,
}

/// Where one deviation is depends on those before it; so often they are looked for again.
const ROUNDS: usize = 40;

/// All readings of a log, the most natural first.
pub(crate) fn readings(context: &Context, fewest: u32) -> Vec<Reading> {
    let sizes = if context.fewest == fewest { &[false][..] } else { &[true, false] };
    let mut all = Vec::new();
    for relative in sizes {
        for (farther_begin, farther_end) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            all.push(Reading { relative: *relative, farther_begin, farther_end });
        }
    }
    all
}

/// Reads a log in one way: its deviations as they are called today, and the run that they make.
pub(crate) fn read<S: Scenario>(
    world: &mut World<'_, S>,
    log: &Log<RequestOf<S>>,
    context: &Context,
    reading: Reading,
) -> (Vec<Deviation<RequestOf<S>>>, Run) {
    let nodes = world.scenario().nodes();
    let fewest = *nodes.start();
    let then = Deviation::cluster_size(&log.deviations).unwrap_or(context.fewest);
    let wanted = if reading.relative { then.saturating_add(fewest).saturating_sub(context.fewest) } else { then };
    let count = wanted.clamp(fewest, *nodes.end());
    let mut current = resized(&log.deviations, fewest, count);
    let mut made = run(world, log.seed, &current);
    for _ in 0..ROUNDS {
        let renamed = renamed(context, &made.trace);
        let places = log.deviations.iter().zip(&context.places);
        let placed: Vec<_> = places
            .filter(|(deviation, _)| !matches!(deviation, Deviation::Nodes { .. }))
            .map(|(deviation, place)| {
                let seeker = Seeker { trace: &made.trace, renamed: &renamed, reading };
                seeker.placed(deviation, place)
            })
            .collect();
        let next = resized(&placed, fewest, count);
        if next == current {
            break;
        }
        current = next;
        made = run(world, log.seed, &current);
    }
    (current, made)
}

/// The same list for a cluster of so many nodes.
fn resized<R: Clone>(all: &[Deviation<R>], fewest: u32, count: u32) -> Vec<Deviation<R>> {
    let size = (count > fewest).then_some(Deviation::Nodes { count });
    let others = all.iter().filter(|one| !matches!(one, Deviation::Nodes { .. }));
    size.into_iter().chain(others.cloned()).collect()
}

/// Kinds that are gone, each with the new one that has taken its place.
type Renamed<'t> = Vec<(Sort, &'t str, &'t str)>;

/// Finds what has taken the place of kinds that are gone: new kinds of the same sort, in the same
/// order; if there are more of them, those that are met about as often.
pub(crate) fn renamed<'t>(context: &'t Context, trace: &'t Trace) -> Renamed<'t> {
    let mut pairs = Vec::new();
    for sort in [Sort::Message, Sort::Timer, Sort::Record] {
        let mut new: Vec<_> = trace
            .kinds
            .iter()
            .filter(|(of, name, _)| *of == sort && !knows(&context.kinds, sort, name))
            .collect();
        let gone: Vec<_> = context
            .kinds
            .iter()
            .filter(|known| {
                known.sort == sort
                    && !trace.kinds.iter().any(|(of, name, _)| *of == sort && *name == known.name)
            })
            .collect();
        for (position, known) in gone.iter().enumerate() {
            // So many may be passed over, and there are still enough for the rest.
            let spare = new.len().saturating_sub(gone.len() - position);
            let candidates = new.iter().take(spare + 1).enumerate();
            let nearest = candidates.min_by_key(|(_, (_, _, count))| count.abs_diff(known.count));
            let Some((taken, (_, name, _))) = nearest else { break };
            pairs.push((sort, known.name.as_str(), name.as_str()));
            new.drain(..=taken);
        }
    }
    pairs
}

fn knows(kinds: &[Known], sort: Sort, name: &str) -> bool {
    kinds.iter().any(|known| known.sort == sort && known.name == name)
}

/// Looks for places in a run of today.
struct Seeker<'t> {
    trace: &'t Trace,
    renamed: &'t Renamed<'t>,
    reading: Reading,
}

impl Seeker<'_> {
    fn placed<R: Clone>(&self, deviation: &Deviation<R>, place: &Place) -> Deviation<R> {
        let mut placed = deviation.clone();
        if let Some((sort, kind)) = kind_mut(&mut placed) {
            *kind = self.kind(sort, kind).to_owned();
        }
        match &mut placed {
            Deviation::Crash(crash) if place.step.is_some() => self.cut(crash, place),
            _ => {
                if let Some(nth) = nth_mut(&mut placed) {
                    *nth = self.number(place).unwrap_or(*nth);
                }
                self.retime(&mut placed, place);
            }
        }
        placed
    }

    /// What a kind is called today.
    fn kind<'k>(&'k self, sort: Sort, kind: &'k str) -> &'k str {
        let pair = self.renamed.iter().find(|(of, gone, _)| *of == sort && *gone == kind);
        pair.map_or(kind, |(_, _, now)| now)
    }

    fn step(&self, name: &StepName) -> Option<&crate::trace::Step> {
        let sort = if name.from.is_some() { Sort::Message } else { Sort::Timer };
        let kind = self.kind(sort, &name.kind).to_owned();
        self.trace.find(&StepName { kind, ..name.clone() })
    }

    fn effect(&self, name: &EffectName) -> EffectName {
        EffectName { kind: self.kind(name.sort, &name.kind).to_owned(), ..name.clone() }
    }

    /// The number that the effect has today.
    fn number(&self, place: &Place) -> Option<u32> {
        let (step, effect) = (self.step(place.step.as_ref()?)?, self.effect(place.effect.as_ref()?));
        step.effects.iter().find(|done| done.name == effect)?.nth
    }

    /// A crash between two effects strikes in the same step before the same effect.
    fn cut(&self, crash: &mut Crash, place: &Place) {
        let (Some(name), Some(effect)) = (&place.step, &place.effect) else { return };
        let Some(step) = self.step(name) else { return };
        let effect = self.effect(effect);
        let ends = crash.at + crash.down;
        crash.at = step.time.since(Time::ZERO);
        if let Some(before) = step.effects.iter().position(|done| done.name == effect) {
            crash.after_effects = Some(before as u32);
        }
        let ends = self.moment(&place.ends, self.reading.farther_end).unwrap_or(ends);
        crash.down = ends.saturating_sub(crash.at);
    }

    fn retime<R: Clone>(&self, deviation: &mut Deviation<R>, place: &Place) {
        let Some(then) = deviation.at() else { return };
        let at = self.moment(&place.begins, self.reading.farther_begin).unwrap_or(then);
        let ends = self.moment(&place.ends, self.reading.farther_end);
        if let Some(moved) = deviation.at_mut() {
            *moved = at;
        }
        if let (Some(lasts), Some(ends)) = (deviation.lasts_mut(), ends) {
            *lasts = ends.saturating_sub(at);
        }
    }

    /// A time, as the distance from the steps of today.
    fn moment(&self, distances: &[Distance], farther: bool) -> Option<Duration> {
        let mut times = distances.iter().filter_map(|Distance { step, after, by }| {
            let time = self.step(step)?.time.since(Time::ZERO);
            Some(if *after { time + *by } else { time.saturating_sub(*by) })
        });
        let first = times.next()?;
        Some(if farther { times.next().unwrap_or(first) } else { first })
    }
}
