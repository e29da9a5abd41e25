//! Who takes part in the load: nodes, and clients that talk to them over the same network.

use std::time::Duration;

use stormglass_machine::{Effect, Env, Input, Kind, Machine, NodeId, RequestId};
use stormglass_raft::{ClientId, Options, Raft, Request, Stamp, Timer};
use stormglass_simulator::Reply;

use super::{NODES, SNAPSHOT_EVERY};
use crate::raft::disk::Written;
use crate::raft::host::{Act, Ask, Given, Host, Node, Said, Told};
use crate::raft::store::{Command, KEYS, Store};
use crate::raft::workload;

/// How long a client waits for an answer, and how long if nobody knows who leads.
const PATIENCE: Duration = Duration::from_millis(400);
const PAUSE: Duration = Duration::from_millis(40);

/// A node or a client.
pub enum Party {
    /// A node, and what its step has to be done about.
    Node(Box<Node>, Vec<Effect<Node>>),
    /// A client.
    Client(Client),
}

/// A client. It has one operation at a time, and as many as time permits.
pub struct Client {
    id: NodeId,
    /// Who is asked.
    node: NodeId,
    /// The number of its operation. The first opens its session.
    sequence: u64,
    attempt: u64,
}

/// What is said.
#[derive(Clone, Hash, Debug)]
pub enum Word {
    /// Among nodes.
    Raft(Said),
    /// By a client.
    Ask(RequestId, Ask),
    /// To a client.
    Tell(RequestId, Told),
}

/// What a party waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// A node.
    Raft(Timer),
    /// A client, to ask again.
    Again,
}

impl Kind for Word {
    fn kind(&self) -> &'static str {
        match self {
            Word::Raft(message) => message.kind(),
            Word::Ask(..) => "Ask",
            Word::Tell(..) => "Tell",
        }
    }
}

impl Kind for Wait {
    fn kind(&self) -> &'static str {
        match self {
            Wait::Raft(timer) => timer.kind(),
            Wait::Again => "Again",
        }
    }
}

impl Party {
    /// The first parties are nodes, the others clients.
    pub fn new(id: NodeId) -> Self {
        if id.0 >= NODES {
            let node = NodeId(id.0 % NODES);
            return Party::Client(Client { id, node, sequence: 0, attempt: 0 });
        }
        let options = Options {
            snapshot_threshold: SNAPSHOT_EVERY,
            trailing_entries: SNAPSHOT_EVERY / 10,
            ..Options::new(id, (0..NODES).map(NodeId).collect())
        };
        Party::Node(Box::new(Raft::new(options, Store::default())), Vec::new())
    }

    /// How many operations of a client are done.
    pub fn done(&self) -> u64 {
        match self {
            Party::Node(..) => 0,
            // The session does not count.
            Party::Client(client) => client.sequence.saturating_sub(1),
        }
    }
}

impl Client {
    fn step(&mut self, input: Input<Party>, env: &mut Env<'_, Party>) {
        match input {
            Input::Message { message: Word::Tell(id, told), .. } if id == self.current() => {
                self.told(workload::reply(&told), env);
            }
            Input::Timer(Wait::Again) => {
                self.node = NodeId((self.node.0 + 1) % NODES);
                self.ask(env);
            }
            Input::Start => self.ask(env),
            _ => {}
        }
    }

    fn told(&mut self, reply: Reply, env: &mut Env<'_, Party>) {
        match reply {
            Reply::Done => {
                self.sequence += 1;
                self.ask(env);
            }
            Reply::Elsewhere(Some(leader)) | Reply::Unclear(Some(leader)) => {
                self.node = leader;
                self.ask(env);
            }
            Reply::Elsewhere(None) | Reply::Unclear(None) => env.set_timer(Wait::Again, PAUSE),
            Reply::Failed => panic!("the session of a client that asks all the time stays open"),
        }
    }

    fn ask(&mut self, env: &mut Env<'_, Party>) {
        self.attempt += 1;
        env.send(self.node, Word::Ask(self.current(), self.request()));
        env.set_timer(Wait::Again, PATIENCE);
    }

    /// The name of the attempt under way.
    fn current(&self) -> RequestId {
        RequestId(u64::from(self.id.0) << 48 | self.attempt)
    }

