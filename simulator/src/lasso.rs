//! A cluster that gets into a state in which it has been before, in a world without chance, goes
//! through the same states for ever: a stem and a loop, which together look like a lasso.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_machine::{Kind as _, Machine, NodeId, Time};

use crate::chain::Chain;
use crate::cluster::{Cluster, Occurrence, request_id};
use crate::decisions::Decisions;
use crate::deviation::Deviation;
use crate::{Scenario, Watch, World};

/// Finds a loop in a sequence of states in room for one of them (Brent 1980): each state is
/// compared with one kept, and the kept one is replaced after 1, 2, 4, 8 … comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lasso {
    kept: Option<(u64, Time)>,
    compared: u64,
    until: u64,
    /// The scenario has no fingerprints.
    off: bool,
}

impl Lasso {
    pub(crate) fn begin(&mut self) {
        *self = Lasso::default();
    }

    /// When the same state was met before, if it was.
    fn meet(&mut self, fingerprint: u64, now: Time) -> Option<Time> {
        if let Some((_, before)) = self.kept.filter(|(kept, _)| *kept == fingerprint) {
            return Some(before);
        }
        if self.compared == self.until {
            self.kept = Some((fingerprint, now));
            self.until = (self.until * 2).max(1);
            self.compared = 0;
        }
        self.compared += 1;
        None
    }
}

/// So many steps of a loop are told, and the others counted.
const TOLD: usize = 12;

impl<S: Scenario> World<'_, S> {
    /// When the cluster was in the state in which it is now, with `next` to come at `time`, if it
    /// was and that is known.
    pub(crate) fn seen_before(
        &mut self,
        time: Time,
        next: &Occurrence<S::Machine>,
    ) -> Option<Time> {
        if self.liveness.lasso.off {
            return None;
        }
        match self.fingerprint(time, next) {
            Some(fingerprint) => self.liveness.lasso.meet(fingerprint, self.cluster.now),
            None => {
                self.liveness.lasso.off = true;
                None
            }
        }
    }

    /// A digest of everything that the future of the cluster depends on: machines, their dice and
    /// disks, what waits, and what is to come, as seen from now.
    fn fingerprint(&self, time: Time, next: &Occurrence<S::Machine>) -> Option<u64> {
        let mut chain = Chain::default();
        for node in self.cluster.ids() {
            let machine = match self.cluster.get(node) {
                Some(machine) => {
                    Some(self.scenario.fingerprint(machine, self.cluster.clock(node))?)
                }
                None => None,
            };
            machine.hash(&mut chain);
            let slot = &self.cluster.nodes[node.index()];
            slot.dice.position().hash(&mut chain);
            slot.disk.hash(&mut chain);
            slot.flushing.hash(&mut chain);
            slot.waiting.hash(&mut chain);
            slot.held.len().hash(&mut chain);
            let held = slot.held.iter();
            held.for_each(|held| self.cluster.hash_occurrence(held, Duration::ZERO, &mut chain));
        }
        self.cluster.clients.hash(&mut chain);
        let now = self.cluster.now;
        self.cluster.hash_occurrence(next, time.since(now), &mut chain);
        for (time, occurrence) in self.cluster.agenda.in_order() {
            self.cluster.hash_occurrence(occurrence, time.since(now), &mut chain);
        }
        Some(chain.finish())
    }

    /// Goes through the loop once more, and tells what happens in it.
    pub(crate) fn tell_cycle<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        before: Time,
        next: (Time, Occurrence<S::Machine>),
        decisions: &mut D,
        watch: &mut W,
    ) -> String {
        let (now, mut told, mut steps) = (self.cluster.now, Vec::new(), 0);
        let period = now.since(before);
        let mut upcoming = Some(next);
        while let Some((time, occurrence)) = upcoming
            && time <= now + period
            && !matches!(occurrence, Occurrence::End)
            && self.failure.is_none()
        {
            self.go_on(time);
            if !self.cluster.is_void(&occurrence) {
                steps += 1;
                if steps <= TOLD {
                    told.push(self.cluster.briefly(&occurrence));
                }
            }
            self.happen(occurrence, decisions, watch);
            upcoming = self.cluster.agenda.pop();
        }
        let others = match steps.saturating_sub(TOLD) {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let told = told.join(", ");
        format!(
            "and the cluster is as it was {period:?} before, so that it goes round in circles: {told}{others}"
        )
    }
}

