//! What is remembered of a run: each group, and what is on its way to which disk.

use std::cell::Cell;

use stormglass_machine::{Effect, Input, NodeId, Time};
use stormglass_raft::{Role, Timer};
use stormglass_simulator::{Cluster, Event, Verdict};

use super::findings::{Findings, Judge};
use super::group::{Group, Tally};
use super::host::{Given, Host};
use super::witness::MOST_NODES;

/// What is remembered of a run.
#[derive(Clone, Debug, Default)]
pub struct Ghost {
    pub(super) groups: Vec<Group>,
    /// Where something that must come true was last seen not to have: it is looked at first.
    pub(super) unfinished: Cell<usize>,
    /// Which groups the step under way is of.
    touched: Vec<usize>,
    /// The nodes that wait for their disks.
    flushing: [bool; MOST_NODES],
    findings: Findings,
}

impl Ghost {
    /// What a judge has found.
    #[inline]
    pub fn verdict(&self, judge: Judge) -> Verdict {
        self.findings.verdict(judge)
    }

    /// What was counted in the only group.
    pub fn tally(&self) -> Tally {
        self.groups.first().map_or_else(Tally::default, |group| group.tally)
    }

    /// Everything that was found.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Is told of everything.
    #[inline]
    pub fn observe<M: Host>(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        match event {
            Event::Started { node } => self.started(cluster, node),
            Event::Input { node, input } => self.input(cluster, node, input),
            Event::Stepped { node, effects } => self.stepped(cluster, node, effects),
            Event::Effect { node, effect } => self.effect(node, effect),
            Event::Crashed { node, .. } | Event::Replaced { node, .. } => {
                self.flushing[node.index()] = false;
                self.read_disk(cluster, node);
                for group in 0..self.groups.len() {
                    self.in_group(group, |group| group.crashed(node));
                }
            }
            Event::Healed => {
                for group in &mut self.groups {
                    let terms = group.witnesses.iter().map(|witness| witness.seen.term);
                    group.term_at_heal = terms.max().unwrap_or(0);
                    group.asked_at_heal = group.asked_to_stand;
                }
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn in_group(&mut self, group: usize, look: impl FnOnce(&mut Group)) {
        let Some(group) = self.groups.get_mut(group) else { return };
        look(group);
        if !group.findings.is_empty() {
            self.findings.append(&mut group.findings);
        }
    }

    #[cold]
    fn started<M: Host>(&mut self, cluster: &Cluster<M>, node: NodeId) {
        let machine = cluster.machine(node);
        if self.groups.is_empty() {
            let new = |group| Group::new(machine.raft(group), M::hosts(cluster.count()));
            self.groups = (0..machine.groups()).map(new).collect();
            let many = self.groups.len() > 1;
            self.groups.iter_mut().for_each(|group| group.has_neighbours = many);
        }
        self.read_disk(cluster, node);
        for group in 0..self.groups.len() {
            self.in_group(group, |state| state.started(node, machine.raft(group)));
        }
        for record in cluster.records(node) {
            M::written(record, |group, record| {
                self.in_group(group, |state| state.took_back(node, record));
            });
        }
    }

    /// What a restart would find.
    fn read_disk<M: Host>(&mut self, cluster: &Cluster<M>, node: NodeId) {
        self.groups.iter_mut().for_each(|group| group.of_mut(node).disk.clear());
        for record in cluster.records(node) {
            M::written(record, |group, record| {
                self.in_group(group, |state| state.of_mut(node).disk.keep(record));
            });
        }
    }

    /// Who goes on after a flush has what was on its way on its disk.
    #[inline(always)]
    fn settle(&mut self, node: NodeId) {
        if std::mem::take(&mut self.flushing[node.index()]) {
            for group in 0..self.groups.len() {
                self.in_group(group, |group| group.flushed(node));
            }
        }
    }

    #[inline]
    fn input<M: Host>(&mut self, cluster: &Cluster<M>, node: NodeId, input: &Input<M>) {
        self.settle(node);
        self.touched.clear();
        let (machine, count) = (cluster.machine(node), self.groups.len());
        let (now, clock) = (cluster.now(), cluster.clock(node));
        M::given(input, count, |group, given| {
            let raft = machine.raft(group);
            // One timer beats for all groups, and is nothing to those that the node does not lead.
            let beats = matches!(given, Given::Timer(Timer::Heartbeat));
            if beats && count > 1 && raft.role() != Role::Leader {
                return self.groups[group].of_mut(node).heartbeat_armed = false;
            }
            self.in_group(group, |state| state.given(node, raft, &given, now, clock));
            if self.touched.last() != Some(&group) && !self.touched.contains(&group) {
                self.touched.push(group);
            }
        });
    }

    #[inline]
    fn stepped<M: Host>(&mut self, cluster: &Cluster<M>, node: NodeId, effects: &[Effect<M>]) {
        let (machine, count) = (cluster.machine(node), self.groups.len());
        let (now, calm, clock) = (cluster.now(), cluster.calm(), cluster.clock(node));
        for effect in effects {
            M::acts(effect, count, |group, act| {
                let raft = machine.raft(group);
                self.in_group(group, |state| state.planned(node, raft, act, clock));
            });
        }
        let clocks: &dyn Fn(NodeId) -> Time = &|node| cluster.clock(node);
        for position in 0..self.touched.len() {
            let group = self.touched[position];
            let raft = machine.raft(group);
            self.in_group(group, |state| state.stepped(node, raft, now, calm, clocks));
        }
    }

    #[inline]
    fn effect<M: Host>(&mut self, node: NodeId, effect: &Effect<M>) {
        self.settle(node);
        if matches!(effect, Effect::Flush) {
            self.flushing[node.index()] = true;
            return;
        }
        let count = self.groups.len();
        M::acts(effect, count, |group, act| self.in_group(group, |state| state.done(node, act)));
    }
}
