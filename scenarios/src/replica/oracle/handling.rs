//! What a node handles in a step. Messages wait in lanes first; this is a second, independent
//! pair of lanes, so that every oracle knows what a step was about.

use std::collections::VecDeque;

use stormglass_machine::{Input, NodeId};
use stormglass_replica::{
    BandwidthClass, Heartbeat, Message, NackCode, Replica, Request, Role, Signal, Stamp, SyncNack,
    SyncRequest, SyncResponse, Timer,
};

use super::finding::Findings;

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Handling {
    /// The node is closed, or there was nothing to handle, or something has only come into a lane.
    Nothing,
    /// The process has started.
    Start,
    /// The heartbeat interval is over.
    Tick,
    /// Placement selects the node.
    Select,
    /// A message.
    Message(NodeId, Heard),
    /// A client appends.
    Append,
    /// An operator wants another role.
    Transition(Role, Signal),
    /// An operator sweeps.
    Sweep,
    /// The next calls to the tag sink are going to fail.
    FailTagCalls,
    /// The channel is closed, in its turn.
    Shutdown,
    /// The channel is closed, out of turn: its lane was full.
    ShutdownAtOnce,
}

/// A message, without its payloads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    Heartbeat { role: Role, tail: u64, wall: u64, epoch: u64, elected_at: u64, last: Stamp },
    Request { since: u64, chunk_max: u64, class: BandwidthClass, last: Stamp },
    Response { request_id: u64, first: u64, count: u64, bytes: u64, previous: Stamp },
    Nack { request_id: u64, code: NackCode, since: u64, floor: u64 },
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Message(NodeId, Heard),
    Shutdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Answers and shutdowns wait apart from heartbeats and requests.
    Lanes,
}

/// The lanes of one node.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    high: VecDeque<Waiting>,
    low: VecDeque<Waiting>,
    tick_due: bool,
    pub findings: Findings<Rule>,
}

impl Lanes {
    /// The process starts afresh.
    pub fn reset(&mut self) {
        self.high.clear();
        self.low.clear();
        self.tick_due = false;
    }

    /// What the node, as it is before the step, does with this input.
    pub fn take(&mut self, machine: &Replica, input: &Input<Replica>) -> Handling {
        if machine.is_closed() {
            return Handling::Nothing;
        }
        match input {
            Input::Start => Handling::Start,
            Input::Message { from, message } => self.arrive(machine, *from, message),
            Input::Timer(Timer::Tick) => {
                self.tick_due = true;
                self.next()
            }
            Input::Timer(Timer::Work) => self.next(),
            Input::Timer(Timer::Select) => Handling::Select,
            Input::Request { request, .. } => self.asked(machine, request),
        }
    }

    /// Compares the lanes after a step.
    pub fn check(&mut self, machine: &Replica) {
        let (high, low) = (self.high.len(), self.low.len());
        let same = machine.inbox().high_len() == high && machine.inbox().low_len() == low;
        self.findings.expect(Rule::Lanes, same, || {
            format!(
                "node {}: {} answers and {} others wait, not {high} and {low}",
                machine.config().node,
                machine.inbox().high_len(),
                machine.inbox().low_len()
            )
        });
    }

    fn arrive(&mut self, machine: &Replica, from: NodeId, message: &Message) -> Handling {
        let config = machine.config();
        let (waiting, first) = (Waiting::Message(from, heard(message)), is_answer(message));
        let (lane, capacity) = match first {
            true => (&mut self.high, config.high_lane_capacity),
            false => (&mut self.low, config.low_lane_capacity),
        };
        if lane.len() < capacity {
            lane.push_back(waiting);
        }
        Handling::Nothing
    }

    fn next(&mut self) -> Handling {
        let item = match self.high.pop_front() {
            Some(item) => item,
            None if std::mem::take(&mut self.tick_due) => return Handling::Tick,
            None => match self.low.pop_front() {
                Some(item) => item,
                None => return Handling::Nothing,
            },
        };
        match item {
            Waiting::Message(from, heard) => Handling::Message(from, heard),
            Waiting::Shutdown => {
                self.reset();
                Handling::Shutdown
            }
        }
    }

    fn asked(&mut self, machine: &Replica, request: &Request) -> Handling {
        match request {
            Request::Append(_) => Handling::Append,
            Request::Transition { target, signal } => Handling::Transition(*target, *signal),
            Request::SweepRetention => Handling::Sweep,
            Request::FailNextTagCalls(_) => Handling::FailTagCalls,
            Request::Shutdown if self.high.len() < machine.config().high_lane_capacity => {
                self.high.push_back(Waiting::Shutdown);
                Handling::Nothing
            }
            Request::Shutdown => {
                self.reset();
                Handling::ShutdownAtOnce
            }
        }
    }
}

fn is_answer(message: &Message) -> bool {
    matches!(message, Message::SyncResponse(_) | Message::SyncNack(_))
}

fn heard(message: &Message) -> Heard {
    match message {
        Message::Heartbeat(Heartbeat {
            tail, role, wall_clock, epoch, elected_at, last, ..
        }) => {
            let (wall, epoch, elected_at) = (*wall_clock, *epoch, *elected_at);
            Heard::Heartbeat { role: *role, tail: *tail, wall, epoch, elected_at, last: *last }
        }
        Message::SyncRequest(SyncRequest { since_seq, chunk_max, class, last, .. }) => {
            let (since, chunk_max) = (*since_seq, *chunk_max);
            Heard::Request { since, chunk_max, class: *class, last: *last }
        }
        Message::SyncResponse(SyncResponse {
            request_id, first_seq, previous, entries, ..
        }) => Heard::Response {
            request_id: *request_id,
            first: *first_seq,
            count: entries.len() as u64,
            bytes: entries.iter().map(|entry| entry.bytes.len() as u64).sum(),
            previous: *previous,
        },
        Message::SyncNack(SyncNack { request_id, code, since_seq, floor, .. }) => {
            Heard::Nack { request_id: *request_id, code: *code, since: *since_seq, floor: *floor }
        }
    }
}
