//! What a node is given and what it does, told for each of its groups in the words of one: so that
//! the judges of one group judge many.

use stormglass_machine::{Effect, Input, Machine, NodeId, RequestId};
use stormglass_raft::{
    GroupId, Message, MultiRaft, MultiRecord, MultiTimer, Raft, Request, Response, Timer,
};

use super::disk::Written;
use super::store::{Answer, Command, Query, Store};

/// A node's part in a group.
pub type Node = Raft<Store>;
/// What nodes say to each other.
pub type Said = Message<Command, Answer>;
/// What clients ask.
pub type Ask = Request<Command, Query>;
/// What clients are answered.
pub type Told = Response<Answer>;

/// What a node is given.
pub enum Given<'a> {
    /// Its process has started.
    Start,
    /// A message.
    Message { from: NodeId, message: &'a Said },
    /// A timer has fired.
    Timer(Timer),
    /// Somebody asks something.
    Request { id: RequestId, request: &'a Ask },
}

/// What a node does.
#[derive(Clone, Copy)]
pub enum Act<'a> {
    /// Sends a message.
    Send { to: NodeId, message: &'a Said },
    /// Hands a record to the disk.
    Write(&'a Written),
    /// Sets a timer.
    SetTimer(Timer),
    /// Cancels a timer.
    CancelTimer(Timer),
    /// Answers somebody.
    Respond { id: RequestId, response: &'a Told },
}

/// A machine that has a part in one group or in many.
pub trait Host: Machine {
    /// In a cluster of so many nodes, how many have a part: the first ones.
    fn hosts(count: u32) -> u32 {
        count
    }

    /// In how many.
    fn groups(&self) -> usize;

    /// Its part in a group.
    fn raft(&self, group: usize) -> &Node;

    /// What an input is for each group that it is for.
    fn given<'a>(input: &'a Input<Self>, groups: usize, each: impl FnMut(usize, Given<'a>));

    /// What an effect is for each group that it is of. None of them is a flush.
    fn acts<'a>(effect: &'a Effect<Self>, groups: usize, each: impl FnMut(usize, Act<'a>));

    /// What a record is for each group that it is of.
    fn written(record: &Self::Record, each: impl FnMut(usize, &Written));
}

impl Host for Node {
    fn groups(&self) -> usize {
        1
    }

    fn raft(&self, _group: usize) -> &Node {
        self
    }

    #[inline(always)]
    fn given<'a>(input: &'a Input<Self>, _: usize, mut each: impl FnMut(usize, Given<'a>)) {
        each(
            0,
            match input {
                Input::Start => Given::Start,
                Input::Message { from, message } => Given::Message { from: *from, message },
                Input::Timer(timer) => Given::Timer(*timer),
                Input::Request { id, request } => Given::Request { id: *id, request },
            },
        );
    }

    #[inline(always)]
    fn acts<'a>(effect: &'a Effect<Self>, _: usize, mut each: impl FnMut(usize, Act<'a>)) {
        each(
            0,
            match effect {
                Effect::Send { to, message } => Act::Send { to: *to, message },
                Effect::Write(record) | Effect::Checkpoint(record) => Act::Write(record),
                Effect::SetTimer { timer, .. } => Act::SetTimer(*timer),
                Effect::CancelTimer { timer } => Act::CancelTimer(*timer),
                Effect::Respond { id, response } => Act::Respond { id: *id, response },
                Effect::Flush => return,
            },
        );
    }

    fn written(record: &Written, mut each: impl FnMut(usize, &Written)) {
        each(0, record);
    }
}

/// The place of a group among the groups, which are numbered from zero.
fn place(group: GroupId) -> usize {
    group.0 as usize
}

impl Host for MultiRaft<Store> {
    fn groups(&self) -> usize {
        self.groups().count()
    }

    fn raft(&self, group: usize) -> &Node {
        self.group(GroupId(group as u64)).expect("every node has a part in every group")
    }

    fn given<'a>(input: &'a Input<Self>, groups: usize, mut each: impl FnMut(usize, Given<'a>)) {
        match input {
            Input::Start => (0..groups).for_each(|group| each(group, Given::Start)),
            Input::Message { from, message } => {
                for (group, message) in &message.0 {
                    each(place(*group), Given::Message { from: *from, message });
                }
            }
            Input::Timer(MultiTimer::Heartbeat) => {
                (0..groups).for_each(|group| each(group, Given::Timer(Timer::Heartbeat)));
            }
            Input::Timer(MultiTimer::Group(group, timer)) => {
                each(place(*group), Given::Timer(*timer));
            }
            Input::Request { id, request } if place(request.group) < groups => {
                let given = Given::Request { id: *id, request: &request.request };
                each(place(request.group), given);
            }
            Input::Request { .. } => {}
        }
    }

    fn acts<'a>(effect: &'a Effect<Self>, groups: usize, mut each: impl FnMut(usize, Act<'a>)) {
        match effect {
            Effect::Send { to, message } => {
                for (group, message) in &message.0 {
                    each(place(*group), Act::Send { to: *to, message });
                }
            }
            Effect::Write(MultiRecord::Group(group, record)) => {
                each(place(*group), Act::Write(record));
            }
            // The images of all groups are what their disks have already.
            Effect::Write(MultiRecord::Images(_)) | Effect::Checkpoint(_) | Effect::Flush => {}
            Effect::SetTimer { timer: MultiTimer::Heartbeat, .. } => {
                (0..groups).for_each(|group| each(group, Act::SetTimer(Timer::Heartbeat)));
            }
            Effect::SetTimer { timer: MultiTimer::Group(group, timer), .. } => {
                each(place(*group), Act::SetTimer(*timer));
            }
            Effect::CancelTimer { timer: MultiTimer::Heartbeat } => {
                (0..groups).for_each(|group| each(group, Act::CancelTimer(Timer::Heartbeat)));
            }
            Effect::CancelTimer { timer: MultiTimer::Group(group, timer) } => {
                each(place(*group), Act::CancelTimer(*timer));
            }
            // Which group was asked is known by the request.
            Effect::Respond { id, response: Ok(response) } => {
                (0..groups).for_each(|group| each(group, Act::Respond { id: *id, response }));
            }
            Effect::Respond { .. } => {}
        }
    }

    fn written(record: &Self::Record, mut each: impl FnMut(usize, &Written)) {
        match record {
            MultiRecord::Group(group, record) => each(place(*group), record),
            MultiRecord::Images(images) => {
                for (group, image) in images {
                    each(place(*group), &stormglass_raft::Record::Image(image.clone()));
                }
            }
        }
    }
}
