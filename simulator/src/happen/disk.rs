//! What happens at a disk: writes, flushes that are done, late, failed or lied about, what a crash
//! leaves, and what a restart finds.

use std::hash::Hasher;
use std::time::Duration;

use stormglass_machine::{AfterFlush, AfterGap, FlushError, Gap, Machine, NodeId};

use super::{FLUSH_FAILED, FLUSHED, GAP, REPLACED};
use crate::cluster::Occurrence;
use crate::decisions::{Decisions, FlushFate};
use crate::deviation::Deviation;
use crate::disk::{Found, Kind, RecordFate};
use crate::faults::{FullDisk, SlowDisk};
use crate::scenario::Scenario;
use crate::{DiskFault, Event, Watch, World};

/// How long a flush that failed waits before it is tried again, if a flush takes less than this.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
/// After so many failures a process stops, whatever its machine says.
const MOST_FAILURES: u32 = 1_000;

impl<S: Scenario> World<'_, S> {
    #[inline]
    pub(super) fn write<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        record: <S::Machine as Machine>::Record,
        kind: Kind,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let fate = match self.cluster.nodes[node.index()].losable {
            true => self.record_fate(node, decisions, watch),
            false => RecordFate::Sound,
        };
        self.cluster.nodes[node.index()].disk.write(record, kind, fate);
    }

    #[inline(never)]
    fn record_fate<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) -> RecordFate {
        if !self.cluster.is_stormy() {
            return RecordFate::Sound;
        }
        let nth = self.cluster.nodes[node.index()].disk.next_number();
        let fate = decisions.record(node, nth);
        let fault = match fate {
            RecordFate::Sound => return fate,
            RecordFate::Rotten => DiskFault::Rotten { nth },
            RecordFate::Misdirected { back } => DiskFault::Misdirected { nth, back },
        };
        self.tell(watch, Event::Disk { node, fault });
        fate
    }

    /// Asks the disk to make everything durable; the node waits unless that is done at once.
    pub(super) fn flush<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let slot = &self.cluster.nodes[node.index()];
        if slot.disk.unacknowledged() == 0 {
            return;
        }
        let due = self.cluster.now + self.settings.flush;
        let mut fate = FlushFate::default();
        if self.cluster.is_stormy() {
            fate = decisions.flush(node, slot.losable);
            if !self.cluster.bad_disks.is_empty() {
                fate.slow += self.slowness(node);
            }
            fate.slow = self.cluster.until_heal(due, fate.slow);
        }
        if !fate.slow.is_zero() {
            self.tell(watch, Event::Slow { node, by: fate.slow });
        }
        let done = due + fate.slow;
        let slot = &mut self.cluster.nodes[node.index()];
        slot.flush_fate = fate;
        if done == self.cluster.now {
            self.try_to_flush(node, decisions, watch);
            return;
        }
        slot.flushing = true;
        let boot = slot.boot;
        self.cluster.agenda.push(done, Occurrence::Flushed { node, boot });
    }

    /// How much longer the episodes in force make a flush.
    fn slowness(&self, node: NodeId) -> Duration {
        let slow =
            self.cluster.bad_disks.iter().map(|position| match &self.cluster.plan[*position] {
                Deviation::SlowDisk(SlowDisk { node: whose, slow, .. }) if *whose == node => *slow,
                _ => Duration::ZERO,
            });
        slow.max().unwrap_or_default()
    }

    fn is_full(&self, node: NodeId) -> bool {
        self.cluster.bad_disks.iter().any(|position| match &self.cluster.plan[*position] {
            Deviation::FullDisk(FullDisk { node: whose, .. }) => *whose == node,
            _ => false,
        })
    }

    /// Why the flush under way fails, if it does.
    #[inline]
    fn flush_error(&self, node: NodeId) -> Option<FlushError> {
        let slot = &self.cluster.nodes[node.index()];
        if !self.cluster.bad_disks.is_empty()
            && slot.disk.unacknowledged() > 0
            && self.is_full(node)
        {
            return Some(FlushError::Full);
        }
        let fails = slot.flush_fate.fails > 0 && self.cluster.is_stormy();
        fails.then_some(FlushError::Io)
    }

    /// Does what is due: the records are durable, or the machine hears why not.
    #[inline]
    fn try_to_flush<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) {
        match self.flush_error(node) {
            None => self.flush_succeeds(node, watch),
            Some(error) => self.flush_fails(node, error, decisions, watch),
        }
    }

    #[inline]
    fn flush_succeeds<W: Watch<S::Machine>>(&mut self, node: NodeId, watch: &mut W) {
        let stormy = self.cluster.is_stormy();
        let slot = &mut self.cluster.nodes[node.index()];
        if !slot.flush_fate.lost || !stormy {
            slot.disk.flush();
        } else if slot.disk.unacknowledged() > 0 {
            slot.disk.pretend_to_flush();
            self.tell(watch, Event::Disk { node, fault: DiskFault::FlushLost });
        }
    }

    /// Asks the machine what to do about a flush that failed, and does it.
    #[cold]
    fn flush_fails<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        error: FlushError,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let slot = &mut self.cluster.nodes[node.index()];
        let machine = slot.machine.as_mut().expect("only a machine that is up flushes");
        let mut after = machine.flush_failed(error);
        slot.flush_failures += 1;
        if slot.flush_failures >= MOST_FAILURES {
            after = AfterFlush::Stop;
        }
        self.count_event(node);
        self.chain.write_u8(FLUSH_FAILED);
        self.chain
            .write_u8((error == FlushError::Full) as u8 * 2 + (after == AfterFlush::Stop) as u8);
        self.tell(watch, Event::Disk { node, fault: DiskFault::FlushFailed { error, after } });
        match after {
            AfterFlush::Retry => self.retry(node, error),
            AfterFlush::Stop => {
                let lose = self.cluster.nodes[node.index()].flush_fate.lose;
                let lost = self.go_down(node, self.settings.restart, lose, decisions, watch);
                self.tell(watch, Event::Crashed { node, lost });
            }
        }
    }

    fn retry(&mut self, node: NodeId, error: FlushError) {
        let again = self.cluster.now + self.settings.flush.max(SHORTEST_WAIT);
        let slot = &mut self.cluster.nodes[node.index()];
        if error == FlushError::Io {
            slot.flush_fate.fails -= 1;
            // Who tries again is told that all is well, though something is gone.
            slot.flush_fate.lost |= slot.flush_fate.lose > 0;
        }
        slot.flushing = true;
        let boot = slot.boot;
        self.cluster.agenda.push(again, Occurrence::Flushed { node, boot });
    }

    /// The flush under way is due: what waited for it goes on, or goes on waiting.
    pub(super) fn flush_is_due<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        boot: u32,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.boot != boot {
            return;
        }
        if let Some((goes_on, _)) = slot.paused {
            // The disk does its work, but the process stands still and does not hear of it.
            if self.flush_error(node).is_none() {
                self.flush_succeeds(node, watch);
            }
            self.cluster.agenda.push(goes_on, Occurrence::Flushed { node, boot });
            return;
        }
        slot.flushing = false;
        self.try_to_flush(node, decisions, watch);
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.flushing || slot.machine.is_none() {
            return self.check(node);
        }
        slot.flush_failures = 0;
        let crash = slot.striking.take();
        self.effects.append(&mut slot.waiting);
        self.count_event(node);
        self.chain.write_u8(FLUSHED);
        self.chain.write_usize(self.effects.len());
        self.carry_out(node, crash, decisions, watch);
        self.check(node);
        self.release(node, decisions, watch);
    }

    /// Takes from a disk what a crash does; there is something that is not durable.
    #[inline(never)]
    pub(super) fn lose<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        mut lose: u32,
        decisions: &mut D,
        watch: &mut W,
    ) -> usize {
        if !self.cluster.bad_disks.is_empty() && self.is_full(node) {
            // There was no room for it.
            lose = u32::MAX;
        }
        let stormy = self.cluster.is_stormy();
        let disk = &mut self.cluster.nodes[node.index()].disk;
        if disk.has_lied() || !stormy {
            return disk.crash(lose);
        }
        let (next, unflushed) = (disk.next_number(), disk.unflushed() as u32);
        let last = (next - lose.min(unflushed)).min(next - 1);
        let Some(nth) = decisions.torn(node, next - unflushed, last) else {
            return disk.crash(lose);
        };
        let lost = disk.crash_and_tear(next - nth);
        self.tell(watch, Event::Disk { node, fault: DiskFault::Torn { nth } });
        lost
    }

    /// Hands a machine what its disk has, and tells it what cannot be read. False if it refuses.
    #[cold]
    pub(super) fn restore_with_gaps<W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        machine: &mut S::Machine,
        watch: &mut W,
    ) -> bool {
        let mut place = 0;
        while let Some((found, next)) = self.cluster.nodes[node.index()].disk.found(place) {
            match found {
                Found::Record(record) => machine.restore(record.clone()),
                Found::Gap(gap) => {
                    let after = machine.restore_gap(gap);
                    self.book_gap(node, gap, after, watch);
                    let slot = &mut self.cluster.nodes[node.index()];
                    if after == AfterGap::Refuse {
                        slot.refused = true;
                        slot.boot += 1;
                        return false;
                    }
                    if gap.at_end {
                        slot.disk.cut_off(place);
                    }
                }
            }
            place = next;
        }
        true
    }

    fn book_gap<W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        gap: Gap,
        after: AfterGap,
        watch: &mut W,
    ) {
        self.count_event(node);
        self.chain.write_u8(GAP);
        self.chain.write_u32(gap.records);
        self.chain.write_u8(gap.at_end as u8 * 2 + (after == AfterGap::Refuse) as u8);
        self.tell(watch, Event::Gap { node, gap, after });
    }

    /// A disk is full or slow from now on.
    pub(super) fn bad_disk_begins<W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        lasts: Duration,
        watch: &mut W,
    ) {
        self.cluster.bad_disks.push(position);
        let ends = (self.cluster.now + lasts).min(self.cluster.heal);
        self.cluster.agenda.push(ends, Occurrence::BadDiskEnds(position));
        self.struck[position] = true;
        self.tell(watch, Event::Struck(position));
    }

    pub(super) fn bad_disk_ends<W: Watch<S::Machine>>(&mut self, position: usize, watch: &mut W) {
        let before = self.cluster.bad_disks.len();
        self.cluster.bad_disks.retain(|bad| *bad != position);
        if self.cluster.bad_disks.len() < before {
            self.tell(watch, Event::Ended(position));
        }
    }

    /// Puts an empty disk in the place of a node's, which goes down for that if it is up.
    pub(super) fn replace_disk<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        position: usize,
        down: Duration,
        decisions: &mut D,
        watch: &mut W,
    ) {
        if !self.cluster.nodes[node.index()].losable {
            return;
        }
        self.struck[position] = true;
        self.tell(watch, Event::Struck(position));
        if self.cluster.is_up(node) {
            let lost = self.go_down(node, down, u32::MAX, decisions, watch);
            self.tell(watch, Event::Crashed { node, lost });
        }
        let starts = (self.cluster.now + down).min(self.cluster.heal);
        let slot = &mut self.cluster.nodes[node.index()];
        let (lost, boot) = (slot.disk.replace(), slot.boot);
        if std::mem::take(&mut slot.refused) {
            self.cluster.agenda.push(starts, Occurrence::Start { node, boot });
        }
        self.count_event(node);
        self.chain.write_u8(REPLACED);
        self.chain.write_usize(lost);
        self.tell(watch, Event::Replaced { node, lost });
    }
}
