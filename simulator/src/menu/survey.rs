//! What occurs in a run: everything to which something could have happened that did not.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use stormglass_machine::{Effect, Firing, Kind as _, Machine, NodeId, Sites, Time};

use crate::decisions::{Decisions, FlushFate, Passage, Replay};
use crate::disk::RecordFate;
use crate::faults::Fate;
use crate::{Cluster, Event, Watch};

/// What occurs in a run, as far as it is stormy.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) count: u32,
    pub(crate) messages: Vec<Sent>,
    pub(crate) timers: Vec<Set>,
    pub(crate) flushes: Vec<Flush>,
    pub(crate) records: Vec<(NodeId, u32)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) passages: Vec<(Time, Passage)>,
    /// How often each node came by each site.
    pub(crate) calls: BTreeMap<(&'static str, NodeId), u32>,
}

/// A message about which the list says nothing.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) at: Time,
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) kind: &'static str,
    pub(crate) plane: &'static str,
    pub(crate) nth: u32,
}

/// A timer about which the list says nothing.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) due: Time,
    pub(crate) node: NodeId,
    pub(crate) kind: &'static str,
    pub(crate) nth: u32,
}

/// A flush about which the list says nothing.
#[derive(Debug)]
pub(crate) struct Flush {
    pub(crate) at: Time,
    pub(crate) node: NodeId,
    pub(crate) nth: u32,
}

/// An input of a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) at: Time,
    pub(crate) node: NodeId,
    pub(crate) effects: u32,
    /// A crash then may find something that is not durable.
    pub(crate) has_something_to_lose: bool,
}

/// What the watch knows and decisions are not told.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    now: Cell<Time>,
    due: Cell<Time>,
    plane: Cell<&'static str>,
}

/// Watches a run for a survey.
pub(crate) struct Surveyor<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) steps: Vec<Step>,
    pub(crate) records: Vec<(NodeId, u32)>,
}

impl<'a> Surveyor<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        Surveyor { stage, steps: Vec::new(), records: Vec::new() }
    }
}

impl<M: Machine> Watch<M> for Surveyor<'_> {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        self.stage.now.set(cluster.now);
        if !cluster.is_stormy() {
            return;
        }
        match event {
            Event::Stepped { node, effects } => {
                let writes =
                    |effect: &Effect<M>| matches!(effect, Effect::Write(_) | Effect::Checkpoint(_));
                self.steps.push(Step {
                    at: cluster.now,
                    node,
                    effects: effects.len() as u32,
                    has_something_to_lose: cluster.unflushed(node) > 0
                        || effects.iter().any(writes),
                });
            }
            Event::Effect { node, effect } => match effect {
                Effect::Send { message, .. } => self.stage.plane.set(message.plane()),
                Effect::SetTimer { after, .. } => {
                    let clock = &cluster.nodes[node.index()].clock;
                    self.stage.due.set(cluster.now + clock.true_span(*after));
                }
                Effect::Write(_) | Effect::Checkpoint(_) => {
                    let nth = cluster.nodes[node.index()].disk.next_number();
                    self.records.push((node, nth));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// Decides as a list says, and takes note of what was decided about which it says nothing.
pub(crate) struct Noting<'a> {
    pub(crate) replay: Replay,
    pub(crate) stage: &'a Stage,
    pub(crate) survey: Survey,
}

impl<'a> Noting<'a> {
    pub(crate) fn new(replay: Replay, stage: &'a Stage) -> Self {
        Noting { replay, stage, survey: Survey::default() }
    }

    /// What was noted by both.
    pub(crate) fn finish(mut self, count: u32, surveyor: Surveyor<'_>) -> Survey {
        if let Some(sites) = self.replay.sites() {
            for site in Vec::from_iter(sites.tallies().into_keys()) {
                for node in (0..count).map(NodeId) {
                    self.survey.calls.insert((site, node), sites.calls(node, site));
                }
            }
        }
        let Surveyor { steps, records, .. } = surveyor;
        Survey { count, steps, records, ..self.survey }
    }
}

impl Decisions for Noting<'_> {
    fn message(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> Fate {
        let (nth, fate) = self.replay.numbered(from, to, kind);
        if fate == Fate::Dull {
            let (at, plane) = (self.stage.now.get(), self.stage.plane.get());
            self.survey.messages.push(Sent { at, from, to, kind, plane, nth });
        }
        fate
    }

    fn timer(&mut self, node: NodeId, kind: &'static str) -> Duration {
        let (nth, late) = self.replay.numbered_timer(node, kind);
        if late.is_zero() {
            self.survey.timers.push(Set { due: self.stage.due.get(), node, kind, nth });
        }
        late
    }

    fn flush(&mut self, node: NodeId, losable: bool) -> FlushFate {
        let nth = self.replay.flushes(node);
        let fate = self.replay.flush(node, losable);
        if fate == FlushFate::default() {
            self.survey.flushes.push(Flush { at: self.stage.now.get(), node, nth });
        }
        fate
    }

    fn record(&mut self, node: NodeId, nth: u32) -> RecordFate {
        self.replay.record(node, nth)
    }

    fn torn(&mut self, node: NodeId, first: u32, last: u32) -> Option<u32> {
        self.replay.torn(node, first, last)
    }

    fn client_link(&mut self, passage: Passage) -> Fate {
        let fate = self.replay.client_link(passage);
        if fate == Fate::Dull {
            self.survey.passages.push((self.stage.now.get(), passage));
        }
        fate
    }

    fn sites(&mut self) -> Option<&mut Sites> {
        self.replay.sites()
    }

    fn fired(&mut self, node: NodeId, firing: Firing) {
        self.replay.fired(node, firing);
    }
}
