//! A machine that does one effect, or a few, for each thing it is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::{AfterFlush, Env, FlushError, Input, Kind, Machine, NodeId};

/// What has happened to it. Only `values` is durable.
#[derive(Default)]
pub struct Echo {
    pub values: Vec<u64>,
    pub received: Vec<u64>,
    pub greeted: Vec<NodeId>,
    pub echoed: Vec<NodeId>,
    pub fired: Vec<&'static str>,
    nodes: u32,
    /// How often a flush has failed that is tried again; nothing if it stops then.
    pub retried: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    Greeting(u64),
    Echo(u64),
    Text(String),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Request {
    /// Greet all other nodes of a cluster of this size, again and again.
    Greet(u32),
    Send(NodeId, u64),
    SendText(NodeId, usize),
    Persist(u64),
    Write(u64),
    WriteText(usize),
    Checkpoint,
    /// Try flushes again that fail.
    BePatient,
    PersistAndSend {
        rounds: u64,
        to: NodeId,
    },
    Timers,
    Panic,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record {
    Value(u64),
    Text(String),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Greeting(_) => "Greeting",
            Message::Echo(_) => "Echo",
            Message::Text(_) => "Text",
        }
    }
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        "Request"
    }
}

impl Machine for Echo {
    type Message = Message;
    type Request = Request;
    type Response = u64;
    type Timer = &'static str;
    type Record = Record;

    fn restore(&mut self, record: Record) {
        match record {
            Record::Value(value) => self.values.push(value),
            Record::Text(text) => self.values.push(text.len() as u64),
        }
    }

    fn flush_failed(&mut self, _: FlushError) -> AfterFlush {
        match &mut self.retried {
            None => AfterFlush::Stop,
            Some(times) => {
                *times += 1;
                AfterFlush::Retry
            }
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start => {}
            Input::Message { from, message } => self.receive(from, message, env),
            Input::Timer("Greet") => self.greet(env),
            Input::Timer(timer) => self.fired.push(timer),
            Input::Request { id, request } => {
                self.answer(request, env);
                env.respond(id, self.values.iter().sum());
            }
        }
    }

    fn state(&self) -> &'static str {
        "Echoing"
    }
}

impl Echo {
    fn receive(&mut self, from: NodeId, message: Message, env: &mut Env<'_, Self>) {
        match message {
            Message::Greeting(value) => {
                self.received.push(value);
                self.greeted.push(from);
                env.send(from, Message::Echo(value));
            }
            Message::Echo(_) => self.echoed.push(from),
            Message::Text(text) => self.received.push(text.len() as u64),
        }
    }

    /// Messages may be lost, so this never ends.
    fn greet(&mut self, env: &mut Env<'_, Self>) {
        let own = env.node();
        for node in (0..self.nodes).map(NodeId).filter(|node| *node != own) {
            env.send(node, Message::Greeting(1));
        }
        env.set_timer("Greet", Duration::from_millis(5));
    }

    fn answer(&mut self, request: Request, env: &mut Env<'_, Self>) {
        match request {
            Request::Greet(nodes) => {
                self.nodes = nodes;
                self.greet(env);
            }
            Request::Send(to, value) => env.send(to, Message::Greeting(value)),
            Request::SendText(to, length) => env.send(to, Message::Text("x".repeat(length))),
            Request::Persist(value) => {
                self.values.push(value);
                env.persist(Record::Value(value));
            }
            Request::Write(value) => {
                self.values.push(value);
                env.write(Record::Value(value));
            }
            Request::WriteText(length) => env.write(Record::Text("x".repeat(length))),
            Request::Checkpoint => env.checkpoint(self.total()),
            Request::BePatient => self.retried = Some(0),
            Request::PersistAndSend { rounds, to } => {
                for value in 0..rounds {
                    env.persist(Record::Value(value));
                    env.send(to, Message::Greeting(value));
                }
            }
            Request::Timers => {
                env.set_timer("Cancelled", Duration::ZERO);
                env.set_timer("Moved", Duration::ZERO);
                env.cancel_timer("Cancelled");
                env.set_timer("First", Duration::from_millis(5));
                env.set_timer("Moved", Duration::from_millis(10));
                env.set_timer("Last", Duration::from_millis(15));
            }
            Request::Panic => panic!("the machine gives up"),
        }
    }

    fn total(&self) -> Record {
        Record::Value(self.values.iter().sum())
    }
}
