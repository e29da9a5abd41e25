//! Many groups on one node: they share its disk, its heartbeats and its messages.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Effect, Env, Input, Kind, Machine, NodeId};

use crate::{
    Bug, Image, Message, Options, Planted, Raft, Record, Request, Response, Role, StateMachine,
    Timer,
};

/// Names a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct GroupId(pub u64);

/// One node of many groups. Each is a [`Raft`] that knows of no other. All that the groups say to
/// one peer in one step travels as one message, all that they write in one step shares its
/// flushes, and one timer beats for all groups that the node leads.
#[derive(Clone, Debug)]
pub struct MultiRaft<S: StateMachine> {
    /// In the order of their ids.
    groups: Vec<(GroupId, Raft<S>)>,
    /// How many of them the node leads.
    led: usize,
    planted: Planted,
    heartbeat_is_set: bool,
    /// How many records the disk has, at most, that the next images will replace.
    records: usize,
    /// A group has compacted its log in this step.
    compacted: bool,
}

/// So many records, and a group that compacts: then the images of all groups replace them.
const RECORDS_MAX: usize = 256;

/// There is no such group on this node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct UnknownGroup;

/// What the groups of one node have to say to those of another, in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MultiMessage<C, R>(pub Vec<(GroupId, Message<C, R>)>);

/// What is asked of one group.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MultiRequest<C, Q> {
    /// The group.
    pub group: GroupId,
    /// What is asked.
    pub request: Request<C, Q>,
}

/// Names a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MultiTimer {
    /// The next round of all groups that the node leads.
    Heartbeat,
    /// A timer of one group.
    Group(GroupId, Timer),
}

/// One durable fact.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum MultiRecord<C, R> {
    /// Of one group.
    Group(GroupId, Record<C, R>),
    /// Of all groups; replaces all records before it.
    Images(Vec<(GroupId, Image<C, R>)>),
}

/// What was said in one group.
type Said<S> = (GroupId, <Raft<S> as Machine>::Message);

impl<S: StateMachine> MultiRaft<S> {
    /// A node whose process is about to start, with its part in each group.
    ///
    /// # Panics
    ///
    /// If there is no group, if two have the same id, if the options are of different nodes or
    /// rounds, or if any options are not valid.
    pub fn new(groups: impl IntoIterator<Item = (GroupId, Options, S)>) -> MultiRaft<S> {
        let part = |(id, options, machine)| (id, Raft::new(options, machine));
        let mut groups: Vec<(GroupId, Raft<S>)> = groups.into_iter().map(part).collect();
        groups.sort_by_key(|(id, _)| *id);
        let twins = groups.windows(2).find(|pair| pair[0].0 == pair[1].0);
        assert!(twins.is_none(), "two groups have the id {}", twins.map_or(0, |pair| pair[0].0.0));
        let common = |raft: &Raft<S>| (raft.id(), raft.options().heartbeat_interval);
        let (_, first) = groups.first().expect("a node of no group has nothing to do");
        assert!(
            groups.iter().all(|(_, raft)| common(raft) == common(first)),
            "the groups of one node share its id and its heartbeat interval"
        );
        let planted = first.options().planted;
        let (heartbeat_is_set, compacted) = (false, false);
        MultiRaft { groups, led: 0, planted, heartbeat_is_set, records: 0, compacted }
    }

    fn position(&self, id: GroupId) -> Option<usize> {
        self.groups.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    /// The node's part in a group.
    pub fn group(&self, id: GroupId) -> Option<&Raft<S>> {
        self.position(id).map(|position| &self.groups[position].1)
    }

    /// The node's part in every group.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Raft<S>)> {
        self.groups.iter().map(|(id, raft)| (*id, raft))
    }
}

/// One step of a node of many groups.
struct MultiStep<'a, 'e, S: StateMachine> {
    node: &'a mut MultiRaft<S>,
    env: &'a mut Env<'e, MultiRaft<S>>,
    /// What each group wants to happen.
    happened: Vec<(GroupId, Vec<Effect<Raft<S>>>)>,
    /// What is to be sent before the next flush.
    outbox: BTreeMap<NodeId, Vec<Said<S>>>,
}

impl<S: StateMachine> MultiStep<'_, '_, S> {
    /// Steps one group, and keeps what it wants to happen.
    fn step_group(&mut self, id: GroupId, input: Input<Raft<S>>) {
        let Some(position) = self.node.position(id) else {
            return;
        };
        let raft = &mut self.node.groups[position].1;
        let led = raft.role() == Role::Leader;
        let mut effects = Vec::new();
        raft.step(input, &mut self.env.part(&mut effects));
        let leads = raft.role() == Role::Leader;
        self.node.led = self.node.led + usize::from(leads) - usize::from(led);
        self.happened.push((id, effects));
    }

    fn receive(&mut self, from: NodeId, messages: Vec<Said<S>>) {
        let first = messages.first().map(|(id, _)| *id);
        for (id, message) in messages {
            let mixed_up = first.filter(|_| self.node.planted.has(Bug::GroupsMixedUp));
            self.step_group(mixed_up.unwrap_or(id), Input::Message { from, message });
        }
    }

