//! What happens in a world: one method for each sort of occurrence, and the law of effects.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_machine::{Effect, Env, Input, Kind as _, Machine, NodeId, Sites, Time};

use crate::cluster::{Armed, Occurrence, node_dice, request_id};
use crate::decisions::Decisions;
use crate::deviation::Deviation;
use crate::disk::Kind;
use crate::faults::{
    Breakage, Broken, ClockStep, Crash, Fate, FullDisk, Pause, ReplacedDisk, SlowDisk,
};
use crate::network::Sent;
use crate::property::{KNOWN_RECEIVER, Violation};
use crate::scenario::Scenario;
use crate::{Event, Watch, World};

mod clients;
mod disk;

/// What stands in the chain where a step has its input, which begins with a number from 0 to 3.
const CRASHED: u8 = 4;
const FLUSHED: u8 = 5;
const FLUSH_FAILED: u8 = 6;
const GAP: u8 = 7;
const REPLACED: u8 = 8;

impl<S: Scenario> World<'_, S> {
    /// Lets the next thing on the agenda happen.
    pub(crate) fn happen<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        occurrence: Occurrence<S::Machine>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let (node, input) = match occurrence {
            Occurrence::Message { from, to, message } => {
                let slot = &mut self.cluster.nodes[to.index()];
                if !slot.takes_input() {
                    return slot.hold(Occurrence::Message { from, to, message });
                }
                (to, Input::Message { from, message })
            }
            Occurrence::Timer { node, token } => {
                let slot = &mut self.cluster.nodes[node.index()];
                if !slot.takes_input() {
                    return slot.hold(occurrence);
                }
                let Some(timer) = slot.take_timer(token) else { return };
                (node, Input::Timer(timer))
            }
            Occurrence::Start { node, boot } => {
                if !self.start(node, boot, watch) {
                    return;
                }
                (node, Input::Start)
            }
            Occurrence::Planned(position) => match self.planned(position, decisions, watch) {
                Some(asked) => asked,
                None => return,
            },
            Occurrence::Flushed { node, boot } => {
                return self.flush_is_due(node, boot, decisions, watch);
            }
            Occurrence::ImpairmentEnds(position) => return self.impairment_ends(position, watch),
            Occurrence::BadDiskEnds(position) => return self.bad_disk_ends(position, watch),
            Occurrence::PauseEnds { node, plan } => {
                return self.pause_ends(node, plan, decisions, watch);
            }
            Occurrence::Ask { position, attempt, node } => {
                match self.asked(position, attempt, node) {
                    Some(asked) => asked,
                    None => return,
                }
            }
            Occurrence::Answer { slot } => return self.answered(slot, decisions, watch),
            Occurrence::Wake { position, attempt } => {
                return self.woken(position, attempt, decisions, watch);
            }
            Occurrence::Heal => return self.heal(decisions, watch),
            Occurrence::End => unreachable!("the end is not an event of its own"),
        };
        self.step(node, input, decisions, watch);
    }

    /// Starts a process, unless it has crashed again or refuses its disk; what follows is its first step.
    fn start<W: Watch<S::Machine>>(&mut self, node: NodeId, boot: u32, watch: &mut W) -> bool {
        let count = self.cluster.count();
        if self.cluster.stays_down(node) {
            return false;
        }
        let slot = &mut self.cluster.nodes[node.index()];
        if slot.boot != boot {
            return false;
        }
        let mut machine = self.scenario.tuned_machine(node, count, &self.cluster.knobs);
        if slot.disk.is_sound() {
            for record in slot.disk.durable() {
                machine.restore(record.clone());
            }
        } else if !self.restore_with_gaps(node, &mut machine, watch) {
            return false;
        }
        let slot = &mut self.cluster.nodes[node.index()];
        slot.machine = Some(machine);
        slot.dice = node_dice(self.seed, node, boot);
        self.tell(watch, Event::Started { node });
        true
    }

    /// One step of a machine. Like all that it calls for every event, it is put in place by the
    /// compiler: the calls would cost as much as the work.
    #[inline(always)]
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
        let slot = &mut self.cluster.nodes[node.index()];
        let machine = slot.machine.as_mut().expect("only a machine that is up is stepped");
        self.coverage.count(machine.state(), input.kind());
        let (local, wall) = (slot.clock.monotonic(now), slot.clock.wall(now));
        let effects = &mut self.effects;
        let env = Env::new(node, local, wall, &mut slot.dice, effects);
        machine.step(input, &mut env.with_sites(decisions.sites()));
        let crash = slot.armed.take_if(|armed| effects.len() > armed.after_effects as usize);
        let mut chain = self.chain;
        chain.write_usize(effects.len());
        for effect in &*effects {
            effect.hash(&mut chain);
        }
        self.chain = chain;
        let event = Event::Stepped { node, effects };
        self.scenario.observe(&mut self.ghost, &self.cluster, event);
        watch.event(&self.cluster, event);
        // The next to happen is the last of the list.
        effects.reverse();
        if decisions.sites().is_some_and(|sites| sites.has_fired()) {
            self.misbehaved(node, decisions, watch);
        }
        self.carry_out(node, crash, decisions, watch);
        self.check(node);
    }

    /// Takes note of the sites that have fired in a step.
    #[cold]
    fn misbehaved<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        decisions: &mut D,
        watch: &mut W,
    ) {
        while let Some(firing) = decisions.sites().and_then(|sites| sites.next_fired()) {
            decisions.fired(node, firing);
            self.tell(watch, Event::Misbehaved { node, site: firing.site });
        }
    }

    /// Begins one more link of the chain; what happens to the node follows.
    #[inline]
    fn count_event(&mut self, node: NodeId) {
        self.events += 1;
        self.chain.write_u64(self.cluster.now.as_nanos());
        self.chain.write_u32(node.0);
    }

    /// Lets the effects that are listed happen, the last first, up to the first that has to wait for the disk, or to the
    /// crash that cuts them.
    #[inline(always)]
    fn carry_out<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        mut crash: Option<Armed>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        while let Some(effect) = self.effects.pop() {
            match &mut crash {
                Some(Armed { after_effects: 0, plan }) => {
                    // Where it cuts is part of the run, though the machine never learns of it.
                    self.chain.write_usize(self.effects.len());
                    self.effects.clear();
                    return self.crash(node, *plan, decisions, watch);
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
                Effect::Write(record) => self.write(node, record, Kind::Record, decisions, watch),
                Effect::Checkpoint(record) => {
                    self.write(node, record, Kind::Checkpoint, decisions, watch);
                }
                Effect::Flush => {
                    self.flush(node, decisions, watch);
                    let slot = &mut self.cluster.nodes[node.index()];
                    if slot.flushing {
                        slot.waiting.append(&mut self.effects);
                        slot.striking = crash;
                        return;
                    }
                    if slot.machine.is_none() {
                        // It has stopped, since the flush failed at once.
                        self.chain.write_usize(self.effects.len());
                        return self.effects.clear();
                    }
                }
                Effect::Respond { id, response } => {
                    // Whoever else asked hears of it through `Event::Effect`.
                    if self.cluster.clients.clients.is_some() {
                        self.respond(id, response, decisions, watch);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn send<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: <S::Machine as Machine>::Message,
        decisions: &mut D,
        watch: &mut W,
    ) {
        if to.index() >= self.cluster.nodes.len() {
            return self.sent_to_nobody(from, to, &message);
        }
        let mut arrives = self.cluster.now + self.settings.latency;
        let mut fate = Fate::Dull;
        if self.cluster.is_stormy() {
            // A cut does not spare the decision: it would shift the numbers of later messages.
            fate = decisions.message(from, to, message.kind());
            fate = fate.at_most(self.cluster.until_heal(arrives, Duration::MAX));
            if fate != Fate::Dull {
                self.tell(watch, Event::Fated { from, to, message: &message, fate });
            }
        }
        if !self.cluster.network.is_whole() {
            let Some(later) = self.through(from, to, &message, arrives, watch) else { return };
            arrives = later;
            fate = fate.at_most(self.cluster.until_heal(arrives, Duration::MAX));
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
            Fate::Corrupted { value } => {
                if let Some(message) = self.scenario.corrupt(&message, value) {
                    agenda.push(arrives, Occurrence::Message { from, to, message });
                }
            }
        }
    }

    /// When a message gets through links of which some are impaired; `None` if it does not.
    #[inline(never)]
    fn through<W: Watch<S::Machine>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: &<S::Machine as Machine>::Message,
        arrives: Time,
        watch: &mut W,
    ) -> Option<Time> {
        let (count, heal) = (self.cluster.count(), self.cluster.heal);
        let sent = Sent { from, to, plane: message.plane(), arrives };
        let through = self.cluster.network.through(&self.cluster.plan, sent, count, heal);
        match through {
            None => self.tell(watch, Event::CutOff { from, to, message }),
            Some(later) if later > arrives => {
                self.tell(watch, Event::HeldUp { from, to, message, by: later.since(arrives) });
            }
            Some(_) => {}
        }
        through
    }

    #[cold]
    fn sent_to_nobody(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: &<S::Machine as Machine>::Message,
    ) {
        let last = self.cluster.count() - 1;
        let detail = format!("node {from} sent {message:?} to node {to}; the last node is {last}");
        self.fail(KNOWN_RECEIVER, Violation::new(detail).because(message.kind()));
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
            self.happen(held, decisions, watch);
        }
    }

    /// What the plan has for this moment: an episode begins, or a node that takes input is asked
    /// something.
    fn planned<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) -> Option<(NodeId, Input<S::Machine>)> {
        if let Deviation::Request { client, nth, node, ref request, .. } =
            self.cluster.plan[position]
        {
            if self.cluster.clients.clients.is_some() {
                self.operation_is_due(position, decisions, watch);
                return None;
            }
            let slot = &mut self.cluster.nodes[node.index()];
            if !slot.takes_input() {
                slot.hold(Occurrence::Planned(position));
                return None;
            }
            self.struck[position] = true;
            let (id, request) = (request_id(client, nth), request.clone());
            return Some((node, Input::Request { id, request }));
        }
        if self.cluster.is_stormy() {
            self.strike(position, decisions, watch);
        }
        None
    }

    /// An episode begins.
    fn strike<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let (now, heal) = (self.cluster.now, self.cluster.heal);
        if let Some(impairment) = self.cluster.plan[position].impairment() {
            let ends = impairment.ends(heal);
            self.cluster.network.impair(position);
            self.cluster.agenda.push(ends, Occurrence::ImpairmentEnds(position));
            self.struck[position] = true;
            return self.tell(watch, Event::Struck(position));
        }
        match self.cluster.plan[position] {
            Deviation::Crash(_) => self.crashes(position, decisions, watch),
            Deviation::FullDisk(FullDisk { lasts, .. })
            | Deviation::SlowDisk(SlowDisk { lasts, .. }) => {
                self.bad_disk_begins(position, lasts, watch);
            }
            Deviation::ReplacedDisk(ReplacedDisk { node, down, .. }) => {
                self.replace_disk(node, position, down, decisions, watch);
            }
            Deviation::ClockStep(ClockStep { node, ahead_ns, .. }) => {
                self.cluster.nodes[node.index()].clock.step(ahead_ns);
                self.struck[position] = true;
                self.tell(watch, Event::Struck(position));
            }
            Deviation::Pause(Pause { node, lasts, .. }) => {
                let ends = (now + lasts).min(heal);
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

    fn impairment_ends<W: Watch<S::Machine>>(&mut self, position: usize, watch: &mut W) {
        if self.cluster.network.ends(position) {
            self.tell(watch, Event::Ended(position));
        }
    }

    /// Crashes each node of a planned crash now, or arms its next step.
    fn crashes<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        for nth in 0.. {
            let Deviation::Crash(Crash { nodes, after_effects, .. }) = &self.cluster.plan[position]
            else {
                unreachable!("only a crash crashes")
            };
            let Some(node) = nodes.get(nth).copied() else { break };
            match *after_effects {
                None => self.crash(node, position, decisions, watch),
                Some(after_effects) => {
                    let armed = Armed { after_effects, plan: position };
                    self.cluster.nodes[node.index()].armed = Some(armed);
                }
            }
        }
    }

    fn crash<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let Deviation::Crash(Crash { down, lose, .. }) = self.cluster.plan[position] else {
            unreachable!("only a crash crashes")
        };
        if !self.cluster.is_up(node) {
            return;
        }
        let lost = self.go_down(node, down, lose, decisions, watch);
        if !self.struck[position] {
            self.struck[position] = true;
            self.tell(watch, Event::Struck(position));
        }
        self.tell(watch, Event::Crashed { node, lost });
    }

    /// A process ends, and will start again; returns how many records it has lost.
    fn go_down<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        node: NodeId,
        down: Duration,
        lose: u32,
        decisions: &mut D,
        watch: &mut W,
    ) -> usize {
        let (now, heal) = (self.cluster.now, self.cluster.heal);
        let slot = &mut self.cluster.nodes[node.index()];
        slot.stop();
        slot.boot += 1;
        let boot = slot.boot;
        let lost = match slot.disk.unflushed() {
            0 => 0,
            _ => self.lose(node, lose, decisions, watch),
        };
        self.cluster.agenda.push((now + down).min(heal), Occurrence::Start { node, boot });
        self.count_event(node);
        self.chain.write_u8(CRASHED);
        self.chain.write_usize(lost);
        lost
    }

    fn heal<D: Decisions, W: Watch<S::Machine>>(&mut self, decisions: &mut D, watch: &mut W) {
        decisions.sites().into_iter().for_each(Sites::close);
        self.cluster.network.mend();
        self.cluster.bad_disks.clear();
        for slot in &mut self.cluster.nodes {
            slot.armed = None;
            slot.striking = None;
        }
        self.tell(watch, Event::Healed);
        if let Some(position) = self.cluster.broken {
            self.keep_broken(position, decisions, watch);
        }
    }

    /// Some nodes do not heal: they crash if they are up, or are cut off.
    fn keep_broken<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        self.struck[position] = true;
        self.tell(watch, Event::Struck(position));
        for nth in 0.. {
            let Some(Broken { nodes, how }) = self.cluster.broken_nodes() else { return };
            if *how == Breakage::CutOff {
                return self.cluster.network.impair(position);
            }
            let Some(node) = nodes.get(nth).copied() else { return };
            if self.cluster.is_up(node) {
                let lost = self.go_down(node, Duration::ZERO, 0, decisions, watch);
                self.tell(watch, Event::Crashed { node, lost });
            }
        }
    }
}
