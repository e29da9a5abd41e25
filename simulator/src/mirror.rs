//! A scenario's checks, for machines that are the scenario's own with something around them: how
//! does a test of a change know that what must hold is still looked at in the same way?
//!
//! Checkers are written for a world of the machines they know. A [`Mirror`] keeps such a world
//! beside the one that runs: what is around the machines is left out of it, and whatever a checker
//! may look at is brought up to date before it looks.

use stormglass_machine::{Effect, Input, Machine, NodeId};

use crate::disk::Version;
use crate::property::{Check, Eventually};
use crate::{Cluster, Event, Property, Scenario, Verdict, Violation, World};

/// A machine with another inside, which is asked and answers the same.
pub trait Around<M: Machine>: Machine<Request = M::Request, Response = M::Response> {
    /// The machine inside; a node that has none is not there for the checkers.
    fn inside(&self) -> Option<&M>;
    /// What the machine inside sees of an input.
    fn input(input: &Input<Self>) -> Option<Input<M>>;
    /// What of an effect is that of the machine inside.
    fn effect(effect: &Effect<Self>) -> Option<Effect<M>>;
    /// What of a message is that of the machine inside.
    fn message(message: &Self::Message) -> Option<&M::Message>;
    /// What of a timer is that of the machine inside.
    fn timer(timer: Self::Timer) -> Option<M::Timer>;
    /// What of a record is that of the machine inside.
    fn record(record: &Self::Record) -> Option<&M::Record>;
}

/// The world that a scenario's checkers believe to look at. What clients do is not told to its ghost,
/// but their history is there in the end.
pub struct Mirror<S: Scenario + 'static> {
    world: World<'static, S>,
    /// The latest step of each node was none of the machine inside.
    outside: Vec<bool>,
    /// For each node, what was copied last is still what it is.
    copied: Vec<Copied>,
}

/// What of a node is up to date.
#[derive(Clone, Default)]
struct Copied {
    machine: bool,
    disk: Option<Version>,
}

impl<S: Scenario<Machine: Clone>> Mirror<S> {
    /// For one run, in which the first `count` nodes have a machine of this scenario inside.
    pub fn new<A: Around<S::Machine>>(
        scenario: &'static S,
        count: u32,
        cluster: &Cluster<A>,
    ) -> Self {
        let mut world = World::new(scenario);
        world.cluster.plan.clone_from(&cluster.plan);
        world.cluster.reset(0, count, cluster.heal);
        world.cluster.broken = cluster.broken;
        let count = count as usize;
        Mirror { world, outside: vec![false; count], copied: vec![Copied::default(); count] }
    }

    /// Tells the scenario's ghost what happens, unless it happens around the machines only.
    pub fn observe<A: Around<S::Machine>>(&mut self, cluster: &Cluster<A>, event: Event<'_, A>) {
        if let Some(node) = touched(&event) {
            if let Some(copied) = self.copied.get_mut(node.index()) {
                copied.machine &= !may_change(&event);
            }
            self.follow(cluster, node);
            if let (Event::Disk { .. } | Event::Gap { .. }, Some(copied)) =
                (&event, self.copied.get_mut(node.index()))
            {
                // The machine may still be asked what to do about it.
                copied.machine = false;
            }
        }
        match event {
            Event::Input { node, input } => {
                let input = A::input(input);
                if let Some(outside) = self.outside.get_mut(node.index()) {
                    *outside = input.is_none();
                }
                if let Some(input) = &input
                    && self.looks_at(node)
                {
                    self.tell(Event::Input { node, input });
                }
            }
            Event::Stepped { node, effects } if self.looks_at(node) => {
                let effects: Vec<_> = effects.iter().filter_map(A::effect).collect();
                self.tell(Event::Stepped { node, effects: &effects });
            }
            Event::Effect { node, effect } if self.looks_at(node) => {
                if let Some(effect) = &A::effect(effect) {
                    self.tell(Event::Effect { node, effect });
                }
            }
            Event::Fated { from, to, message, fate } => {
                if let Some(message) = A::message(message) {
                    self.tell(Event::Fated { from, to, message, fate });
                }
            }
            Event::CutOff { from, to, message } => {
                if let Some(message) = A::message(message) {
                    self.tell(Event::CutOff { from, to, message });
                }
            }
            Event::HeldUp { from, to, message, by } => {
                if let Some(message) = A::message(message) {
                    self.tell(Event::HeldUp { from, to, message, by });
                }
            }
            Event::Late { node, timer, by } => {
                if let Some(timer) = A::timer(timer) {
                    self.tell(Event::Late { node, timer, by });
                }
            }
            _ => self.tell_as_it_is(event),
        }
    }

    /// What is the same with something around the machines.
    fn tell_as_it_is<A: Around<S::Machine>>(&mut self, event: Event<'_, A>) {
        if touched(&event).is_some_and(|node| node.index() >= self.outside.len()) {
            return;
        }
        self.tell(match event {
            Event::Started { node } => Event::Started { node },
            Event::Slow { node, by } => Event::Slow { node, by },
            Event::Misbehaved { node, site } => Event::Misbehaved { node, site },
            Event::Disk { node, fault } => Event::Disk { node, fault },
            Event::Gap { node, gap, after } => Event::Gap { node, gap, after },
            Event::Replaced { node, lost } => Event::Replaced { node, lost },
            Event::Struck(position) => Event::Struck(position),
            Event::Ended(position) => Event::Ended(position),
            Event::Crashed { node, lost } => Event::Crashed { node, lost },
            Event::Healed => Event::Healed,
            _ => return,
        });
    }

