//! What clients and operators ask of replicas.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_replica::{Request, Role, Signal};
use stormglass_simulator::Asked;

/// The client that writes, and the operator.
const WRITER: u32 = 0;
const OPERATOR: u32 = 1;

/// Whatever is long becomes short; two bytes tell one append from the other.
pub fn simpler(request: &Request) -> Vec<Request> {
    match request {
        Request::Append(bytes) if bytes.len() > NAME => vec![Request::Append(bytes[..NAME].into())],
        _ => Vec::new(),
    }
}

const NAME: usize = 2;

/// Asks nodes for things, at times between two moments.
pub struct Asker<'a> {
    pub count: u32,
    pub dice: &'a mut Dice,
    pub asked: &'a mut Vec<Asked<Request>>,
    pub from: Duration,
    pub to: Duration,
    /// How many of the nodes, from the first, an operator has a say in.
    pub operated: u32,
    written: u16,
}

impl<'a> Asker<'a> {
    pub fn new(
        count: u32,
        dice: &'a mut Dice,
        asked: &'a mut Vec<Asked<Request>>,
        to: Duration,
    ) -> Self {
        Asker { count, dice, asked, from: Duration::ZERO, to, operated: count, written: 0 }
    }

    fn at(&mut self) -> Duration {
        let (from, to) = (self.from.as_millis() as u64, self.to.as_millis() as u64);
        Duration::from_millis(self.dice.within(from..=to - 1))
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.dice.below(u64::from(self.count)) as u32)
    }

    fn push(&mut self, client: u32, at: Duration, node: NodeId, request: Request) {
        self.asked.push(Asked { client, at, node, request });
    }

    /// A payload that no other append has, with up to so many bytes.
    fn payload(&mut self, most: u64) -> Vec<u8> {
        let mut bytes = self.written.to_le_bytes().to_vec();
        self.written += 1;
        let padding = self.dice.below(most.saturating_sub(NAME as u64) + 1);
        bytes.extend((0..padding).map(|_| b'.'));
        bytes
    }

    /// Clients append: some stick to the first node, some to another, and some go to any; some write now and then, others
    /// in bursts. Up to `2^doublings` appends.
    pub fn appends(&mut self, doublings: u64, most_bytes: u64) {
        let times = 1 << self.dice.below(doublings + 1);
        let sticky = match self.dice.below(4) {
            0 => Some(NodeId(0)),
            1 => Some(self.node()),
            _ => None,
        };
        let bursts = self.dice.per_million(500_000);
        let mut at = self.at();
        for _ in 0..times {
            at = match bursts && self.dice.below(8) > 0 {
                true => (at + Duration::from_millis(self.dice.below(20))).min(self.to - MOMENT),
                false => self.at(),
            };
            let node = sticky.unwrap_or_else(|| self.node());
            let payload = self.payload(most_bytes);
            self.push(WRITER, at, node, Request::Append(payload));
        }
    }

    /// An operator, in some runs: lets leaders go, pushes nodes from role to role, and also asks
    /// for what is impossible.
    pub fn operator(&mut self) {
        if self.dice.per_million(500_000) {
            return;
        }
        for _ in 0..1 << self.dice.below(4) {
            let at = self.at();
            let node = NodeId(self.dice.below(u64::from(self.operated)) as u32);
            match self.dice.below(4) {
                0 => self.push(OPERATOR, at, node, Request::relinquish()),
                1 => self.election(at, node),
                2 => self.likely(at, node),
                _ => {
                    let (target, signal) =
                        (*self.dice.pick(&Role::ALL), *self.dice.pick(&Signal::ALL));
                    self.push(OPERATOR, at, node, Request::Transition { target, signal });
                }
            }
        }
    }

    /// Makes a node a candidate, and says a moment later what becomes of it.
    fn election(&mut self, at: Duration, node: NodeId) {
        let ends = [
            (Role::Leader, Signal::ElectionWon),
            (Role::Replica, Signal::ElectionLost),
            (Role::Idle, Signal::CandidateDiskPressureWithdraw),
            (Role::Idle, Signal::ChannelClose),
        ];
        let (target, signal) = *self.dice.pick(&ends);
        let candidate =
            Request::Transition { target: Role::Candidate, signal: Signal::MissedHeartbeats };
        self.push(OPERATOR, at, node, candidate);
        self.push(OPERATOR, at + MOMENT, node, Request::Transition { target, signal });
    }

    fn likely(&mut self, at: Duration, node: NodeId) {
        let wishes = [
            (Role::Idle, Signal::LeaderDiskPressureWithdraw),
            (Role::Idle, Signal::DiskPressureWithdraw),
            (Role::Idle, Signal::ChannelClose),
            (Role::Replica, Signal::PeerLeaderObserved),
            (Role::Replica, Signal::CapabilitySelected),
        ];
        let (target, signal) = *self.dice.pick(&wishes);
        self.push(OPERATOR, at, node, Request::Transition { target, signal });
        if self.dice.per_million(500_000) {
            let again = Request::Transition { target: Role::Idle, signal: Signal::ChannelClose };
            self.push(OPERATOR, at + MOMENT, node, again);
        }
    }

    /// Calls to the tag sink fail, in some runs.
    pub fn sink_failures(&mut self) {
        for _ in 0..self.dice.below(4) {
            let (at, node) = (self.at(), self.node());
            let calls = self.dice.within(1..=3) as u32;
            self.push(OPERATOR, at, node, Request::FailNextTagCalls(calls));
        }
    }

    /// Old entries are swept away.
    pub fn sweeps(&mut self, most: u64) {
        for _ in 0..self.dice.below(most + 1) {
            let (at, node) = (self.at(), self.node());
            self.push(OPERATOR, at, node, Request::SweepRetention);
        }
    }

    /// A node closes the channel, in some runs; an impatient operator asks for it twice.
    pub fn shutdowns(&mut self) {
        if self.dice.per_million(333_333) {
            let (at, node) = (self.at(), self.node());
            for _ in 0..self.dice.within(1..=2) {
                self.push(OPERATOR, at, node, Request::Shutdown);
            }
        }
    }
}

const MOMENT: Duration = Duration::from_millis(1);
