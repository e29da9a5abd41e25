//! What happens in a world: one method for each sort of occurrence, and the law of effects.

use std::hash::{Hash, Hasher};

use stormglass_machine::{Effect, Env, Input, Kind as _, Machine, NodeId};

use crate::cluster::{Armed, Occurrence, node_dice, request_id};
use crate::decisions::Decisions;
use crate::deviation::{Deviation, Fate};
use crate::disk::Kind;
use crate::scenario::Scenario;
use crate::{Event, Watch, World};

impl<S: Scenario> World<'_, S> {
    /// Lets the next thing on the agenda happen.
    pub(crate) fn happen<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        occurrence: Occurrence<S::Machine>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        match occurrence {
            Occurrence::Message { to: node, .. } | Occurrence::Timer { node, .. } => {
                self.bring(node, occurrence, decisions, watch);
            }
            Occurrence::Start { node, boot } => self.start(node, boot, decisions, watch),
            Occurrence::Flushed { node, boot } => self.flushed(node, boot, decisions, watch),
            Occurrence::Planned(position) => self.planned(position, decisions, watch),
            Occurrence::CutEnds(position) => {
                let before = self.cluster.cuts.len();
                self.cluster.cuts.retain(|(cut, _)| *cut != position);
                if self.cluster.cuts.len() < before {
                    self.tell(watch, Event::Ended(position));
                }
            }
            Occurrence::PauseEnds { node, plan } => {
                if self.cluster.is_up(node) {
                    self.tell(watch, Event::Ended(plan));
                }
                self.release(node);
            }
            Occurrence::Heal => self.heal(watch),
            Occurrence::End => unreachable!("the end is not an event of its own"),
        }
    }

    /// Gives a node what has come for it, now or when it can take it.
    #[inline]
    fn bring<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        occurrence: Occurrence<S::Machine>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let now = self.cluster.now;
        let receiver = &mut self.cluster.nodes[node.index()];
        if receiver.machine.is_none() {
            return;
        }
        if receiver.holds(now) {
            receiver.held.push(occurrence);
            return;
        }
        let input = match occurrence {
            Occurrence::Message { from, message, .. } => Input::Message { from, message },
            Occurrence::Timer { token, .. } => match receiver.take_timer(token) {
                Some(timer) => Input::Timer(timer),
                None => return,
            },
            Occurrence::Planned(position) => match &self.plan[position] {
                Deviation::Request { client, nth, request, .. } => {
                    self.struck[position] = true;
                    Input::Request { id: request_id(*client, *nth), request: request.clone() }
                }
                _ => unreachable!("only a request is an input"),
            },
            _ => unreachable!("only messages, timers and requests are inputs"),
        };
        self.step(node, input, decisions, watch);
    }

    fn start<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        boot: u32,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let count = self.cluster.count();
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.boot != boot {
            return;
        }
        let mut machine = self.scenario.machine(node, count);
        for record in slot.disk.durable() {
            machine.restore(record.clone());
        }
        slot.machine = Some(machine);
        slot.dice = node_dice(self.seed, node, boot);
        self.tell(watch, Event::Started { node });
        self.step(node, Input::Start, decisions, watch);
    }

    #[inline]
    fn step<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        input: Input<S::Machine>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        self.events += 1;
        self.tell(watch, Event::Input { node, input: &input });
        self.chain.write_u64(self.cluster.now.as_nanos());
        self.chain.write_u32(node.0);
        input.hash(&mut self.chain);

        let now = self.cluster.now;
        let mut effects = std::mem::take(&mut self.effects);
        let slot = &mut self.cluster.nodes[node.index()];
        let machine = slot.machine.as_mut().expect("only a machine that is up is stepped");
        self.coverage.count(machine.state(), input.kind());
        let (local, wall) = (slot.clock.monotonic(now), slot.clock.wall(now));
        machine.step(input, &mut Env::new(node, local, wall, &mut slot.dice, &mut effects));
        if let Some(armed) = slot.armed
            && effects.len() > armed.after_effects as usize
        {
            slot.effects_left = Some(armed.after_effects);
        }
        for effect in &effects {
            effect.hash(&mut self.chain);
        }

        self.tell(watch, Event::Stepped { node, effects: &effects });
        self.carry_out(node, &mut effects, decisions, watch);
        self.effects = effects;
        self.check(node);
    }

    /// Lets effects happen in order, up to the first that has to wait for the disk.
    fn carry_out<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        effects: &mut Vec<Effect<S::Machine>>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let mut rest = effects.drain(..);
        while let Some(effect) = rest.next() {
            match &mut self.cluster.nodes[node.index()].effects_left {
                Some(0) => return self.crash_as_armed(node, watch),
                Some(left) => *left -= 1,
                None => {}
            }
            self.tell(watch, Event::Effect { node, effect: &effect });
            let now = self.cluster.now;
            match effect {
                Effect::Send { to, message } => self.send(node, to, message, decisions, watch),
                Effect::SetTimer { timer, after } => {
                    let late = decisions.timer(now, node, timer.kind());
                    if !late.is_zero() {
                        self.tell(watch, Event::Late { node, timer, by: late });
                    }
                    let slot = &mut self.cluster.nodes[node.index()];
                    slot.cancel_timer(timer);
                    let token = slot.next_token;
                    slot.next_token += 1;
                    slot.timers.push((timer, token));
                    let fires = now + slot.clock.true_span(after) + late;
                    self.cluster.agenda.push(fires, Occurrence::Timer { node, token });
                }
                Effect::CancelTimer { timer } => {
                    self.cluster.nodes[node.index()].cancel_timer(timer);
                }
                Effect::Write(record) => {
                    self.cluster.nodes[node.index()].disk.write(record, Kind::Record);
                }
                Effect::Checkpoint(record) => {
                    self.cluster.nodes[node.index()].disk.write(record, Kind::Checkpoint);
                }
                Effect::Flush => {
                    if self.cluster.unflushed(node) == 0 {
                        continue;
                    }
                    let slow = decisions.flush(now, node);
                    if !slow.is_zero() {
                        self.tell(watch, Event::Slow { node, by: slow });
                    }
                    let takes = self.settings.flush + slow;
                    let slot = &mut self.cluster.nodes[node.index()];
                    if takes.is_zero() {
                        slot.disk.flush();
                        continue;
                    }
                    slot.flushing = true;
                    slot.waiting.extend(rest);
                    let boot = slot.boot;
                    self.cluster.agenda.push(now + takes, Occurrence::Flushed { node, boot });
                    return;
                }
                // Whoever asked hears of it through `Event::Effect`.
                Effect::Respond { .. } => {}
            }
        }
    }

    #[inline]
    fn send<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: <S::Machine as Machine>::Message,
        decisions: &mut D,
        watch: &mut W,
    ) {
        assert!(
            to.index() < self.cluster.nodes.len(),
            "node {from} sends to {to}, who is not there"
        );
        // A cut does not spare the decision: it would shift the numbers of later messages.
        let fate = decisions.message(self.cluster.now, from, to, message.kind());
        if fate != Fate::Dull {
            self.tell(watch, Event::Fated { from, to, message: &message, fate });
        }
        if !self.cluster.cuts.is_empty() && !self.cluster.is_linked(from, to) {
            self.tell(watch, Event::CutOff { from, to, message: &message });
            return;
        }
        let arrives = self.cluster.now + self.settings.latency;
        let agenda = &mut self.cluster.agenda;
        match fate {
            Fate::Dull => agenda.push(arrives, Occurrence::Message { from, to, message }),
            Fate::Delayed { by } => {
                agenda.push(arrives + by, Occurrence::Message { from, to, message });
            }
            Fate::Dropped => {}
            Fate::Duplicated { by } => {
                let copy = message.clone();
                agenda.push(arrives, Occurrence::Message { from, to, message });
                agenda.push(arrives + by, Occurrence::Message { from, to, message: copy });
            }
        }
    }

    /// A flush is done: what waited for it goes on.
    fn flushed<D: Decisions, W: Watch<S::Machine>>(
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
        slot.disk.flush();
        slot.flushing = false;
        let mut effects = std::mem::take(&mut self.effects);
        effects.append(&mut slot.waiting);
        self.events += 1;
        self.carry_out(node, &mut effects, decisions, watch);
        self.effects = effects;
        self.release(node);
        self.check(node);
    }

    /// Puts what a node has held back on the agenda, if it can take input again.
    fn release(&mut self, node: NodeId) {
        let now = self.cluster.now;
        let slot = &mut self.cluster.nodes[node.index()];
        if !slot.holds(now) {
            slot.held.drain(..).for_each(|held| self.cluster.agenda.push(now, held));
        }
    }

    fn planned<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        if let Deviation::Request { node, .. } = self.plan[position] {
            return self.bring(node, Occurrence::Planned(position), decisions, watch);
        }
        let (now, heal) = (self.cluster.now, self.cluster.heal);
        if now >= heal {
            return;
        }
        match &self.plan[position] {
            Deviation::Crash { nodes, after_effects, .. } => {
                let (nodes, after_effects) = (nodes.clone(), *after_effects);
                nodes.into_iter().for_each(|node| match after_effects {
                    None => self.crash(node, position, watch),
                    Some(after_effects) => {
                        let armed = Armed { after_effects, plan: position };
                        self.cluster.nodes[node.index()].armed = Some(armed);
                    }
                });
            }
            Deviation::Cut { shape, lasts, .. } => {
                self.cluster.cuts.push((position, shape.clone()));
                let ends = (now + *lasts).min(heal);
                self.cluster.agenda.push(ends, Occurrence::CutEnds(position));
                self.struck[position] = true;
                self.tell(watch, Event::Struck(position));
            }
            Deviation::Pause { node, lasts, .. } => {
                let (node, ends) = (*node, (now + *lasts).min(heal));
                if self.cluster.is_up(node) {
                    let slot = &mut self.cluster.nodes[node.index()];
                    slot.paused_until = slot.paused_until.max(ends);
                    let resume = Occurrence::PauseEnds { node, plan: position };
                    self.cluster.agenda.push(ends, resume);
                    self.struck[position] = true;
                    self.tell(watch, Event::Struck(position));
                }
            }
            _ => unreachable!("nothing else has a time"),
        }
    }

    fn crash_as_armed<W: Watch<S::Machine>>(&mut self, node: NodeId, watch: &mut W) {
        let armed = self.cluster.nodes[node.index()].armed.expect("a step is cut by a crash only");
        self.crash(node, armed.plan, watch);
    }

    fn crash<W: Watch<S::Machine>>(&mut self, node: NodeId, position: usize, watch: &mut W) {
        let Deviation::Crash { down, lose, .. } = self.plan[position] else {
            unreachable!("only a crash crashes")
        };
        let (now, heal) = (self.cluster.now, self.cluster.heal);
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.machine.is_none() {
            return;
        }
        slot.stop();
        slot.boot += 1;
        let (boot, lost) = (slot.boot, slot.disk.crash(lose));
        self.cluster.agenda.push((now + down).min(heal), Occurrence::Start { node, boot });
        self.chain.write_u64(now.as_nanos());
        self.chain.write_u32(node.0);
        self.chain.write_usize(lost);
        self.events += 1;
        if !self.struck[position] {
            self.struck[position] = true;
            self.tell(watch, Event::Struck(position));
        }
        self.tell(watch, Event::Crashed { node, lost });
    }

    fn heal<W: Watch<S::Machine>>(&mut self, watch: &mut W) {
        self.cluster.cuts.clear();
        for slot in &mut self.cluster.nodes {
            slot.armed = None;
            slot.effects_left = None;
        }
        self.tell(watch, Event::Healed);
    }
}
