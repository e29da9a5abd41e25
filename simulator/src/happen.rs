//! What happens in a world: one method for each sort of occurrence, and the law of effects.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_machine::{Effect, Env, Input, Kind as _, Machine, NodeId};

use crate::cluster::{Armed, Occurrence, node_dice, request_id};
use crate::decisions::Decisions;
use crate::deviation::{Deviation, Fate};
use crate::disk::Kind;
use crate::scenario::Scenario;
use crate::{Event, Watch, World};

/// What stands in the chain where a step has its input, which begins with a number from 0 to 3.
const CRASHED: u8 = 4;
const FLUSHED: u8 = 5;

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
                self.pause_ends(node, plan, decisions, watch);
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
        let receiver = &mut self.cluster.nodes[node.index()];
        if receiver.machine.is_none() {
            return;
        }
        if receiver.holds() {
            receiver.held.push_back(occurrence);
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
        self.count_event(node);
        self.tell(watch, Event::Input { node, input: &input });
        input.hash(&mut self.chain);

        let now = self.cluster.now;
        let mut effects = std::mem::take(&mut self.effects);
        let slot = &mut self.cluster.nodes[node.index()];
        let machine = slot.machine.as_mut().expect("only a machine that is up is stepped");
        self.coverage.count(machine.state(), input.kind());
        let (local, wall) = (slot.clock.monotonic(now), slot.clock.wall(now));
        machine.step(input, &mut Env::new(node, local, wall, &mut slot.dice, &mut effects));
        slot.striking = slot.armed.take_if(|armed| effects.len() > armed.after_effects as usize);
        self.chain.write_usize(effects.len());
        for effect in &effects {
            effect.hash(&mut self.chain);
        }

        self.tell(watch, Event::Stepped { node, effects: &effects });
        self.carry_out(node, &mut effects, decisions, watch);
        self.effects = effects;
        self.check(node);
    }

    /// Begins one more link of the chain; what happens to the node follows.
    #[inline]
    fn count_event(&mut self, node: NodeId) {
        self.events += 1;
        self.chain.write_u64(self.cluster.now.as_nanos());
        self.chain.write_u32(node.0);
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
            match &mut self.cluster.nodes[node.index()].striking {
                Some(Armed { after_effects: 0, plan }) => {
                    let plan = *plan;
                    // Where it cuts is part of the run, though the machine never learns of it.
                    self.chain.write_usize(rest.len());
                    return self.crash(node, plan, watch);
                }
                Some(Armed { after_effects, .. }) => *after_effects -= 1,
                None => {}
            }
            self.tell(watch, Event::Effect { node, effect: &effect });
            match effect {
                Effect::Send { to, message } => self.send(node, to, message, decisions, watch),
                Effect::SetTimer { timer, after } => {
                    self.set_timer(node, timer, after, decisions, watch);
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
                    self.flush(node, decisions, watch);
                    let slot = &mut self.cluster.nodes[node.index()];
                    if slot.flushing {
                        slot.waiting.extend(rest);
                        return;
                    }
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
        let arrives = self.cluster.now + self.settings.latency;
        // A cut does not spare the decision: it would shift the numbers of later messages.
        let fate = match self.cluster.is_stormy() {
            true => decisions.message(from, to, message.kind()),
            false => Fate::Dull,
        };
        let fate = fate.at_most(self.cluster.until_heal(arrives, Duration::MAX));
        if fate != Fate::Dull {
            self.tell(watch, Event::Fated { from, to, message: &message, fate });
        }
        if !self.cluster.cuts.is_empty() && !self.cluster.is_linked(from, to) {
            self.tell(watch, Event::CutOff { from, to, message: &message });
            return;
        }
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

    fn set_timer<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        timer: <S::Machine as Machine>::Timer,
        after: Duration,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let slot = &mut self.cluster.nodes[node.index()];
        slot.cancel_timer(timer);
        let token = slot.next_token;
        slot.next_token += 1;
        slot.timers.push((timer, token));
        let due = self.cluster.now + slot.clock.true_span(after);
        let late = match self.cluster.is_stormy() {
            true => self.cluster.until_heal(due, decisions.timer(node, timer.kind())),
            false => Duration::ZERO,
        };
        if !late.is_zero() {
            self.tell(watch, Event::Late { node, timer, by: late });
        }
        self.cluster.agenda.push(due + late, Occurrence::Timer { node, token });
    }

    /// Asks the disk to make everything durable; the node waits unless that is done at once.
    fn flush<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) {
        if self.cluster.unflushed(node) == 0 {
            return;
        }
        let due = self.cluster.now + self.settings.flush;
        let slow = match self.cluster.is_stormy() {
            true => self.cluster.until_heal(due, decisions.flush(node)),
            false => Duration::ZERO,
        };
        if !slow.is_zero() {
            self.tell(watch, Event::Slow { node, by: slow });
        }
        let done = due + slow;
        let slot = &mut self.cluster.nodes[node.index()];
        if done == self.cluster.now {
            slot.disk.flush();
            return;
        }
        slot.flushing = true;
        let boot = slot.boot;
        self.cluster.agenda.push(done, Occurrence::Flushed { node, boot });
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
        if let Some((goes_on, _)) = slot.paused {
            // The disk has done its work, but the process stands still and does not hear of it.
            self.cluster.agenda.push(goes_on, Occurrence::Flushed { node, boot });
            return;
        }
        slot.flushing = false;
        let mut effects = std::mem::take(&mut self.effects);
        effects.append(&mut slot.waiting);
        self.count_event(node);
        self.chain.write_u8(FLUSHED);
        self.chain.write_usize(effects.len());
        self.carry_out(node, &mut effects, decisions, watch);
        self.effects = effects;
        self.check(node);
        self.release(node, decisions, watch);
    }

    /// A pause is over, unless the node has crashed meanwhile or a longer one has begun.
    fn pause_ends<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.paused.take_if(|(_, pause)| *pause == position).is_some() {
            self.tell(watch, Event::Ended(position));
            self.release(node, decisions, watch);
        }
    }

    /// Gives a node what it has held back, in the order in which it came and before anything that
    /// comes now, until it has to wait again.
    fn release<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) {
        while self.failure.is_none()
            && let Some(held) = self.cluster.nodes[node.index()].next_held()
        {
            self.bring(node, held, decisions, watch);
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
        if !self.cluster.is_stormy() {
            return;
        }
        let (now, heal) = (self.cluster.now, self.cluster.heal);
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
                    slot.paused = slot.paused.max(Some((ends, position)));
                    let resume = Occurrence::PauseEnds { node, plan: position };
                    self.cluster.agenda.push(ends, resume);
                    self.struck[position] = true;
                    self.tell(watch, Event::Struck(position));
                }
            }
            _ => unreachable!("nothing else has a time"),
        }
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
        self.count_event(node);
        self.chain.write_u8(CRASHED);
        self.chain.write_usize(lost);
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
            slot.striking = None;
        }
        self.tell(watch, Event::Healed);
    }
}
