//! The menu of a run: single deviations that could be added to it.
//!
//! A fault may strike at any nanosecond for any span, so that nobody can try them all. The menu is
//! a finite choice of them: at each place of the run at which something can go wrong, each thing
//! that the scenario's faults allow, and of all spans those that end just past something that
//! happens in the run. `docs/shrinking.md` lists it.

use std::collections::BTreeSet;
use std::time::Duration;

use stormglass_machine::{NodeId, Time};

use crate::decisions::Replay;
use crate::deviation::Deviation;
use crate::faults::{
    Breakage, Broken, ClientLink, ClockStep, Clog, Crash, Cut, FailingFlush, Fate, FullDisk,
    Impaired, LONGEST_DELAY, LateTimer, LostFlush, MessageFault, MisdirectedWrite, Pause, Plane,
    ReplacedDisk, RequestOf, RottenRecord, Shape, SiteFires, SlowFlush, TornRecord, Tuned,
    WrongClock,
};
use crate::scenario::Settings;
use crate::{Scenario, World};

mod shapes;
mod spans;
mod survey;

use shapes::shapes;
use spans::Moments;
use survey::{Noting, Sent, Step, Survey, Surveyor};

/// What is late is so until just past the 1st, 2nd, 4th … later moment.
const LATE: usize = 2;
/// An episode lasts until just past the 1st, 4th, 16th … later moment.
const EPISODE: usize = 4;
/// More records than a crash finds: all that are not durable.
const ALL: u32 = 1_000;

/// Single deviations that could be added to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu<R> {
    /// The deviations, each once.
    pub deviations: Vec<Deviation<R>>,
    /// When each node is given something, up to the end of the storm, without repetition: when a
    /// request to it could be made.
    pub moments: Vec<(NodeId, Duration)>,
}

impl<S: Scenario> World<'_, S> {
    /// The menu of the run that a list of deviations makes, of which no more than `most_events`
    /// are looked at. Messages, timers and flushes of which the list says something are not on it.
    pub fn menu(
        &mut self,
        seed: u64,
        deviations: &[Deviation<RequestOf<S>>],
        most_events: u64,
    ) -> Menu<RequestOf<S>> {
        let survey = self.survey(seed, deviations, most_events);
        let count = survey.count;
        let mut menu = Writer {
            settings: &self.settings,
            heal: Time::ZERO + self.settings.storm,
            everywhere: survey.steps.iter().map(|step| step.at).collect(),
            at_node: (0..count).map(|node| moments_of(&survey.steps, NodeId(node))).collect(),
            survey: &survey,
            written: Vec::new(),
        };
        menu.messages();
        menu.timers();
        menu.disks();
        menu.crashes();
        menu.impairments(self.scenario.planes());
        menu.pauses();
        menu.clocks();
        menu.passages();
        menu.sites();
        menu.losses(|node| {
            let tolerated = self.scenario.tolerates(count);
            let mut holding = tolerated.iter().filter(|one| one.holders.contains(&node)).peekable();
            holding.peek().is_some() && holding.all(|one| one.losable > 0)
        });
        menu.broken(self.scenario.core(count));
        menu.knobs(self.cluster.knobs.declared());
        if Deviation::cluster_size(deviations).is_none() {
            let (least, most) = self.scenario.nodes().into_inner();
            menu.written.extend((least + 1..=most).map(|count| Deviation::Nodes { count }));
        }
        let moments = menu.at_node.iter().zip(0..).flat_map(|(moments, node)| {
            moments.iter().map(move |at| (NodeId(node), at.since(Time::ZERO)))
        });
        Menu { moments: moments.collect(), deviations: menu.written }
    }

    fn survey(
        &mut self,
        seed: u64,
        deviations: &[Deviation<RequestOf<S>>],
        most_events: u64,
    ) -> Survey {
        let stage = survey::Stage::default();
        let mut surveyor = Surveyor::new(&stage);
        let mut noting = Noting::new(Replay::new(deviations), &stage);
        self.run_list(seed, deviations, most_events, &mut noting, &mut surveyor);
        noting.finish(self.cluster.count(), surveyor)
    }
}

