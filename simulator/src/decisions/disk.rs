//! The fates of flushes and records: how they are drawn, and how they are looked up.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};

use super::Table;
use crate::deviation::Deviation;
use crate::disk::RecordFate;
use crate::faults::{
    FailingFlush, Faults, LostFlush, MisdirectedWrite, RottenRecord, SlowFlush, TornRecord,
};

/// What becomes of a flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlushFate {
    /// How much longer it takes.
    pub(crate) slow: Duration,
    /// How many times it fails.
    pub(crate) fails: u32,
    /// How many of the latest unflushed records are gone if it does.
    pub(crate) lose: u32,
    /// It is acknowledged, and nothing is durable.
    pub(crate) lost: bool,
}

/// How likely a family strikes in this seed, and its dice.
#[derive(Default)]
pub(super) struct Chance {
    per_million: u32,
    dice: Option<Dice>,
}

impl Chance {
    /// Never in half of the seeds; else from one in a thousand to about every second.
    pub(super) fn new(seed: u64, family: &str, allowed: bool) -> Self {
        if !allowed {
            return Chance::default();
        }
        let mut dice = Dice::new(seed, family, 0);
        match dice.per_million(500_000) {
            true => Chance { per_million: 1_000 << dice.below(10), dice: Some(dice) },
            false => Chance::default(),
        }
    }

    /// So many times in a million.
    #[cfg(test)]
    pub(super) fn of(seed: u64, family: &str, per_million: u32) -> Self {
        Chance { per_million, dice: Some(Dice::new(seed, family, 0)) }
    }

    /// The same, but every second time if at all: for what is rarely asked.
    fn often(self) -> Self {
        Chance { per_million: 500_000, ..self }
    }

    /// The dice for the details, if it strikes this time.
    pub(super) fn strike(&mut self) -> Option<&mut Dice> {
        let dice = self.dice.as_mut()?;
        dice.per_million(self.per_million).then_some(dice)
    }
}

/// Draws the fates of flushes and records.
pub(crate) struct DiskChances {
    failing: Chance,
    lost: Chance,
    torn: Chance,
    rotten: Chance,
    misdirected: Chance,
    /// No flush has a fate of this sort.
    quiet: bool,
}

impl DiskChances {
    pub(crate) fn new(seed: u64, faults: &Faults) -> Self {
        let failing = Chance::new(seed, "failing-flush", faults.failing_flush);
        let lost = Chance::new(seed, "lost-flush", faults.lost_flush);
        let quiet = failing.dice.is_none() && lost.dice.is_none();
        DiskChances {
            failing,
            lost,
            torn: Chance::new(seed, "torn-record", faults.torn_record).often(),
            rotten: Chance::new(seed, "rotten-record", faults.rotten_record),
            misdirected: Chance::new(seed, "misdirected", faults.misdirected_write),
            quiet,
        }
    }

    /// Every family strikes so many times in a million.
    #[cfg(test)]
    pub(super) fn of(seed: u64, per_million: u32) -> Self {
        let chance = |family| Chance::of(seed, family, per_million);
        DiskChances {
            failing: chance("failing-flush"),
            lost: chance("lost-flush"),
            torn: chance("torn-record"),
            rotten: chance("rotten-record"),
            misdirected: chance("misdirected"),
            quiet: false,
        }
    }

    /// The fate of a flush, but for how slow it is.
    #[inline]
    pub(super) fn flush(&mut self, losable: bool) -> FlushFate {
        if self.quiet { FlushFate::default() } else { self.flush_fate(losable) }
    }

    #[inline(never)]
    fn flush_fate(&mut self, losable: bool) -> FlushFate {
        let (fails, lose) = self.failing.strike().map_or((0, 0), FailingFlush::draw);
        let lost = losable && self.lost.strike().is_some();
        FlushFate { slow: Duration::ZERO, fails, lose, lost }
    }

    pub(super) fn record(&mut self) -> RecordFate {
        if self.rotten.strike().is_some() {
            return RecordFate::Rotten;
        }
        match self.misdirected.strike() {
            Some(dice) => RecordFate::Misdirected { back: MisdirectedWrite::draw(dice) },
            None => RecordFate::Sound,
        }
    }

    pub(super) fn torn(&mut self, first: u32, last: u32) -> Option<u32> {
        let dice = self.torn.strike()?;
        Some(dice.within(u64::from(first)..=u64::from(last)) as u32)
    }
}

/// A flush or a record of a node.
type Place = (NodeId, u32);

/// The fates that a list gives to flushes and records, each with its position in the list.
#[derive(Clone, Default)]
pub(super) struct DiskFates {
    slow: Table<Place, (usize, Duration)>,
    failing: Table<Place, (usize, u32, u32)>,
    lost: Table<Place, usize>,
    records: Table<Place, (usize, RecordFate)>,
    /// Records that a crash tears, in the order of the list.
    torn: Vec<(usize, Place)>,
}

impl DiskFates {
    pub(super) fn add<R>(&mut self, position: usize, deviation: &Deviation<R>) {
        match *deviation {
            Deviation::Flush(SlowFlush { node, nth, slow }) => {
                self.slow.insert((node, nth), (position, slow));
            }
            Deviation::FailingFlush(FailingFlush { node, nth, times, lose }) => {
                self.failing.insert((node, nth), (position, times, lose));
            }
            Deviation::LostFlush(LostFlush { node, nth }) => {
                self.lost.insert((node, nth), position);
            }
            Deviation::RottenRecord(RottenRecord { node, nth }) => {
                self.records.insert((node, nth), (position, RecordFate::Rotten));
            }
            Deviation::MisdirectedWrite(MisdirectedWrite { node, nth, back }) => {
                let fate = RecordFate::Misdirected { back };
                self.records.entry((node, nth)).or_insert((position, fate));
            }
            Deviation::TornRecord(TornRecord { node, nth }) => {
                self.torn.push((position, (node, nth)));
            }
            _ => {}
        }
    }

    /// True if the list says anything of this flush.
    pub(super) fn knows_flush(&self, place: Place) -> bool {
        self.slow.contains_key(&place)
            || self.failing.contains_key(&place)
            || self.lost.contains_key(&place)
    }

    /// True if the list says anything of this record.
    pub(super) fn knows_record(&self, place: Place) -> bool {
        self.records.contains_key(&place) || self.torn.iter().any(|(_, torn)| *torn == place)
    }

    pub(super) fn flush(&self, place: Place, losable: bool, matched: &mut [bool]) -> FlushFate {
        let mut fate = FlushFate::default();
        if let Some((position, slow)) = self.slow.get(&place) {
            matched[*position] = true;
            fate.slow = *slow;
        }
        if let Some((position, times, lose)) = self.failing.get(&place) {
            matched[*position] = true;
            (fate.fails, fate.lose) = (*times, *lose);
        }
        if let Some(position) = self.lost.get(&place).filter(|_| losable) {
            matched[*position] = true;
            fate.lost = true;
        }
        fate
    }

    pub(super) fn record(&self, place: Place, matched: &mut [bool]) -> RecordFate {
        let Some((position, fate)) = self.records.get(&place) else { return RecordFate::Sound };
        matched[*position] = true;
        *fate
    }

    pub(super) fn torn(
        &self,
        node: NodeId,
        first: u32,
        last: u32,
        matched: &mut [bool],
    ) -> Option<u32> {
        let named = |(whose, nth): Place| whose == node && (first..=last).contains(&nth);
        let (position, (_, nth)) = self.torn.iter().find(|(_, place)| named(*place))?;
        matched[*position] = true;
        Some(*nth)
    }
}
