//! What is remembered of a run, and what is found wrong while it goes on.
//!
//! Each oracle is a small second account of one thing, kept from what goes into a node and what
//! comes out of it. None asks the machine what is right.

pub mod answers;
pub mod budget;
pub mod durability;
pub mod emission;
pub mod finding;
pub mod gates;
pub mod handling;
pub mod heard;
pub mod history;
pub mod leaderships;
pub mod politeness;
pub mod roles;
pub mod shadow;
pub mod step;
pub mod strangers;
pub mod tags;

use stormglass_machine::{Effect, NodeId};
use stormglass_replica::{Message, Replica, Response, Role};
use stormglass_simulator::{Cluster, Event};

use answers::Answers;
use durability::Durability;
use emission::Emission;
use gates::Gates;
use handling::{Handling, Lanes};
use heard::Knowledge;
use history::{Act, History, Stint};
use leaderships::Leaderships;
use politeness::Politeness;
use roles::Roles;
use shadow::Shadow;
use step::{Before, Step};
use strangers::Strangers;
use tags::Tag;

/// What is remembered of one node.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    pub lanes: Lanes,
    pub knowledge: Knowledge,
    pub gates: Gates,
    pub answers: Answers,
    pub tag: Tag,
    pub shadow: Shadow,
    pub durability: Durability,
    pub emission: Emission,
    pub strangers: Strangers,
    pub roles: Roles,
    /// It appended for a client although it did not lead.
    pub appended_without_leading: Option<Role>,
    /// Its log was found empty after it had held something, at some start.
    pub ever_forgot_tail: bool,
    /// It has met a refusal of a client since it does not lead.
    pub turned_away: u64,
}

/// What is remembered of a run.
#[derive(Clone, Debug, Default)]
pub struct Ghost {
    witnesses: Vec<Witness>,
    under_way: Option<(Before, Handling)>,
    pub history: History,
    pub leaderships: Leaderships,
    pub politeness: Politeness,
    /// One more than the highest number ever given out.
    pub everything: u64,
}

impl Ghost {
    /// What is remembered of a node.
    pub fn of(&self, node: NodeId) -> &Witness {
        &self.witnesses[node.index()]
    }

    /// What is remembered of each node.
    pub fn all(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Is told of everything.
    pub fn observe(&mut self, cluster: &Cluster<Replica>, event: Event<'_, Replica>) {
        match event {
            Event::Started { node } => self.started(cluster, node),
            Event::Input { node, input } => {
                let machine = cluster.machine(node);
                let handling = self.witnesses[node.index()].lanes.take(machine, input);
                self.under_way = Some((Before::of(machine), handling));
            }
            Event::Stepped { node, effects } => self.stepped(cluster, node, effects),
            Event::Effect { node, effect } => self.effect(cluster, node, effect),
            Event::Crashed { node, .. } => self.crashed(cluster, node),
            _ => {}
        }
    }

    fn started(&mut self, cluster: &Cluster<Replica>, node: NodeId) {
        let count = cluster.count() as usize;
        if self.witnesses.len() < count {
            self.witnesses.resize_with(count, Witness::default);
            self.leaderships.reset(count);
        }
        let machine = cluster.machine(node);
        let witness = &mut self.witnesses[node.index()];
        witness.lanes.reset();
        witness.knowledge.reset();
        witness.gates.reset();
        witness.answers.reset(machine);
        witness.tag.reset();
        witness.durability.reset();
        witness.shadow.started(machine, cluster.records(node));
        witness.ever_forgot_tail |= witness.shadow.forgot_tail;
    }

    fn stepped(&mut self, cluster: &Cluster<Replica>, node: NodeId, effects: &[Effect<Replica>]) {
        let (before, handling) = self.under_way.take().expect("a step begins with its input");
        let machine = cluster.machine(node);
        let step = Step {
            node,
            now: cluster.now(),
            clock: cluster.clock(node),
            wall: cluster.wall_clock(node),
            before: &before,
            handling,
            machine,
            effects,
        };
        if handling == Handling::Append && machine.tail() > before.tail {
            self.appended(&step);
        }
        let witness = &mut self.witnesses[node.index()];
        if handling == Handling::Start {
            witness.shadow.check_start(machine, &self.history);
        }
        witness.lanes.check(machine);
        witness.emission.step(&step);
        if handling != Handling::Nothing {
            witness.roles.step(&step);
            witness.strangers.step(&step);
            let live = witness.gates.take(&step);
            witness.knowledge.step(&step, live);
            witness.shadow.step(&step, &self.history);
            witness.gates.step(&step, live, cluster.calm().is_some());
            witness.answers.step(&step);
            witness.tag.step(&step);
            witness.durability.step(&step);
        }
        if before.role != machine.role() || !machine.trace().transitions.is_empty() {
            self.follow_leadership(cluster, &step);
        }
    }

    fn appended(&mut self, step: &Step<'_>) {
        let role = step.before.role;
        let other_leads = self.leaderships.other_leads(step.node);
        let witness = &mut self.witnesses[step.node.index()];
        if role != Role::Leader && step.intended().append_gate {
            witness.appended_without_leading = Some(role);
        }
        let act = Act {
            stint: self.leaderships.stint(step.node),
            other_leads,
            forgot_tail: witness.ever_forgot_tail,
        };
        let entry = step.machine.log().get(step.before.tail).expect("it has just been appended");
        self.history.append(entry, step.node, role, step.now, act);
        self.everything = self.everything.max(step.machine.tail());
        self.politeness.append(role == Role::Leader && !other_leads);
    }

    fn follow_leadership(&mut self, cluster: &Cluster<Replica>, step: &Step<'_>) {
        if step.before.role == Role::Leader && step.machine.role() != Role::Leader {
            return self.leaderships.end(step.node, step.now);
        }
        if !step.won() {
            return;
        }
        let tail = step.machine.tail();
        let others = cluster.live().filter(|(other, _)| *other != step.node);
        let tails = others.map(|(_, machine)| machine.tail());
        let (mut longest_other, mut level) = (0, tail == self.everything);
        for other in tails {
            longest_other = longest_other.max(other);
            level &= other == tail;
        }
        self.politeness.leadership(level);
        self.leaderships.begin(step.node, Stint { since: step.now, tail, longest_other });
    }

    fn effect(&mut self, cluster: &Cluster<Replica>, node: NodeId, effect: &Effect<Replica>) {
        let witness = &mut self.witnesses[node.index()];
        witness.durability.effect(node, effect);
        match effect {
            Effect::Send { message: Message::Heartbeat(heartbeat), .. }
                if heartbeat.role == Role::Leader
                    && cluster.machine(node).config().hardening.epoch_order =>
            {
                self.leaderships.announced(node, heartbeat.epoch);
            }
            Effect::Respond { response: Response::Appended { seq }, .. } => {
                self.history.acknowledge(*seq, node);
            }
            Effect::Respond { response: Response::NotLeader { .. }, .. } => {
                witness.turned_away += 1;
            }
            _ => {}
        }
    }

    fn crashed(&mut self, cluster: &Cluster<Replica>, node: NodeId) {
        self.leaderships.end(node, cluster.now());
        let kept = cluster.live().any(|(_, machine)| machine.tail() == self.everything);
        self.politeness.crash(kept);
    }
}