    fn request(&self) -> Ask {
        let (client, sequence) = (ClientId(self.id.0.into()), self.sequence);
        let Some(acknowledged) = sequence.checked_sub(1) else {
            return Request::Register { client };
        };
        let key = (sequence % KEYS as u64) as u8;
        let command = Command::Add { key, amount: sequence as u32 };
        let session = Some(Stamp { client, sequence, acknowledged });
        Request::ClientCommand { command, session }
    }
}

/// Who has made a request.
fn asker(RequestId(id): RequestId) -> NodeId {
    NodeId((id >> 48) as u32)
}

impl Machine for Party {
    type Message = Word;
    type Request = ();
    type Response = ();
    type Timer = Wait;
    type Record = Written;

    fn restore(&mut self, record: Written) {
        if let Party::Node(raft, _) = self {
            raft.restore(record);
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let (raft, effects) = match self {
            Party::Node(raft, effects) => (raft, effects),
            Party::Client(client) => return client.step(input, env),
        };
        let input = match input {
            Input::Start => Input::Start,
            Input::Message { from, message: Word::Raft(message) } => {
                Input::Message { from, message }
            }
            Input::Message { message: Word::Ask(id, request), .. } => {
                Input::Request { id, request }
            }
            Input::Timer(Wait::Raft(timer)) => Input::Timer(timer),
            Input::Message { message: Word::Tell(..), .. }
            | Input::Timer(Wait::Again)
            | Input::Request { .. } => return,
        };
        raft.step(input, &mut env.part(effects));
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { to, message } => env.send(to, Word::Raft(message)),
                Effect::SetTimer { timer, after } => env.set_timer(Wait::Raft(timer), after),
                Effect::CancelTimer { timer } => env.cancel_timer(Wait::Raft(timer)),
                Effect::Write(record) => env.write(record),
                Effect::Checkpoint(record) => env.checkpoint(record),
                Effect::Flush => env.flush(),
                Effect::Respond { id, response } => env.send(asker(id), Word::Tell(id, response)),
            }
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Party::Node(raft, _) => raft.state(),
            Party::Client(_) => "Client",
        }
    }
}

/// A client has no part in anything.
const NO_NODE: &str = "only nodes are looked at";

impl Host for Party {
    fn hosts(_: u32) -> u32 {
        NODES
    }

    fn groups(&self) -> usize {
        1
    }

    fn raft(&self, _group: usize) -> &Node {
        match self {
            Party::Node(raft, _) => raft,
            Party::Client(_) => unreachable!("{NO_NODE}"),
        }
    }

    #[inline(always)]
    fn given<'a>(input: &'a Input<Self>, _: usize, mut each: impl FnMut(usize, Given<'a>)) {
        each(
            0,
            match input {
                Input::Start => Given::Start,
                Input::Message { from, message: Word::Raft(message) } => {
                    Given::Message { from: *from, message }
                }
                Input::Message { message: Word::Ask(id, request), .. } => {
                    Given::Request { id: *id, request }
                }
                Input::Timer(Wait::Raft(timer)) => Given::Timer(*timer),
                Input::Message { message: Word::Tell(..), .. }
                | Input::Timer(Wait::Again)
                | Input::Request { .. } => return,
            },
        );
    }

    #[inline(always)]
    fn acts<'a>(effect: &'a Effect<Self>, _: usize, mut each: impl FnMut(usize, Act<'a>)) {
        each(
            0,
            match effect {
                Effect::Send { to, message: Word::Raft(message) } => Act::Send { to: *to, message },
                Effect::Send { message: Word::Tell(id, response), .. } => {
                    Act::Respond { id: *id, response }
                }
                Effect::Write(record) | Effect::Checkpoint(record) => Act::Write(record),
                Effect::SetTimer { timer: Wait::Raft(timer), .. } => Act::SetTimer(*timer),
                Effect::CancelTimer { timer: Wait::Raft(timer) } => Act::CancelTimer(*timer),
                _ => return,
            },
        );
    }

    fn written(record: &Written, mut each: impl FnMut(usize, &Written)) {
        each(0, record);
    }
}
