//! Runs that begin alike share their beginning: a list that is another one and a deviation more
//! makes the same run as that one until the deviation can first be noticed, and is run from the last
//! copy of the world that was taken before.

use stormglass_machine::Time;

use crate::chain::Chain;
use crate::clients::Driver;
use crate::cluster::{Cluster, Node, Occurrence};
use crate::decisions::Replay;
use crate::deviation::Deviation;
use crate::faults::RequestOf;
use crate::knob::Knobs;
use crate::network::Network;
use crate::run::Outcome;
use crate::{Scenario, World};

/// How machines are copied, and what checkers remember.
pub struct Copies<S: Scenario> {
    machine: fn(&S::Machine) -> S::Machine,
    ghost: fn(&S::Ghost) -> S::Ghost,
}

impl<S: Scenario> Copies<S> {
    /// By `clone`.
    pub fn cloned() -> Self
    where
        S::Machine: Clone,
        S::Ghost: Clone,
    {
        Copies { machine: S::Machine::clone, ghost: S::Ghost::clone }
    }
}

/// Copies are taken about so many times in a run.
const COPIES: u64 = 32;

/// The run of a list, with copies of its world from on the way.
pub struct Checkpoints<S: Scenario> {
    seed: u64,
    deviations: Vec<Deviation<RequestOf<S>>>,
    /// The earliest first.
    saved: Vec<Saved<S>>,
    copies: Option<Copies<S>>,
}

/// A world between two moments of a storm.
struct Saved<S: Scenario> {
    now: Time,
    nodes: Vec<Node<S::Machine>>,
    agenda: Vec<(Time, Occurrence<S::Machine>)>,
    network: Network,
    broken: Option<usize>,
    bad_disks: Vec<usize>,
    clients: Driver<S::Machine>,
    knobs: Knobs,
    ghost: S::Ghost,
    chain: Chain,
    events: u64,
    unseen: Vec<usize>,
    struck: Vec<bool>,
    undecided: u64,
    decisions: Replay,
}

impl<S: Scenario> Checkpoints<S> {
    /// The list of the run.
    pub fn deviations(&self) -> &[Deviation<RequestOf<S>>] {
        &self.deviations
    }

    /// The last copy in which nothing can have noticed yet whether the deviation is on the list.
    fn before(&self, deviation: &Deviation<RequestOf<S>>, most_events: u64) -> Option<&Saved<S>> {
        let unnoticed =
            |saved: &Saved<S>| saved.events < most_events && !saved.may_have_noticed(deviation);
        self.saved[..self.saved.partition_point(unnoticed)].last()
    }
}

impl<S: Scenario> Saved<S> {
    fn may_have_noticed(&self, deviation: &Deviation<RequestOf<S>>) -> bool {
        // Whose data may be destroyed is settled at the start.
        if deviation.destroys().is_some() {
            return true;
        }
        match (deviation, deviation.at()) {
            (_, Some(at)) => Time::ZERO + at <= self.now,
            (Deviation::TornRecord(torn), _) => self
                .nodes
                .get(torn.node.index())
                .is_some_and(|node| node.disk.next_number() > torn.nth),
            _ => !self.decisions.is_to_come(deviation),
        }
    }
}

