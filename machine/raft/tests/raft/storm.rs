//! Storms: random requests, cuts, crashes, losses and duplicates, then a calm in which everything
//! must come right.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{ClientId, ConfigurationChange, Options, Request, Response, Stamp};

use super::cluster::MILLISECOND;
use super::group::{Group, ids};

pub struct Storm {
    pub group: Group,
    weather: Dice,
    /// By client: the last sequence number and request.
    clients: Vec<(u64, u64)>,
    /// Each request, whom it was asked, and in which of its lives.
    asked: Vec<(u64, usize, u32)>,
}

impl Storm {
    pub fn new(seed: u64, adjust: impl Fn(Options) -> Options + 'static) -> Storm {
        let mut weather = Dice::new(seed, "weather", 0);
        let voters = weather.within(1..=5) as u32;
        let nodes = voters as usize + weather.below(3) as usize;
        let threshold = *weather.pick(&[3, 10, 1_000]);
        let trailing = weather.below(4);
        let chunk = *weather.pick(&[8, 24, 65_536]);
        let leases = weather.per_million(500_000);
        let window = *weather.pick(&[1, 3, 16]);
        let per_message = *weather.pick(&[1, 3, 64]);
        let batch_delay = *weather.pick(&[0, 0, 5, 60]);
        let follower_reads = weather.per_million(500_000);
        let pre_vote = weather.per_million(800_000);
        let all = move |mut options: Options| {
            options.snapshot_threshold = threshold;
            options.trailing_entries = trailing;
            options.snapshot_chunk_bytes = chunk;
            options.in_flight_messages = window;
            options.entries_per_message = per_message;
            options.batch_delay = Duration::from_millis(batch_delay);
            options.follower_reads = follower_reads;
            options.pre_vote = pre_vote;
            options.lease_duration = leases.then(|| options.lease_duration_max());
            adjust(options)
        };
        let mut group = Group::new(nodes, voters, seed, all);
        group.cluster.loss_per_million = *weather.pick(&[0, 10_000, 100_000]);
        group.cluster.duplicate_per_million = *weather.pick(&[0, 10_000, 200_000]);
        group.cluster.delay_max = *weather.pick(&[2, 10, 60, 140]) * MILLISECOND;
        for node in 0..nodes {
            let fast = weather.below(20_000) as i64 - 10_000;
            group.cluster.processes[node].fast_per_million = fast;
        }
        Storm { group, weather, clients: vec![(0, 0); 3], asked: Vec::new() }
    }

    fn any_node(&mut self) -> usize {
        self.weather.below(self.group.cluster.len() as u64) as usize
    }

    /// Mostly a node that leads, or thinks so.
    fn server(&mut self) -> usize {
        match self.group.leader() {
            Some(leader) if self.weather.per_million(700_000) => leader,
            _ => self.any_node(),
        }
    }

    pub fn blow(&mut self, milliseconds: u64) {
        let end = self.group.cluster.now + milliseconds * MILLISECOND;
        while self.group.cluster.now < end && self.group.ledger.findings.is_empty() {
            let pause = self.weather.within(1..=25);
            self.group.run(pause);
            match self.weather.below(100) {
                0..60 => self.ask(),
                60..66 => self.go_down(),
                66..84 => self.come_up(),
                84..85 => self.jump(),
                85..92 => self.cut(),
                92..96 => self.group.cluster.cut.clear(),
                _ => self.operate(),
            }
        }
    }

    fn boot(&self, node: usize) -> u32 {
        self.group.cluster.processes[node].boot
    }

    fn remember(&mut self, id: u64, node: usize, boot: u32) {
        self.asked.push((id, node, boot));
    }

    fn ask(&mut self) {
        let node = self.server();
        if !self.group.cluster.is_up(node) {
            return;
        }
        let boot = self.boot(node);
        let id = match self.weather.below(4) {
            0 => self.group.ask(node, Request::Read(())),
            1 => self.ask_with_session(node),
            _ => self.group.append(node),
        };
        self.remember(id, node, boot);
    }

    /// A client asks for something new, or once more for what it is not sure of.
    fn ask_with_session(&mut self, node: usize) -> u64 {
        let client = self.weather.below(3);
        let (sequence, command) = self.clients[client as usize];
        if self.weather.per_million(200_000) {
            return self.group.ask(node, Request::Register { client: ClientId(client) });
        }
        if self.weather.per_million(400_000) && sequence > 0 {
            return self.again(node, client, sequence, command);
        }
        // The command is told apart from the others by the client and its number.
        let command = 1_000_000_000 * (client + 1) + 1_000_000 * (sequence + 1);
        self.clients[client as usize] = (sequence + 1, command);
        self.again(node, client, sequence + 1, command)
    }

    fn again(&mut self, node: usize, client: u64, sequence: u64, command: u64) -> u64 {
        let acknowledged = 0;
        let session = Some(Stamp { client: ClientId(client), sequence, acknowledged });
        self.group.ask(node, Request::ClientCommand { command, session })
    }

    fn go_down(&mut self) {
        let node = self.any_node();
        if !self.group.cluster.is_up(node) {
            return;
        }
        if self.weather.per_million(500_000) {
            self.group.crash(node);
        } else {
            let after = self.weather.below(8) as usize;
            self.group.cluster.processes[node].crash_after = Some(after);
        }
    }

    /// A wall clock is set.
    fn jump(&mut self) {
        let (node, ahead) = (self.any_node(), self.weather.below(2_000) * MILLISECOND);
        self.group.cluster.processes[node].wall_ahead = ahead;
    }

