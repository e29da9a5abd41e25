//! Where the deviations of a log are in a run of today's code: each is put where it met the run
//! when the log was made, by the names of steps and effects instead of by numbers and times.

use std::time::Duration;

use stormglass_machine::Time;
use stormglass_simulator::{Crash, Deviation};

use crate::context::{Context, Known, Place, kind_mut, nth_mut};
use crate::name::{Distance, EffectName, Sort, StepName, YEAR};
use crate::steps::Steps;

/// How a log is understood if it does not mean anything as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The cluster has as many nodes more than the scenario's smallest as it had then.
    pub(crate) relative: bool,
    /// Which of the distances that are known of each episode.
    choice: Choice,
    /// One deviation, by its position, of which others are taken.
    except: Option<(usize, Choice)>,
    /// How far the seed of the nodes' own dice is from that of the log. The same seed gives other
    /// dice to code that draws more, or in another order: no seed is more like the old one than
    /// any other.
    pub(crate) dice: u64,
}

impl Reading {
    /// Which of the distances is taken of the deviation at this position.
    pub(crate) fn choice_of(self, position: usize) -> Choice {
        let except = self.except.filter(|(excepted, _)| *excepted == position);
        except.map_or(self.choice, |(_, choice)| choice)
    }
}

/// From which of the steps around it an episode keeps its distance: the nearest is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    begin: usize,
    end: usize,
}

/// A log is read in at most so many ways.
const MOST_READINGS: usize = 200;
/// So many other seeds are tried for the nodes' dice, and for so many of them also what is farther.
const OTHER_DICE: u64 = 64;
const OTHER_DICE_FARTHER: u64 = 8;

/// The ways to read a log that take all deviations alike, the most natural first.
pub(crate) fn plain_readings(context: &Context, fewest: u32) -> Vec<Reading> {
    let sizes = if context.fewest == fewest { &[false][..] } else { &[true, false] };
    let most = |known: fn(&Place) -> usize| context.places.iter().map(known).max().unwrap_or(0);
    let (begins, ends) = (most(|place| place.begins.len()), most(|place| place.ends.len()));
    let reading = |relative, choice| Reading { relative, choice, except: None, dice: 0 };
    let of_size = |relative| choices(begins, ends).map(move |choice| reading(relative, choice));
    sizes.iter().flat_map(|relative| of_size(*relative)).take(MOST_READINGS).collect()
}

/// All readings of a log.
pub(crate) fn readings(context: &Context, fewest: u32) -> Vec<Reading> {
    let mut all = plain_readings(context, fewest);
    let first = all[0];
    for (position, place) in context.places.iter().enumerate() {
        let others = choices(place.begins.len(), place.ends.len()).skip(1).take(MOST_READINGS);
        all.extend(others.map(|choice| Reading { except: Some((position, choice)), ..first }));
        if all.len() > MOST_READINGS {
            break;
        }
    }
    all.truncate(MOST_READINGS);
    all.extend((1..=OTHER_DICE).map(|dice| Reading { dice, ..first }));
    for dice in 1..=OTHER_DICE_FARTHER {
        all.extend(choices(2, 2).skip(1).map(|choice| Reading { choice, dice, ..first }));
    }
    all
}

/// So many for the beginning, so many for the end, the nearest first; at least one.
fn choices(begins: usize, ends: usize) -> impl Iterator<Item = Choice> {
    (0..begins.max(1)).flat_map(move |begin| (0..ends.max(1)).map(move |end| Choice { begin, end }))
}

/// Kinds that are gone, each with the new one that has taken its place.
pub(crate) type Renamed<'t> = Vec<(Sort, &'t str, &'t str)>;

/// Finds what has taken the place of kinds that are gone: new kinds of the same sort, in the same
/// order; if there are more of them, those that are met about as often.
pub(crate) fn renamed<'t>(context: &'t Context, steps: &'t Steps) -> Renamed<'t> {
    let mut pairs = Vec::new();
    for sort in [Sort::Message, Sort::Timer, Sort::Record] {
        let mut new: Vec<_> = steps
            .kinds
            .iter()
            .filter(|(of, name, _)| *of == sort && !knows(&context.kinds, sort, name))
            .collect();
        let gone: Vec<_> = context
            .kinds
            .iter()
            .filter(|known| {
                known.sort == sort
                    && !steps.kinds.iter().any(|(of, name, _)| *of == sort && *name == known.name)
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
pub(crate) struct Seeker<'t> {
    pub(crate) steps: &'t Steps,
    pub(crate) renamed: &'t Renamed<'t>,
    pub(crate) choice: Choice,
}

impl Seeker<'_> {
    pub(crate) fn placed<R: Clone>(&self, deviation: &Deviation<R>, place: &Place) -> Deviation<R> {
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

    fn step(&self, name: &StepName) -> Option<&crate::steps::Step> {
        let sort = if name.from.is_some() { Sort::Message } else { Sort::Timer };
        let kind = self.kind(sort, &name.kind).to_owned();
        self.steps.find(&StepName { kind, ..name.clone() })
    }

    fn effect(&self, name: &EffectName) -> EffectName {
        EffectName { kind: self.kind(name.sort, &name.kind).to_owned(), ..name.clone() }
    }

    /// The number that the effect has today.
    fn number(&self, place: &Place) -> Option<u32> {
        let (step, effect) =
            (self.step(place.step.as_ref()?)?, self.effect(place.effect.as_ref()?));
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
        let ends = self.moment(&place.ends, self.choice.end).unwrap_or(ends);
        crash.down = ends.saturating_sub(crash.at).min(YEAR);
    }

    fn retime<R: Clone>(&self, deviation: &mut Deviation<R>, place: &Place) {
        let Some(then) = deviation.at() else { return };
        let at = self.moment(&place.begins, self.choice.begin).unwrap_or(then);
        let ends = self.moment(&place.ends, self.choice.end);
        if let Some(moved) = deviation.at_mut() {
            *moved = at;
        }
        if let (Some(lasts), Some(ends)) = (deviation.lasts_mut(), ends) {
            *lasts = ends.saturating_sub(at);
        }
    }

    /// A time, as the distance from the steps of today.
    fn moment(&self, distances: &[Distance], which: usize) -> Option<Duration> {
        let times = distances.iter().filter_map(|Distance { step, after, by }| {
            let time = self.step(step)?.time.since(Time::ZERO);
            let moment = if *after { time + *by } else { time.saturating_sub(*by) };
            Some(moment.min(YEAR))
        });
        // If there are fewer, the last of them.
        times.take(which + 1).last()
    }
}
