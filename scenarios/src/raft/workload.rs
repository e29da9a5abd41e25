//! What clients and operators ask.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{ClientId, ConfigurationChange, Request, Stamp};
use stormglass_simulator::Asked;

use super::host::Ask;
use super::store::{Command, KEYS, Query};

/// How many clients there are.
pub const CLIENTS: u32 = 3;
/// The client that is an operator.
const OPERATOR: u32 = CLIENTS;

/// Asks nodes for things, at times between two moments.
pub struct Workload<'a> {
    pub count: u32,
    pub dice: &'a mut Dice,
    pub asked: &'a mut Vec<Asked<Ask>>,
    pub from: Duration,
    pub to: Duration,
    /// How many commands each client has numbered.
    sequences: [u64; CLIENTS as usize],
    values: u32,
}

impl<'a> Workload<'a> {
    /// Asks so many nodes until a moment.
    pub fn new(
        count: u32,
        dice: &'a mut Dice,
        asked: &'a mut Vec<Asked<Ask>>,
        to: Duration,
    ) -> Self {
        let sequences = [0; CLIENTS as usize];
        Workload { count, dice, asked, from: Duration::ZERO, to, sequences, values: 0 }
    }

    fn at(&mut self) -> Duration {
        let (from, to) = (self.from.as_millis() as u64, self.to.as_millis() as u64);
        Duration::from_millis(self.dice.within(from..=to - 1))
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.dice.below(u64::from(self.count)) as u32)
    }

    fn push(&mut self, client: u32, at: Duration, node: NodeId, request: Ask) {
        self.asked.push(Asked { client, at, node, request });
    }

    /// Asks everybody, one after the other: whoever leads is among them.
    fn push_to_all(&mut self, client: u32, at: Duration, request: &Ask) {
        let first = self.node().0;
        for nth in 0..self.count {
            let node = NodeId((first + nth) % self.count);
            self.push(client, at + Duration::from_millis(nth.into()), node, request.clone());
        }
    }

    /// Every client opens a session, early and again later.
    pub fn sessions(&mut self) {
        for client in 0..CLIENTS {
            for early in [true, false] {
                let at = match early {
                    true => Duration::from_millis(300 + self.dice.below(300)),
                    false => self.at(),
                };
                let id = ClientId(client.into());
                self.push_to_all(client, at, &Request::Register { client: id });
            }
        }
    }

    /// Up to `2^doublings` operations. Whoever asks asks one node, or all, or one and later all.
    pub fn operations(&mut self, doublings: u64) {
        for _ in 0..1 << self.dice.below(doublings + 1) {
            self.operation();
        }
    }

    fn operation(&mut self) {
        let client = self.dice.below(CLIENTS.into()) as u32;
        let at = self.at();
        let request = match self.dice.below(10) {
            0..3 => Request::Read(self.query()),
            3..5 => Request::ClientCommand { command: self.command(), session: None },
            _ => Request::ClientCommand { command: self.command(), session: Some(self.stamp(client)) },
        };
        match self.dice.below(3) {
            0 => {
                let node = self.node();
                self.push(client, at, node, request);
            }
            1 => self.push_to_all(client, at, &request),
            _ => {
                self.push_to_all(client, at, &request);
                let again = at + Duration::from_millis(self.dice.below(1_000));
                if again < self.to {
                    self.push_to_all(client, again, &request);
                }
            }
        }
    }

    fn stamp(&mut self, client: u32) -> Stamp {
        let sequence = &mut self.sequences[client as usize];
        *sequence += 1;
        // Sometimes a client says that it has seen all but its latest answers.
        let acknowledged = match self.dice.below(4) {
            0 => sequence.saturating_sub(8),
            _ => 0,
        };
        Stamp { client: ClientId(client.into()), sequence: *sequence, acknowledged }
    }

    fn key(&mut self) -> u8 {
        self.dice.below(KEYS as u64) as u8
    }

    fn command(&mut self) -> Command {
        self.values += 1;
        let (key, value) = (self.key(), self.values);
        match self.dice.below(4) {
            0 => Command::Add { key, amount: value },
            1 => {
                let expected = self.dice.below(u64::from(value)) as u32;
                Command::CompareAndSet { key, expected, new: value }
            }
            _ => Command::Append { key, value },
        }
    }

    fn query(&mut self) -> Query {
        let key = self.key();
        match self.dice.below(3) {
            0 => Query::Counter { key },
            1 => Query::Register { key },
            _ => Query::List { key },
        }
    }

    /// Leadership is handed over, up to so many times.
    pub fn transfers(&mut self, most: u64) {
        for _ in 0..self.dice.below(most + 1) {
            let at = self.at();
            let to = match self.dice.below(3) {
                0 => None,
                _ => Some(self.node()),
            };
            self.push_to_all(OPERATOR, at, &Request::TransferLeadership { to });
        }
    }

    /// Members come and go, up to so many times.
    pub fn changes(&mut self, most: u64) {
        for _ in 0..self.dice.below(most + 1) {
            let (at, node) = (self.at(), self.node());
            let change = match self.dice.below(8) {
                0..3 => ConfigurationChange::AddServer(node),
                3..5 => ConfigurationChange::RemoveServer(node),
                5 => ConfigurationChange::AddLearner(node),
                _ => ConfigurationChange::ReplaceVoters(self.some_nodes()),
            };
            self.push_to_all(OPERATOR, at, &Request::ConfigChange(change));
        }
    }

    fn some_nodes(&mut self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = (0..self.count).map(NodeId).collect();
        self.dice.shuffle(&mut nodes);
        nodes.truncate(1 + self.dice.below(self.count.into()) as usize);
        nodes.sort_unstable();
        nodes
    }
}

/// Simpler requests to try in place of one.
pub fn simpler(request: &Ask) -> Vec<Ask> {
    match request {
        Request::ClientCommand { command, session: Some(_) } => {
            vec![Request::ClientCommand { command: command.clone(), session: None }]
        }
        Request::ConfigChange(ConfigurationChange::ReplaceVoters(voters)) if voters.len() > 1 => {
            let without = |position| {
                let mut voters = voters.clone();
                voters.remove(position);
                Request::ConfigChange(ConfigurationChange::ReplaceVoters(voters))
            };
            (0..voters.len()).map(without).collect()
        }
        _ => Vec::new(),
    }
}