    fn come_up(&mut self) {
        let node = self.any_node();
        if !self.group.cluster.is_up(node) {
            self.group.boot(node);
        }
    }

    fn cut(&mut self) {
        let (from, to) = (self.any_node(), self.any_node());
        match self.weather.below(3) {
            0 => self.group.cluster.cut.push((from, to)),
            1 => self.group.cluster.cut_off(from),
            _ => {
                let all = 0..self.group.cluster.len();
                let (left, right): (Vec<_>, Vec<_>) =
                    all.partition(|_| self.weather.per_million(500_000));
                self.group.cluster.split(&left, &right);
            }
        }
    }

    fn operate(&mut self) {
        let node = self.server();
        if !self.group.cluster.is_up(node) {
            return;
        }
        let boot = self.boot(node);
        let other = NodeId(self.any_node() as u32);
        let nodes = self.group.cluster.len() as u32;
        let change = match self.weather.below(6) {
            0 | 1 => ConfigurationChange::AddServer(other),
            2 => ConfigurationChange::RemoveServer(other),
            3 => ConfigurationChange::AddLearner(other),
            4 => {
                let some = ids((0..nodes).filter(|_| self.weather.per_million(500_000)));
                ConfigurationChange::ReplaceVoters(some)
            }
            _ => {
                let to = Some(other).filter(|_| self.weather.per_million(500_000));
                let id = self.group.ask(node, Request::TransferLeadership { to });
                self.remember(id, node, boot);
                return;
            }
        };
        let id = self.group.ask(node, Request::ConfigChange(change));
        self.remember(id, node, boot);
    }

    /// Everything heals; then the group must work again.
    pub fn calm_down(&mut self) {
        let cluster = &mut self.group.cluster;
        cluster.cut.clear();
        (cluster.loss_per_million, cluster.duplicate_per_million) = (0, 0);
        cluster.delay_max = 5 * MILLISECOND;
        for node in 0..cluster.len() {
            self.group.cluster.processes[node].crash_after = None;
            if !self.group.cluster.is_up(node) {
                self.group.boot(node);
            }
        }
        self.group.run(4_000);
        if !self.group.ledger.findings.is_empty() {
            return;
        }
        let Some(leader) = self.group.leader() else {
            let state = self.group.describe();
            self.group.ledger.find("leader-elected", state);
            return;
        };
        let write = self.group.append(leader);
        self.group.run(500);
        let read = self.group.ask(leader, Request::Read(()));
        self.group.run(500);
        if !matches!(self.group.response(write), Some(Response::Applied { .. })) {
            let details = (leader, self.group.response(write).cloned(), self.group.describe());
            self.group.ledger.find("commit-in-time", details);
        }
        if !matches!(self.group.response(read), Some(Response::Read { .. })) {
            let details = (leader, self.group.response(read).cloned());
            self.group.ledger.find("read-answered", details);
        }
        if !self.group.has_converged() {
            let state = self.group.describe();
            self.group.ledger.find("follower-catches-up", state);
        }
        let raft = self.group.node(leader);
        if raft.configuration().is_joint() || !raft.configuration().joining().is_empty() {
            let state = self.group.describe();
            self.group.ledger.find("change-in-time", state);
        }
        self.check_exactly_once(leader);
        self.check_answers();
    }

    /// Whoever has asked a node that did not go down has an answer.
    fn check_answers(&mut self) {
        for (id, node, boot) in std::mem::take(&mut self.asked) {
            if self.boot(node) == boot && self.group.response(id).is_none() {
                self.group.ledger.find("answered", (id, node));
            }
        }
    }

    fn check_exactly_once(&mut self, leader: usize) {
        let mut seen = std::collections::BTreeSet::new();
        let twice = self.group.elements(leader).iter().find(|element| !seen.insert(**element));
        if let Some(element) = twice.copied() {
            self.group.ledger.find("exactly-once", element);
        }
    }
}

pub fn weather(seed: u64, adjust: impl Fn(Options) -> Options + 'static) -> Vec<String> {
    let mut storm = Storm::new(seed, adjust);
    storm.blow(6_000);
    if storm.group.ledger.findings.is_empty() {
        storm.calm_down();
    }
    storm.group.ledger.findings
}

#[test]
fn nothing_goes_wrong_in_storms() {
    for seed in 0..300 {
        let findings = weather(seed, |options| options);
        assert!(findings.is_empty(), "seed {seed}: {}", findings.join("\n"));
    }
}

/// Storms that never reached anything would find nothing wrong.
#[test]
fn storms_reach_what_they_are_for() {
    let mut sent = std::collections::BTreeMap::new();
    let (mut committed, mut joint, mut learners, mut again) = (0, 0, 0, 0);
    for seed in 0..60 {
        let mut storm = Storm::new(seed, |options| options);
        storm.blow(6_000);
        for (kind, count) in &storm.group.cluster.sent {
            *sent.entry(*kind).or_insert(0) += count;
        }
        for (_, payload) in storm.group.ledger.committed.values() {
            committed += 1;
            if let stormglass_raft::Payload::Configuration(configuration) = payload {
                joint += u64::from(configuration.is_joint());
                learners += u64::from(!configuration.learners().is_empty());
            }
        }
        let sessions = |response: &&Response<_>| matches!(response, Response::Registered { .. });
        again += storm.group.cluster.responses.values().filter(sessions).count();
    }
    assert_eq!(sent.len(), 12, "every kind of message: {sent:?}");
    assert!(sent.values().all(|count| *count >= 20), "{sent:?}");
    assert!(committed > 60 * 20 && joint > 10 && learners > 10 && again > 10);
}