impl<M: Machine> Cluster<M> {
    /// What has no effect has no share in the digest.
    fn hash_occurrence(&self, occurrence: &Occurrence<M>, after: Duration, chain: &mut Chain) {
        if matches!(occurrence, Occurrence::End) || self.is_void(occurrence) {
            return;
        }
        after.hash(chain);
        std::mem::discriminant(occurrence).hash(chain);
        match occurrence {
            Occurrence::Start { node, .. } | Occurrence::Flushed { node, .. } => node.hash(chain),
            Occurrence::Message { from, to, message } => (from, to, message).hash(chain),
            Occurrence::Timer { node, token } => (node, self.timer(*node, *token)).hash(chain),
            Occurrence::Planned(plan)
            | Occurrence::ImpairmentEnds(plan)
            | Occurrence::BadDiskEnds(plan) => plan.hash(chain),
            Occurrence::PauseEnds { node, plan } => (node, plan).hash(chain),
            Occurrence::Ask { position, attempt, node } => (position, attempt, node).hash(chain),
            Occurrence::Answer { slot } => {
                let answer = self.clients.on_its_way(*slot);
                answer.map(|(attempt, response)| (attempt.id(), response)).hash(chain);
            }
            Occurrence::Wake { position, attempt } => (position, attempt).hash(chain),
            Occurrence::Heal | Occurrence::End => {}
        }
    }

    fn timer(&self, node: NodeId, token: u32) -> Option<M::Timer> {
        let mut timers = self.nodes[node.index()].timers.iter();
        timers.find(|(_, set)| *set == token).map(|(timer, _)| *timer)
    }

    /// What is about to happen, in a few words.
    fn briefly(&self, occurrence: &Occurrence<M>) -> String {
        match occurrence {
            Occurrence::Start { node, .. } => format!("node {node} starts"),
            Occurrence::Message { from, to, message } => {
                format!("{} from {from} to {to}", message.kind())
            }
            Occurrence::Timer { node, token } => match self.timer(*node, *token) {
                Some(timer) => format!("timer {} of node {node}", timer.kind()),
                None => format!("a timer of node {node}"),
            },
            Occurrence::Planned(plan) => match &self.plan[*plan] {
                Deviation::Request { client, nth, node, .. } => {
                    format!("request {} to node {node}", request_id(*client, *nth).0)
                }
                episode => episode.begins().unwrap_or_default(),
            },
            Occurrence::Flushed { node, .. } => format!("a flush of node {node}"),
            Occurrence::ImpairmentEnds(_) => "links are whole again".to_owned(),
            Occurrence::BadDiskEnds(_) => "a disk is well again".to_owned(),
            Occurrence::PauseEnds { node, .. } => format!("node {node} goes on"),
            Occurrence::Ask { node, .. } => format!("node {node} is asked"),
            Occurrence::Answer { .. } => "a client is answered".to_owned(),
            Occurrence::Wake { .. } => "a client asks again or gives up".to_owned(),
            Occurrence::Heal => "the heal".to_owned(),
            Occurrence::End => "the end".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meets the states of a stem and of a loop; how long the loop turned out to be, and after how
    /// many states.
    fn find(stem: u64, period: u64) -> (u64, u64) {
        let mut lasso = Lasso::default();
        for step in 0.. {
            let state = if step < stem { step } else { stem + (step - stem) % period };
            if let Some(before) = lasso.meet(state, Time::from_nanos(step)) {
                return (step - before.as_nanos(), step);
            }
        }
        unreachable!("there is a loop")
    }

    #[test]
    fn the_loop_is_found_with_its_length_in_a_few_rounds() {
        for stem in 0..40 {
            for period in 1..40 {
                let (found, after) = find(stem, period);
                assert_eq!(found, period);
                assert!(after <= 4 * (stem + period), "{stem} {period}: {after}");
            }
        }
    }

    #[test]
    fn states_that_never_come_again_are_no_loop() {
        let mut lasso = Lasso::default();
        assert!((0..10_000).all(|state| lasso.meet(state, Time::from_nanos(state)).is_none()));
    }
}