    fn beat(&mut self) {
        self.node.heartbeat_is_set = false;
        let leads = |(id, raft): &(GroupId, Raft<S>)| (raft.role() == Role::Leader).then_some(*id);
        let led: Vec<GroupId> = self.node.groups.iter().filter_map(leads).collect();
        for id in led {
            self.step_group(id, Input::Timer(Timer::Heartbeat));
        }
    }

    /// Lets the effects of all groups happen, each group's in their order. The groups go side by
    /// side from flush to flush, so that they wait for the disk together.
    fn release(&mut self) {
        let happened = core::mem::take(&mut self.happened).into_iter();
        let mut left: Vec<_> = happened.map(|(id, effects)| (id, effects.into_iter())).collect();
        loop {
            let mut flush = false;
            for (id, effects) in &mut left {
                for effect in effects.by_ref() {
                    if matches!(effect, Effect::Flush) {
                        flush = true;
                        break;
                    }
                    self.pass_on(*id, effect);
                }
            }
            for (to, messages) in core::mem::take(&mut self.outbox) {
                self.env.send(to, MultiMessage(messages));
            }
            if !flush {
                return;
            }
            self.env.flush();
        }
    }

    fn pass_on(&mut self, id: GroupId, effect: Effect<Raft<S>>) {
        match effect {
            Effect::Send { to, message } => self.outbox.entry(to).or_default().push((id, message)),
            Effect::SetTimer { timer: Timer::Heartbeat, after } => {
                if !core::mem::replace(&mut self.node.heartbeat_is_set, true) {
                    self.env.set_timer(MultiTimer::Heartbeat, after);
                }
            }
            // Another group may need it; if none does, it fires once for nothing.
            Effect::CancelTimer { timer: Timer::Heartbeat } | Effect::Flush => {}
            Effect::SetTimer { timer, after } => {
                self.env.set_timer(MultiTimer::Group(id, timer), after);
            }
            Effect::CancelTimer { timer } => self.env.cancel_timer(MultiTimer::Group(id, timer)),
            Effect::Write(record) => self.write(id, record),
            // A checkpoint would replace the other groups' records as well. An image replaces what
            // the group has written before when it is read back.
            Effect::Checkpoint(record) => {
                self.node.compacted = true;
                self.write(id, record);
            }
            Effect::Respond { id, response } => self.env.respond(id, Ok(response)),
        }
    }

    fn write(&mut self, id: GroupId, record: Record<S::Command, S::Response>) {
        self.node.records += 1;
        self.env.write(MultiRecord::Group(id, record));
    }

    /// Clears the disk of what the groups have compacted away.
    fn compact(&mut self) {
        if core::mem::take(&mut self.node.compacted) && self.node.records > RECORDS_MAX {
            let images = self.node.groups.iter().map(|(id, raft)| (*id, raft.image()));
            self.env.checkpoint(MultiRecord::Images(images.collect()));
            self.node.records = 0;
        }
    }
}

impl<S: StateMachine> Machine for MultiRaft<S> {
    type Message = MultiMessage<S::Command, S::Response>;
    type Request = MultiRequest<S::Command, S::Query>;
    type Response = Result<Response<S::Response>, UnknownGroup>;
    type Timer = MultiTimer;
    type Record = MultiRecord<S::Command, S::Response>;

    fn restore(&mut self, record: Self::Record) {
        let mut take_back = |id, record| {
            if let Some(position) = self.position(id) {
                self.groups[position].1.restore(record);
            }
        };
        match record {
            MultiRecord::Group(id, record) => {
                take_back(id, record);
                self.records += 1;
            }
            MultiRecord::Images(images) => {
                images.into_iter().for_each(|(id, image)| take_back(id, Record::Image(image)));
                self.records = 0;
            }
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let mut step = MultiStep { node: self, env, happened: Vec::new(), outbox: BTreeMap::new() };
        match input {
            Input::Start => {
                let all: Vec<GroupId> = step.node.groups.iter().map(|(id, _)| *id).collect();
                all.into_iter().for_each(|id| step.step_group(id, Input::Start));
            }
            Input::Message { from, message } => step.receive(from, message.0),
            Input::Timer(MultiTimer::Heartbeat) => step.beat(),
            Input::Timer(MultiTimer::Group(id, timer)) => step.step_group(id, Input::Timer(timer)),
            Input::Request { id, request } if step.node.position(request.group).is_some() => {
                let MultiRequest { group, request } = request;
                step.step_group(group, Input::Request { id, request });
            }
            Input::Request { id, .. } => step.env.respond(id, Err(UnknownGroup)),
        }
        step.release();
        step.compact();
    }

    /// `"Leading"` if the node leads any of its groups, otherwise `"Following"`.
    fn state(&self) -> &'static str {
        if self.led > 0 { "Leading" } else { "Following" }
    }
}

impl<C, R> Kind for MultiMessage<C, R> {
    /// The kind of the message, if it is one alone; otherwise `"Batch"`.
    fn kind(&self) -> &'static str {
        match self.0.as_slice() {
            [(_, message)] => message.kind(),
            _ => "Batch",
        }
    }
}

impl<C, Q> Kind for MultiRequest<C, Q> {
    fn kind(&self) -> &'static str {
        self.request.kind()
    }
}

impl Kind for MultiTimer {
    fn kind(&self) -> &'static str {
        match self {
            MultiTimer::Heartbeat => "Heartbeat",
            MultiTimer::Group(_, timer) => timer.kind(),
        }
    }
}
