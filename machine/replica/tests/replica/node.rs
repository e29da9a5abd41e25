//! One node under a hand-moved clock, stepped until its inbox is empty.

use std::time::Duration;

use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, RequestId, Time};
use stormglass_replica::{
    Config, Entry, Heartbeat, Message, NackCode, ObserverEvent, Record, Replica, Request, Response,
    Role, Signal, Stamp, Storage, SyncAction, SyncNack, SyncRequest, SyncResponse, Timer,
    TransitionAttempt,
};

pub const INTERVAL: u64 = 100;

/// Everything that happened since the node was last asked.
#[derive(Default, Debug)]
pub struct Happened {
    pub effects: Vec<Effect<Replica>>,
    pub transitions: Vec<TransitionAttempt>,
    pub events: Vec<ObserverEvent>,
    pub sync: Vec<SyncAction>,
}

impl Happened {
    pub fn sent(&self) -> Vec<(u32, &Message)> {
        let of = |effect| match effect {
            &Effect::Send { to, ref message } => Some((to.0, message)),
            _ => None,
        };
        self.effects.iter().filter_map(of).collect()
    }

    pub fn heartbeats(&self) -> Vec<(u32, &Heartbeat)> {
        self.sent()
            .into_iter()
            .filter_map(|(to, message)| match message {
                Message::Heartbeat(heartbeat) => Some((to, heartbeat)),
                _ => None,
            })
            .collect()
    }

    pub fn requests(&self) -> Vec<(u32, &SyncRequest)> {
        self.sent()
            .into_iter()
            .filter_map(|(to, message)| match message {
                Message::SyncRequest(request) => Some((to, request)),
                _ => None,
            })
            .collect()
    }

    pub fn responses(&self) -> Vec<&SyncResponse> {
        self.sent()
            .into_iter()
            .filter_map(|(_, message)| match message {
                Message::SyncResponse(response) => Some(response),
                _ => None,
            })
            .collect()
    }

    pub fn nacks(&self) -> Vec<NackCode> {
        self.sent()
            .into_iter()
            .filter_map(|(_, message)| match message {
                Message::SyncNack(nack) => Some(nack.code),
                _ => None,
            })
            .collect()
    }

    pub fn disk(&self) -> Vec<&Effect<Replica>> {
        let on_disk = |effect: &&Effect<Replica>| {
            matches!(effect, Effect::Write(_) | Effect::Checkpoint(_) | Effect::Flush)
        };
        self.effects.iter().filter(on_disk).collect()
    }
}

pub struct Node {
    pub replica: Replica,
    pub now: Time,
    pub wall: Time,
    dice: Dice,
    requests: u64,
}

/// Node 1 of the nodes 0, 1, 2, on the heap.
pub fn config() -> Config {
    Config {
        heartbeat_interval: Duration::from_millis(INTERVAL),
        storage: Storage::Heap,
        ..Config::faithful(NodeId(1), vec![NodeId(0), NodeId(1), NodeId(2)])
    }
}

pub fn persistent() -> Config {
    Config { storage: Storage::Persistent, ..config() }
}

pub fn hardened() -> Config {
    Config { hardening: stormglass_replica::Hardening::ALL, ..config() }
}

impl Node {
    pub fn start(config: Config) -> Node {
        Node::restart(config, Vec::new())
    }

    pub fn restart(config: Config, records: Vec<Record>) -> Node {
        let mut replica = Replica::new(config);
        for record in records {
            replica.restore(record);
        }
        let wall = Time::from_nanos(1_000_000_000_000);
        let dice = Dice::new(1, "node", 0);
        let mut node = Node { replica, now: Time::ZERO, wall, dice, requests: 0 };
        node.step(Input::Start);
        node
    }

    /// A node that has been selected.
    pub fn replica(config: Config) -> Node {
        let mut node = Node::start(config);
        assert_eq!(node.ask(Request::select()), Response::Done);
        node
    }

    /// A node that has been made leader by its operator.
    pub fn leader(config: Config) -> Node {
        let mut node = Node::replica(config);
        node.transit(Role::Candidate, Signal::MissedHeartbeats);
        node.transit(Role::Leader, Signal::ElectionWon);
        assert_eq!(node.replica.role(), Role::Leader);
        node
    }

    pub fn transit(&mut self, target: Role, signal: Signal) -> Response {
        self.ask(Request::Transition { target, signal })
    }