    /// Looks at what must hold always, after a node was touched.
    pub fn always<A: Around<S::Machine>>(&mut self, cluster: &Cluster<A>, node: NodeId) -> Verdict {
        self.follow(cluster, node);
        if !self.looks_at(node) {
            return Ok(());
        }
        let world = &self.world;
        world.always.iter().try_for_each(|(name, check)| {
            check(world, node).map_err(|violation| instead(name, violation))
        })
    }

    /// Looks at what must hold in the end.
    pub fn finally<A: Around<S::Machine>>(&mut self, cluster: &Cluster<A>) -> Verdict {
        self.follow_all(cluster);
        self.world.cluster.clients.history.clone_from(&cluster.clients.history);
        let world = &self.world;
        world.finally.iter().try_for_each(|(name, check)| {
            check(world).map_err(|violation| instead(name, violation))
        })
    }

    /// What must come true in the calm, as properties of another scenario: for the nth the nth of the
    /// functions, which asks [`comes_true`](Self::comes_true) of a mirror.
    ///
    /// # Panics
    ///
    /// If there are fewer functions.
    pub fn goals<V: Scenario>(
        scenario: &S,
        checks: &[fn(&World<'_, V>) -> Verdict],
    ) -> Vec<Property<V>> {
        let goals = scenario.properties().into_iter().filter_map(|property| match property.check {
            Check::Eventually(asked) => Some((property.name, asked)),
            _ => None,
        });
        let mirrored = |(nth, (name, asked)): (usize, (&'static str, Eventually<S>))| {
            let Eventually { within, stays, .. } = asked;
            let asked = Eventually { within, stays, check: checks[nth] };
            Property { name, check: Check::Eventually(asked) }
        };
        goals.enumerate().map(mirrored).collect()
    }

    /// Looks at the nth of what must come true in the calm.
    pub fn comes_true<A: Around<S::Machine>>(
        &mut self,
        nth: usize,
        cluster: &Cluster<A>,
    ) -> Verdict {
        self.follow_all(cluster);
        self.world.liveness.verdict(nth, &self.world)
    }

    /// Whether the cluster can go on at all.
    pub fn recoverable<A: Around<S::Machine>>(&mut self, cluster: &Cluster<A>) -> bool {
        self.follow_all(cluster);
        self.world.scenario.recoverable(&self.world)
    }

    fn follow_all<A: Around<S::Machine>>(&mut self, cluster: &Cluster<A>) {
        for node in 0..self.outside.len() as u32 {
            self.follow(cluster, NodeId(node));
        }
    }

    fn looks_at(&self, node: NodeId) -> bool {
        self.outside.get(node.index()).is_some_and(|outside| !outside)
    }

    fn tell(&mut self, event: Event<'_, S::Machine>) {
        let World { scenario, ghost, cluster, .. } = &mut self.world;
        scenario.observe(ghost, cluster, event);
    }

    /// Brings what can be seen of a node up to date.
    fn follow<A: Around<S::Machine>>(&mut self, real: &Cluster<A>, node: NodeId) {
        let seen = &mut self.world.cluster;
        seen.now = real.now;
        seen.network.clone_from(&real.network);
        let Some(slot) = seen.nodes.get_mut(node.index()) else { return };
        let real = &real.nodes[node.index()];
        let copied = &mut self.copied[node.index()];
        if !copied.machine || slot.machine.is_some() != real.machine.is_some() {
            slot.machine = real.machine.as_ref().and_then(A::inside).cloned();
            copied.machine = true;
        }
        let version = real.disk.version();
        if copied.disk != Some(version) {
            slot.disk = real.disk.only(A::record);
            copied.disk = Some(version);
        }
        slot.clock = real.clock;
        slot.paused = real.paused;
        slot.boot = real.boot;
        slot.flushing = real.flushing;
        slot.refused = real.refused;
    }
}

/// True if the machine of the node that an event is about may be another one since the event before.
fn may_change<M: Machine>(event: &Event<'_, M>) -> bool {
    !matches!(
        event,
        Event::Input { .. }
            | Event::Effect { .. }
            | Event::Late { .. }
            | Event::Slow { .. }
            | Event::Misbehaved { .. }
            | Event::Fated { .. }
            | Event::CutOff { .. }
            | Event::HeldUp { .. }
    )
}

fn instead(property: &'static str, violation: Violation) -> Violation {
    Violation { stands_for: Some(property), ..violation }
}

/// The node that an event is about.
fn touched<M: Machine>(event: &Event<'_, M>) -> Option<NodeId> {
    match *event {
        Event::Started { node }
        | Event::Input { node, .. }
        | Event::Stepped { node, .. }
        | Event::Effect { node, .. }
        | Event::Late { node, .. }
        | Event::Slow { node, .. }
        | Event::Misbehaved { node, .. }
        | Event::Disk { node, .. }
        | Event::Gap { node, .. }
        | Event::Replaced { node, .. }
        | Event::Crashed { node, .. }
        | Event::Fated { from: node, .. }
        | Event::CutOff { from: node, .. }
        | Event::HeldUp { from: node, .. } => Some(node),
        Event::Struck(_) | Event::Ended(_) | Event::Client { .. } | Event::Healed => None,
    }
}
