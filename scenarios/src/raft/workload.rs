//! What clients and operators want, and what they make of what they are answered.

use std::time::Duration;

use stormglass_machine::{Dice, Machine, NodeId};
use stormglass_raft::{
    ClientError, ClientId, ConfigError, ConfigurationChange, ReadError, Request, Response, Stamp,
    TransferError,
};
use stormglass_simulator::{Asked, Attempt, Clients, Reply};

use super::host::{Ask, Told};
use super::store::{Command, KEYS, Query};

/// How many clients there are.
pub const CLIENTS: u32 = 3;
/// The client that is an operator.
const OPERATOR: u32 = CLIENTS;

/// Wishes of clients and operators, at times between two moments.
pub struct Workload<'a> {
    pub count: u32,
    pub dice: &'a mut Dice,
    pub asked: &'a mut Vec<Asked<Ask>>,
    pub to: Duration,
    values: u32,
}

/// The client fills in who it is, and which of its operations this is.
const TO_BE_STAMPED: Stamp = Stamp { client: ClientId(0), sequence: 0, acknowledged: 0 };

impl<'a> Workload<'a> {
    /// Nodes of which there are so many are asked until a moment.
    pub fn new(
        count: u32,
        dice: &'a mut Dice,
        asked: &'a mut Vec<Asked<Ask>>,
        to: Duration,
    ) -> Self {
        Workload { count, dice, asked, to, values: 0 }
    }

    fn at(&mut self) -> Duration {
        Duration::from_millis(self.dice.below(self.to.as_millis() as u64))
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.dice.below(u64::from(self.count)) as u32)
    }

    fn push(&mut self, client: u32, at: Duration, request: Ask) {
        let node = self.node();
        self.asked.push(Asked { client, at, node, request });
    }

    /// Every client opens a session before all else, and up to `2^doublings` operations follow:
    /// now and then, or many in a short time.
    pub fn operations(&mut self, doublings: u64) {
        for client in 0..CLIENTS {
            self.push(
                client,
                Duration::ZERO,
                Request::Register { client: ClientId(client.into()) },
            );
        }
        let in_bursts = self.dice.per_million(500_000);
        let last = self.to - Duration::from_millis(1);
        let mut at = self.at();
        for _ in 0..1 << self.dice.below(doublings + 1) {
            at = match in_bursts && self.dice.below(8) > 0 {
                true => (at + Duration::from_millis(self.dice.below(20))).min(last),
                false => self.at(),
            };
            self.operation(at);
        }
    }

    fn operation(&mut self, at: Duration) {
        let client = self.dice.below(CLIENTS.into()) as u32;
        let request = match self.dice.below(10) {
            0..4 => Request::Read(self.query()),
            4 => Request::ClientCommand { command: self.command(), session: None },
            _ => Request::ClientCommand { command: self.command(), session: Some(TO_BE_STAMPED) },
        };
        self.push(client, at, request);
    }

    fn key(&mut self) -> u8 {
        self.dice.below(KEYS as u64) as u8
    }

    fn command(&mut self) -> Command {
        self.values += 1;
        let (key, value) = (self.key(), self.values);
        match self.dice.below(4) {
            0 => Command::Add { key, amount: value },
            // Few values, so that what is expected is often there.
            1 => {
                let (expected, new) = (self.dice.below(3) as u32, self.dice.below(3) as u32);
                Command::CompareAndSet { key, expected, new }
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
            self.push(OPERATOR, at, Request::TransferLeadership { to });
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
            // Two operators do not wait for each other.
            let operator = OPERATOR + self.dice.below(2) as u32;
            self.push(operator, at, Request::ConfigChange(change));
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

/// Clients that ask so of machines of any kind.
pub fn clients<M: Machine>(
    reply: fn(&M::Request, &M::Response) -> Reply,
    repeat: fn(&M::Request) -> bool,
    stamp: fn(Attempt, &M::Request) -> M::Request,
) -> Clients<M> {
    Clients::new(reply).repeat(repeat).stamp(stamp).pause(Duration::from_millis(40)).attempts(40)
}

/// What an answer means.
pub fn reply(response: &Told) -> Reply {
    match response {
        Response::Applied { .. }
        | Response::Read { .. }
        | Response::Registered { .. }
        | Response::ConfigChanged { .. }
        | Response::LeadershipTransferred => Reply::Done,
        Response::CommandRefused(error) => match error {
            ClientError::NotLeader { leader_hint } => Reply::Elsewhere(*leader_hint),
            ClientError::OutcomeUnknown { leader_hint } => Reply::Unclear(*leader_hint),
            ClientError::Overloaded | ClientError::TransferInProgress => Reply::Elsewhere(None),
            ClientError::SessionExpired
            | ClientError::SequenceStale
            | ClientError::SequenceTooFarAhead => Reply::Failed,
        },
        Response::ReadRefused(ReadError::NotLeader { leader_hint }) => {
            Reply::Elsewhere(*leader_hint)
        }
        Response::ConfigRefused(error) => match error {
            ConfigError::NotLeader { leader_hint } => Reply::Elsewhere(*leader_hint),
            ConfigError::OutcomeUnknown { leader_hint } => Reply::Unclear(*leader_hint),
            ConfigError::ConfigChangeInProgress | ConfigError::LeaderNotReady => {
                Reply::Elsewhere(None)
            }
            _ => Reply::Failed,
        },
        Response::TransferRefused(TransferError::NotLeader { leader_hint }) => {
            Reply::Elsewhere(*leader_hint)
        }
        Response::TransferRefused(_) => Reply::Failed,
    }
}

/// May it be asked again although it may have taken effect? Not a command without a session.
pub fn repeat(request: &Ask) -> bool {
    !matches!(request, Request::ClientCommand { session: None, .. })
}

/// Puts the number of the operation where it belongs. A client has the answers to all operations
/// before, or has given them up.
pub fn stamp(attempt: Attempt, request: &Ask) -> Ask {
    match request {
        Request::ClientCommand { command, session: Some(_) } => {
            let client = ClientId(attempt.client.into());
            let acknowledged = u64::from(attempt.nth);
            let stamp = Stamp { client, sequence: acknowledged + 1, acknowledged };
            Request::ClientCommand { command: command.clone(), session: Some(stamp) }
        }
        _ => request.clone(),
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