    pub fn pass(&mut self, milliseconds: u64) {
        self.now = self.now + Duration::from_millis(milliseconds);
        self.wall = self.wall + Duration::from_millis(milliseconds);
    }

    /// One step, and nothing after it.
    pub fn step(&mut self, input: Input<Replica>) -> Happened {
        let mut happened = Happened::default();
        let id = self.replica.config().node;
        let mut env = Env::new(id, self.now, self.wall, &mut self.dice, &mut happened.effects);
        self.replica.step(input, &mut env);
        let trace = self.replica.trace();
        happened.transitions.extend(&trace.transitions);
        happened.events.extend(&trace.events);
        happened.sync.extend(&trace.sync);
        happened
    }

    /// Steps, and then works until nothing waits.
    pub fn run(&mut self, input: Input<Replica>) -> Happened {
        let mut happened = self.step(input);
        while !self.replica.inbox().is_empty() {
            let more = self.step(Input::Timer(Timer::Work));
            happened.effects.extend(more.effects);
            happened.transitions.extend(more.transitions);
            happened.events.extend(more.events);
            happened.sync.extend(more.sync);
        }
        happened
    }

    pub fn tick(&mut self) -> Happened {
        self.run(Input::Timer(Timer::Tick))
    }

    /// An interval passes, and the node ticks.
    pub fn next_tick(&mut self) -> Happened {
        self.pass(INTERVAL);
        self.tick()
    }

    pub fn hear(&mut self, from: u32, message: Message) -> Happened {
        self.run(Input::Message { from: NodeId(from), message })
    }

    pub fn ask(&mut self, request: Request) -> Response {
        self.requests += 1;
        let id = RequestId(self.requests);
        let happened = self.run(Input::Request { id, request });
        let answered = |effect| match effect {
            Effect::Respond { response, .. } => Some(response),
            _ => None,
        };
        happened.effects.into_iter().find_map(answered).expect("every request is answered")
    }

    pub fn append(&mut self, times: u64) {
        for _ in 0..times {
            let seq = self.replica.tail();
            let response = self.ask(Request::Append(bytes_of(seq)));
            assert_eq!(response, Response::Appended { seq });
        }
    }

    pub fn heartbeat(&mut self, from: u32, role: Role, tail: u64) -> Happened {
        self.hear(from, heartbeat(role, tail, self.wall))
    }

    /// Hears of a leader that is ahead, ticks, and returns the number of the request it sends.
    pub fn lag_behind(&mut self, leader: u32, tail: u64) -> u64 {
        self.heartbeat(leader, Role::Leader, tail);
        let happened = self.tick();
        let requests = happened.requests();
        assert_eq!(requests.len(), 1, "one request while lagging");
        assert_eq!(requests[0].0, leader);
        requests[0].1.request_id
    }
}

pub fn bytes_of(seq: u64) -> Vec<u8> {
    format!("entry {seq}").into_bytes()
}

pub fn entries(range: std::ops::Range<u64>) -> Vec<Entry> {
    range.map(|seq| Entry { seq, stamp: Stamp::default(), bytes: bytes_of(seq) }).collect()
}

pub fn heartbeat(role: Role, tail: u64, wall: Time) -> Message {
    Message::Heartbeat(Heartbeat {
        channel: Default::default(),
        tail,
        role,
        wall_clock: wall.as_nanos(),
        epoch: 0,
        elected_at: 0,
        last: Stamp::default(),
    })
}

pub fn response(request_id: u64, range: std::ops::Range<u64>) -> SyncResponse {
    SyncResponse {
        channel: Default::default(),
        first_seq: range.start,
        leader_first_retained: 0,
        request_id,
        previous: Stamp::default(),
        entries: entries(range),
    }
}

pub fn request(since_seq: u64) -> SyncRequest {
    SyncRequest {
        channel: Default::default(),
        since_seq,
        chunk_max: 0,
        class: Default::default(),
        request_id: 77,
        last: Stamp::default(),
        run_start: 0,
    }
}

pub fn nack(request_id: u64, code: NackCode, since_seq: u64, floor: u64) -> Message {
    Message::SyncNack(SyncNack {
        channel: Default::default(),
        since_seq,
        code,
        floor,
        request_id,
        base: Stamp::default(),
    })
}
