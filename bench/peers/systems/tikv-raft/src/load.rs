//! The loop: messages, ticks, and clients with one operation at a time.

use peers_harness::Done;
use raft::prelude::Message;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::agenda::Agenda;
use crate::node::{Node, Outbox};

pub const NODES: usize = 5;
pub const CLIENTS: usize = 10;

const LATENCY: u64 = 10_000_000;
const TICK: u64 = 50_000_000;
/// How long a client waits for an answer, and how long if nobody knows who leads.
const PATIENCE: u64 = 400_000_000;
const PAUSE: u64 = 40_000_000;
/// One message in a hundred is lost.
const LOSS: u64 = u64::MAX / 100;

/// What a client wants done.
#[derive(Clone, Copy)]
pub struct Command {
    pub client: u64,
    pub sequence: u64,
    pub key: u64,
    pub amount: u64,
}

impl Command {
    pub fn encode(self) -> Vec<u8> {
        let numbers = [self.client, self.sequence, self.key, self.amount];
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Nothing for an entry with which a leader begins.
    pub fn decode(bytes: &[u8]) -> Option<Command> {
        let (numbers, []) = bytes.as_chunks::<8>() else { return None };
        let [client, sequence, key, amount] = *numbers else { return None };
        let [client, sequence, key, amount] =
            [client, sequence, key, amount].map(u64::from_le_bytes);
        Some(Command { client, sequence, key, amount })
    }
}

#[expect(clippy::large_enum_variant, reason = "a box would be an allocation that nobody needs")]
enum Event {
    Message(Message),
    Tick {
        node: usize,
    },
    Ask {
        node: usize,
        command: Command,
        attempt: u64,
    },
    Answer {
        client: usize,
        attempt: u64,
    },
    Refusal {
        client: usize,
        attempt: u64,
        leader: Option<usize>,
    },
    /// A client looks whether it has waited for long enough.
    Again {
        client: usize,
    },
}

#[derive(Clone, Copy)]
struct Client {
    node: usize,
    sequence: u64,
    attempt: u64,
    /// When it asks again, and whether it is going to look.
    deadline: u64,
    looks: bool,
}

struct World {
    nodes: Vec<Node>,
    clients: [Client; CLIENTS],
    agenda: Agenda<Event>,
    dice: ChaCha8Rng,
    now: u64,
    out: Outbox,
    done: Done,
}

/// Runs one seed for so many nanoseconds.
pub fn run(seed: u64, lasts: u64) -> Done {
    let client = |client| Client {
        node: client % NODES,
        sequence: 1,
        attempt: 0,
        deadline: 0,
        looks: false,
    };
    let mut world = World {
        nodes: (1..=NODES as u64).map(Node::new).collect(),
        clients: std::array::from_fn(client),
        agenda: Agenda::new(),
        dice: ChaCha8Rng::seed_from_u64(seed),
        now: 0,
        out: Outbox::default(),
        done: Done::default(),
    };
    for node in 0..NODES {
        // Ticks of different nodes fall on different moments.
        world.agenda.push(TICK + node as u64 * 1_000_000, Event::Tick { node });
    }
    for client in 0..CLIENTS {
        world.ask(client);
    }
    while let Some((time, event)) = world.agenda.pop() {
        if time > lasts {
            break;
        }
        world.now = time;
        world.happen(event);
    }
    assert!(world.nodes.iter().any(|node| node.sum() > 0), "something was done");
    world.done
}

impl World {
    fn happen(&mut self, event: Event) {
        self.done.delivered += 1;
        match event {
            Event::Message(message) => {
                let node = message.to as usize - 1;
                self.nodes[node].receive(message, &mut self.out);
                self.send();
            }
            Event::Tick { node } => {
                self.nodes[node].tick(&mut self.out);
                self.send();
                self.agenda.push(self.now + TICK, Event::Tick { node });
            }
            Event::Ask { node, command, attempt } => {
                let refused = self.nodes[node].ask(command, attempt, &mut self.out).err();
                self.send();
                if let Some(leader) = refused {
                    let client = command.client as usize;
                    self.transmit(Event::Refusal { client, attempt, leader });
                }
            }
            Event::Answer { client, attempt } if attempt == self.clients[client].attempt => {
                self.done.operations += 1;
                self.clients[client].sequence += 1;
                self.ask(client);
            }
            Event::Refusal { client, attempt, leader }
                if attempt == self.clients[client].attempt =>
            {
                match leader {
                    Some(leader) => {
                        self.clients[client].node = leader;
                        self.ask(client);
                    }
                    None => self.wait(client, PAUSE),
                }
            }
            Event::Answer { .. } | Event::Refusal { .. } => {}
            Event::Again { client } => self.again(client),
        }
    }

    fn again(&mut self, client: usize) {
        self.clients[client].looks = false;
        if self.now < self.clients[client].deadline {
            // Nothing has happened: it was answered meanwhile.
            self.done.delivered -= 1;
            let left = self.clients[client].deadline - self.now;
            return self.wait(client, left);
        }
        self.clients[client].node = (self.clients[client].node + 1) % NODES;
        self.ask(client);
    }

    fn wait(&mut self, client: usize, span: u64) {
        let state = &mut self.clients[client];
        state.deadline = self.now + span;
        if !std::mem::replace(&mut state.looks, true) {
            self.agenda.push(state.deadline, Event::Again { client });
        }
    }

    fn ask(&mut self, client: usize) {
        let state = &mut self.clients[client];
        state.attempt += 1;
        let Client { node, sequence, attempt, .. } = *state;
        let command =
            Command { client: client as u64, sequence, key: sequence % 4, amount: sequence };
        self.transmit(Event::Ask { node, command, attempt });
        self.wait(client, PATIENCE);
    }

    /// Sends what a node's step has led to.
    fn send(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        for message in out.messages.drain(..) {
            self.transmit(Event::Message(message));
        }
        for (client, attempt) in out.answers.drain(..) {
            self.transmit(Event::Answer { client, attempt });
        }
        self.out = out;
    }

    fn transmit(&mut self, event: Event) {
        if self.dice.next_u64() >= LOSS {
            self.agenda.push(self.now + LATENCY, event);
        }
    }
}