impl<S: Scenario> World<'_, S> {
    /// Runs a list and takes copies on the way, if the scenario says how; no more than `most_events`.
    pub fn checkpoints(
        &mut self,
        seed: u64,
        deviations: &[Deviation<RequestOf<S>>],
        most_events: u64,
    ) -> Checkpoints<S> {
        let (mut saved, copies) = (Vec::new(), self.scenario.copies());
        if let Some(copies) = &copies {
            self.take_plan(deviations.iter());
            let most_events = most_events.min(self.settings.max_events);
            let mut decisions = Replay::new(deviations);
            self.guard(|world| {
                world.begin(seed, most_events, &mut ());
                let mut due = 0;
                while world.failure.is_none() && world.cluster.is_stormy() {
                    if world.events >= due && world.is_between_moments() {
                        due = world.events + most_events.div_ceil(COPIES);
                        saved.push(world.save(copies, &decisions));
                    }
                    if !world.turn(&mut decisions, &mut ()) {
                        break;
                    }
                }
            });
        }
        Checkpoints { seed, deviations: deviations.to_vec(), saved, copies }
    }

    /// How the run ends that the list makes with one deviation more at its end: the same as
    /// [`replay`](World::replay) finds.
    pub fn replay_with(
        &mut self,
        checkpoints: &Checkpoints<S>,
        deviation: &Deviation<RequestOf<S>>,
        most_events: u64,
    ) -> Outcome {
        let Checkpoints { seed, ref deviations, ref copies, .. } = *checkpoints;
        let saved = checkpoints.before(deviation, most_events);
        let (Some(saved), Some(copies)) = (saved, copies) else {
            let mut list = deviations.clone();
            list.push(deviation.clone());
            return self.replay(seed, &list, most_events, &mut ()).outcome;
        };
        self.take_plan(deviations.iter().chain([deviation]));
        let own_bound = self.settings.max_events;
        let bound = most_events.min(own_bound);
        let mut decisions = saved.decisions.clone();
        decisions.add(deviation);
        self.guard(|world| {
            world.take_back(saved, copies, seed, bound);
            while world.failure.is_none() && world.turn(&mut decisions, &mut ()) {}
        });
        self.outcome_within(bound)
    }

    /// True if all that happens at this moment has happened.
    fn is_between_moments(&self) -> bool {
        self.events > 0
            && self.cluster.agenda.next_time().is_some_and(|next| next > self.cluster.now)
    }

    fn save(&self, copies: &Copies<S>, decisions: &Replay) -> Saved<S> {
        let Cluster { now, nodes, agenda, network, broken, bad_disks, clients, knobs, .. } =
            &self.cluster;
        let agenda = agenda.in_order().into_iter();
        Saved {
            now: *now,
            nodes: nodes.iter().map(|node| node.copy(copies.machine)).collect(),
            agenda: agenda.map(|(time, occurrence)| (time, occurrence.clone())).collect(),
            network: network.clone(),
            broken: *broken,
            bad_disks: bad_disks.clone(),
            clients: clients.clone(),
            knobs: knobs.clone(),
            ghost: (copies.ghost)(&self.ghost),
            chain: self.chain,
            events: self.events,
            unseen: self.unseen.clone(),
            struck: self.struck.clone(),
            undecided: self.undecided.get(),
            decisions: decisions.clone(),
        }
    }

    /// Goes on from a copy, with a plan that has one deviation more.
    fn take_back(&mut self, saved: &Saved<S>, copies: &Copies<S>, seed: u64, most_events: u64) {
        let cluster = &mut self.cluster;
        cluster.now = saved.now;
        cluster.heal = Time::ZERO + self.settings.storm;
        cluster.nodes.clear();
        cluster.nodes.extend(saved.nodes.iter().map(|node| node.copy(copies.machine)));
        cluster.network = saved.network.clone();
        cluster.broken = saved.broken;
        cluster.bad_disks.clone_from(&saved.bad_disks);
        cluster.beyond = Deviation::goes_beyond(&cluster.plan);
        cluster.clients = saved.clients.clone();
        cluster.knobs.clone_from(&saved.knobs);
        self.ghost = (copies.ghost)(&saved.ghost);
        self.chain = saved.chain;
        self.events = saved.events;
        self.set_bounds(most_events);
        self.liveness.begin(if self.cluster.beyond { Time::MAX } else { self.cluster.heal });
        self.failure = None;
        self.undecided.set(saved.undecided);
        self.seed = seed;
        self.unseen.clone_from(&saved.unseen);
        self.struck.clone_from(&saved.struck);
        self.struck.push(false);
        self.effects.clear();
        self.put_on_agenda(saved);
    }

    /// What was on the agenda, and when the last deviation of the plan begins: that is where it
    /// would stand had it been there from the start.
    fn put_on_agenda(&mut self, saved: &Saved<S>) {
        let Cluster { plan, agenda, nodes, .. } = &mut self.cluster;
        let (position, count) = (plan.len() - 1, nodes.len() as u32);
        let there = plan[position].last_node().is_none_or(|node| node.0 < count);
        let mut begins = plan[position].at().filter(|_| there).map(|at| Time::ZERO + at);
        agenda.clear_at(saved.now);
        for (time, occurrence) in &saved.agenda {
            let from_the_start = matches!(occurrence, Occurrence::Heal | Occurrence::Planned(_));
            if let Some(at) = begins.take_if(|at| *at < *time || *at == *time && !from_the_start) {
                agenda.push(at, Occurrence::Planned(position));
            }
            agenda.push(*time, occurrence.clone());
        }
        if let Some(at) = begins {
            agenda.push(at, Occurrence::Planned(position));
        }
    }
}
