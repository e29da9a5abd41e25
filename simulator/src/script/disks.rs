//! What can be done to the disks of a cluster by hand.

use std::time::Duration;

use stormglass_machine::NodeId;

use super::Script;
use crate::Scenario;
use crate::deviation::Deviation;
use crate::faults::{
    FailingFlush, LostFlush, MisdirectedWrite, ReplacedDisk, RottenRecord, SlowFlush, TornRecord,
};

impl<S: Scenario> Script<'_, S> {
    /// The next flush of a node takes so much longer. Of several rules for the flushes of a node
    /// each takes the next that is left.
    #[track_caller]
    pub fn slow_next_flush(&mut self, node: NodeId, slow: Duration) {
        let nth = self.next_flush(node);
        self.rule(Deviation::Flush(SlowFlush { node, nth, slow }));
    }

    /// The next flush of a node fails so many times, and so many of the latest records that were
    /// not flushed are gone.
    #[track_caller]
    pub fn fail_next_flush(&mut self, node: NodeId, times: u32, lose: u32) {
        let nth = self.next_flush(node);
        self.rule(Deviation::FailingFlush(FailingFlush { node, nth, times, lose }));
    }

    /// The next flush of a node is acknowledged, and nothing is durable. As all that destroys
    /// durable data, it strikes as far as the scenario [tolerates](Scenario::tolerates) it.
    #[track_caller]
    pub fn lose_next_flush(&mut self, node: NodeId) {
        let nth = self.next_flush(node);
        self.rule(Deviation::LostFlush(LostFlush { node, nth }));
    }

    /// The next record that a node writes goes bad on the disk, as far as the scenario
    /// [tolerates](Scenario::tolerates) it. Of several rules for the records of a node each takes
    /// the next that is left.
    #[track_caller]
    pub fn spoil_next_record(&mut self, node: NodeId) {
        let nth = self.next_record(node);
        self.rule(Deviation::RottenRecord(RottenRecord { node, nth }));
    }

    /// The next record that a node writes lands in the place of the one so many before it, as far
    /// as the scenario [tolerates](Scenario::tolerates) it.
    #[track_caller]
    pub fn misdirect_next_record(&mut self, node: NodeId, back: u32) {
        let nth = self.next_record(node);
        self.rule(Deviation::MisdirectedWrite(MisdirectedWrite { node, nth, back }));
    }

    /// If a node crashes before the next record that it writes is durable, half of it is left, and
    /// nothing of what follows it.
    #[track_caller]
    pub fn tear_next_record(&mut self, node: NodeId) {
        let nth = self.next_record(node);
        self.rule(Deviation::TornRecord(TornRecord { node, nth }));
    }

    /// Crashes a node and gives it an empty disk, as far as the scenario
    /// [tolerates](Scenario::tolerates) it. It stays down until it is
    /// [restarted](Script::restart); one that has refused its disk starts again with this one.
    #[track_caller]
    pub fn replace_disk(&mut self, node: NodeId) {
        self.settle();
        self.assert_stormy();
        self.assert_there(node);
        let storm = self.world.settings.storm;
        let stays_down = self.is_up(node);
        self.act(|at| {
            let down = if stays_down { storm.saturating_sub(at) } else { Duration::ZERO };
            Deviation::ReplacedDisk(ReplacedDisk { node, at, down })
        });
    }

    #[track_caller]
    fn next_flush(&self, node: NodeId) -> u32 {
        self.assert_there(node);
        self.driver.list.next_flush(node)
    }

    #[track_caller]
    fn next_record(&self, node: NodeId) -> u32 {
        self.assert_there(node);
        let written = self.nodes[node.index()].disk.next_number();
        self.driver.list.next_record(node, written)
    }
}