fn moments_of(steps: &[Step], node: NodeId) -> Moments {
    steps.iter().filter(|step| step.node == node).map(|step| step.at).collect()
}

struct Writer<'a, R> {
    settings: &'a Settings,
    heal: Time,
    survey: &'a Survey,
    /// When anything happens.
    everywhere: Moments,
    /// When something happens at each node.
    at_node: Vec<Moments>,
    written: Vec<Deviation<R>>,
}

impl<R> Writer<'_, R> {
    /// How late something can be that is due at a node then.
    fn lateness(&self, node: NodeId, due: Time) -> Vec<Duration> {
        let longest = self.settings.latency * LONGEST_DELAY;
        let longest = longest.min(self.heal.since(due));
        if longest.is_zero() {
            return Vec::new();
        }
        self.at_node[node.index()].spans(due, LATE, longest).collect()
    }

    fn messages(&mut self) {
        let (survey, faults) = (self.survey, &self.settings.faults);
        for Sent { at, from, to, kind, nth, .. } in &survey.messages {
            if to.0 >= survey.count {
                continue;
            }
            let mut write = |fate| {
                let (kind, nth) = ((*kind).to_owned(), *nth);
                let fault = MessageFault { from: *from, to: *to, kind, nth, fate };
                self.written.push(Deviation::Message(fault));
            };
            if faults.drop {
                write(Fate::Dropped);
            }
            if faults.corrupt {
                write(Fate::Corrupted { value: 0 });
            }
            if faults.duplicate {
                write(Fate::Duplicated { by: Duration::ZERO });
            }
            for by in self.lateness(*to, *at + self.settings.latency) {
                let mut write = |fate| {
                    let (kind, nth) = ((*kind).to_owned(), *nth);
                    let fault = MessageFault { from: *from, to: *to, kind, nth, fate };
                    self.written.push(Deviation::Message(fault));
                };
                if faults.delay {
                    write(Fate::Delayed { by });
                }
                if faults.duplicate {
                    write(Fate::Duplicated { by });
                }
            }
        }
    }

    fn timers(&mut self) {
        if !self.settings.faults.late_timer {
            return;
        }
        for timer in &self.survey.timers {
            for late in self.lateness(timer.node, timer.due) {
                let (node, kind, nth) = (timer.node, timer.kind.to_owned(), timer.nth);
                self.written.push(Deviation::Timer(LateTimer { node, kind, nth, late }));
            }
        }
    }

    fn disks(&mut self) {
        let faults = &self.settings.faults;
        let losses: &[u32] = if faults.lose_unflushed { &[0, ALL] } else { &[0] };
        for &survey::Flush { at, node, nth } in &self.survey.flushes {
            if faults.slow_flush {
                for slow in self.lateness(node, at + self.settings.flush) {
                    self.written.push(Deviation::Flush(SlowFlush { node, nth, slow }));
                }
            }
            if faults.failing_flush {
                let failing = losses.iter().map(|&lose| FailingFlush { node, nth, times: 1, lose });
                self.written.extend(failing.map(Deviation::FailingFlush));
            }
        }
        if faults.full_disk {
            let flushes = self.survey.flushes.iter();
            for (node, at) in BTreeSet::from_iter(flushes.map(|flush| (flush.node, flush.at))) {
                let at = at.since(Time::ZERO);
                for lasts in self.lengths(&self.at_node[node.index()], at) {
                    self.written.push(Deviation::FullDisk(FullDisk { node, at, lasts }));
                }
            }
        }
        if faults.torn_record {
            let torn = self.survey.records.iter().map(|&(node, nth)| TornRecord { node, nth });
            self.written.extend(torn.map(Deviation::TornRecord));
        }
    }

    /// What destroys durable data, of nodes that may lose it.
    fn losses(&mut self, losable: impl Fn(NodeId) -> bool) {
        let faults = &self.settings.faults;
        let losable: Vec<bool> = (0..self.survey.count).map(|node| losable(NodeId(node))).collect();
        let flushes = self.survey.flushes.iter().filter(|flush| losable[flush.node.index()]);
        if faults.lost_flush {
            let lost = flushes.map(|flush| LostFlush { node: flush.node, nth: flush.nth });
            self.written.extend(lost.map(Deviation::LostFlush));
        }
        for &(node, nth) in self.survey.records.iter().filter(|(node, _)| losable[node.index()]) {
            if faults.rotten_record {
                self.written.push(Deviation::RottenRecord(RottenRecord { node, nth }));
            }
            if faults.misdirected_write {
                let write = MisdirectedWrite { node, nth, back: 1 };
                self.written.push(Deviation::MisdirectedWrite(write));
            }
        }
        if !faults.replaced_disk {
            return;
        }
        for (moments, node) in self.at_node.iter().zip((0..).map(NodeId)) {
            if !losable[node.index()] {
                continue;
            }
            for at in moments.iter().map(|at| at.since(Time::ZERO)) {
                for down in self.downs(at) {
                    let replaced = ReplacedDisk { node, at, down };
                    self.written.push(Deviation::ReplacedDisk(replaced));
                }
            }
        }
    }

    /// How long an episode can last that begins then, as far as these moments show a difference.
    fn lengths(&self, moments: &Moments, at: Duration) -> Vec<Duration> {
        let from = Time::ZERO + at;
        let longest = self.heal.since(from);
        if longest.is_zero() { Vec::new() } else { moments.spans(from, EPISODE, longest).collect() }
    }

    /// How long a node can be down from then on.
    fn downs(&self, at: Duration) -> Vec<Duration> {
        let mut downs = vec![Duration::ZERO];
        downs.extend(self.lengths(&self.everywhere, at));
        downs
    }

    /// Each node before each of its moments, and after each effect of its steps then; and all of
    /// them before each moment.
    fn crashes(&mut self) {
        let faults = &self.settings.faults;
        let lose = faults.lose_unflushed;
        if faults.crash {
            // Of steps at one moment, the one with the most effects stands for all. A crash in the
            // middle of a step must have been waiting for it.
            let mut points = BTreeSet::new();
            for Step { at, node, effects, has_something_to_lose } in &self.survey.steps {
                let after = (0..*effects).map(Some).chain([None]);
                let losses = 0..=u32::from(lose && *has_something_to_lose);
                let armed = self.at_node[node.index()].just_past_the_one_before(*at);
                points.extend(after.flat_map(|after| {
                    let at = if after.is_some() { armed } else { *at };
                    losses.clone().map(move |lose| (at, *node, after, lose * ALL))
                }));
            }
            for (at, node, after, lose) in points {
                self.crash(vec![node], at, after, lose);
            }
        }
        if faults.blackout && faults.crash {
            for at in self.everywhere.iter().collect::<Vec<_>>() {
                let everybody = (0..self.survey.count).map(NodeId).collect();
                self.crash(everybody, at, None, if lose { ALL } else { 0 });
            }
        }
    }

    fn crash(&mut self, nodes: Vec<NodeId>, at: Time, after_effects: Option<u32>, lose: u32) {
        let at = at.since(Time::ZERO);
        for down in self.downs(at) {
            let nodes = nodes.clone();
            self.written.push(Deviation::Crash(Crash { nodes, at, after_effects, down, lose }));
        }
    }

    /// Links are cut or clogged when something is sent over them.
    fn impairments(&mut self, planes: &[&'static str]) {
        let faults = &self.settings.faults;
        if !(faults.cut || faults.clog || faults.plane && !planes.is_empty()) {
            return;
        }
        for shape in shapes(self.survey.count) {
            let sent = |plane: Option<&str>| -> Moments {
                let covered = |sent: &&Sent| {
                    plane.is_none_or(|plane| plane == sent.plane)
                        && shape.covers(sent.from, sent.to, self.survey.count)
                };
                self.survey.messages.iter().filter(covered).map(|sent| sent.at).collect()
            };
            if faults.cut || faults.clog {
                for (at, lasts) in self.episodes(&sent(None)) {
                    let shape = || shape.clone();
                    if faults.cut {
                        self.written.push(Deviation::Cut(Cut { shape: shape(), at, lasts }));
                    }
                    if faults.clog {
                        self.written.push(Deviation::Clog(Clog { shape: shape(), at, lasts }));
                    }
                }
            }
            for plane in planes.iter().filter(|_| faults.plane && is_split(&shape)) {
                for (at, lasts) in self.episodes(&sent(Some(plane))) {
                    let cut = Impaired::Cut(Cut { shape: shape.clone(), at, lasts });
                    let clogged = Impaired::Clogged(Clog { shape: shape.clone(), at, lasts });
                    for is in [cut, clogged] {
                        let plane = (*plane).into();
                        self.written.push(Deviation::Plane(Plane { plane, is }));
                    }
                }
            }
        }
    }

    /// Every beginning with every length.
    fn episodes(&self, moments: &Moments) -> Vec<(Duration, Duration)> {
        let beginnings = moments.iter().map(|at| at.since(Time::ZERO));
        let each = |at| self.lengths(moments, at).into_iter().map(move |lasts| (at, lasts));
        beginnings.flat_map(each).collect()
    }

    fn pauses(&mut self) {
        if !self.settings.faults.pause {
            return;
        }
        for node in (0..self.survey.count).map(NodeId) {
            for (at, lasts) in self.episodes(&self.at_node[node.index()]) {
                self.written.push(Deviation::Pause(Pause { node, at, lasts }));
            }
        }
    }

    fn clocks(&mut self) {
        let faults = &self.settings.faults;
        let offset = faults.clock_offset.as_nanos() as i64;
        let step = faults.clock_step.as_nanos() as i64;
        let drift = faults.clock_drift_ppm as i32;
        for node in (0..self.survey.count).map(NodeId) {
            let offsets = [offset, -offset].map(|ahead_ns| (ahead_ns, 0));
            let wrong = offsets.into_iter().chain([drift, -drift].map(|drift| (0, drift)));
            let wrong = wrong.filter(|wrong| *wrong != (0, 0));
            self.written.extend(wrong.map(|(ahead_ns, drift_ppm)| {
                Deviation::Clock(WrongClock { node, ahead_ns, drift_ppm })
            }));
            if step == 0 {
                continue;
            }
            for at in self.at_node[node.index()].iter().map(|at| at.since(Time::ZERO)) {
                let steps = [step, -step].map(|ahead_ns| ClockStep { node, at, ahead_ns });
                self.written.extend(steps.map(Deviation::ClockStep));
            }
        }
    }

    fn passages(&mut self) {
        if !self.settings.faults.client_link {
            return;
        }
        let longest = self.settings.latency * LONGEST_DELAY;
        for (at, passage) in &self.survey.passages {
            self.written.push(Deviation::ClientLink(passage.with(Fate::Dropped)));
            let late = self.everywhere.spans(*at, LATE, longest.min(self.heal.since(*at)));
            let late = late.filter(|by| !by.is_zero()).map(|by| Fate::Delayed { by });
            let late: Vec<ClientLink> = late.map(|fate| passage.with(fate)).collect();
            self.written.extend(late.into_iter().map(Deviation::ClientLink));
        }
    }

    fn sites(&mut self) {
        if !self.settings.faults.sites {
            return;
        }
        for (&(site, node), calls) in &self.survey.calls {
            let fires = (0..*calls).map(|nth| SiteFires { node, site: site.to_owned(), nth });
            self.written.extend(fires.map(Deviation::Site));
        }
    }

    /// Each set of nodes of which the core can do without.
    fn broken(&mut self, core: Option<u32>) {
        let Some(core) = core.filter(|_| self.settings.faults.core) else { return };
        let most = self.survey.count.saturating_sub(core) as usize;
        for nodes in shapes::subsets(self.survey.count, most) {
            for how in [Breakage::Down, Breakage::CutOff] {
                self.written.push(Deviation::Broken(Broken { nodes: nodes.clone(), how }));
            }
        }
    }

    fn knobs<'k>(&mut self, knobs: impl Iterator<Item = &'k crate::Knob>) {
        if !self.settings.faults.knobs {
            return;
        }
        for knob in knobs {
            let name = knob.name();
            let tuned = knob.choices().into_iter().filter(|value| *value != knob.dull());
            self.written
                .extend(tuned.map(|value| Deviation::Knob(Tuned { name: name.to_owned(), value })));
        }
    }
}

fn is_split(shape: &Shape) -> bool {
    matches!(shape, Shape::Split(_))
}
