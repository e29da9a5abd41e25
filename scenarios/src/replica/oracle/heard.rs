//! What a node must have heard of its peers, and whom it must therefore believe to lead, elect,
//! and make way for.

use std::cmp::Reverse;
use std::time::Duration;

use stormglass_machine::{NodeId, Time};
use stormglass_replica::constants::SILENCE_INTERVALS;
use stormglass_replica::{NackCode, Role, Signal, Stamp};

use super::finding::Findings;
use super::handling::{Handling, Heard};
use super::step::Step;

#[derive(Clone, Copy, Debug)]
struct Peer {
    at: Time,
    tail: u64,
    epoch: u64,
    elected_at: u64,
    last: Stamp,
    distance: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A leader's heartbeat moves the belief only to one that stands higher.
    Moves,
    /// Who says that it does not lead is believed no more.
    Demoted,
    /// An election ends the belief.
    Election,
    /// A refusal of one that does not lead ends the belief.
    NotLeader,
    /// Nothing else changes the belief.
    Unasked,
    /// Silence is measured by the monotonic clock, and nothing but silence makes a candidate.
    Silence,
    /// Who wins an election.
    Winner,
    /// A leader makes way for one that stands higher.
    MakesWay,
    /// And for no other.
    StandsFirm,
}

/// What one node knows of the others.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    peers: Vec<Option<Peer>>,
    waiting_since: Time,
    pub findings: Findings<Rule>,
}

/// By what members are compared in an election: the least one wins. Which of the first two
/// counts depends on the hardening; the other is the same for all.
type Rank = (Reverse<(u64, u64)>, Duration, NodeId);

/// How an election must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Election {
    Won,
    Lost,
    Nobody,
}

impl Knowledge {
    /// The process starts afresh.
    pub fn reset(&mut self) {
        self.peers.clear();
        self.waiting_since = Time::ZERO;
    }

    fn peer(&self, node: NodeId) -> Option<&Peer> {
        self.peers.get(node.index())?.as_ref()
    }

    /// `live_token` says whether a refusal that is handled was asked for.
    pub fn step(&mut self, step: &Step<'_>, live_token: bool) {
        match step.handling {
            Handling::Nothing => self.belief(step, step.before.belief, Rule::Unasked),
            Handling::Message(from, Heard::Heartbeat { .. }) if step.members().contains(&from) => {
                self.heartbeat(step, from);
            }
            Handling::Message(from, Heard::Nack { code: NackCode::NotLeader, .. }) => {
                let counts = live_token && step.before.belief == Some(from);
                let wanted = step.before.belief.filter(|_| !counts);
                self.belief(step, wanted, Rule::NotLeader);
            }
            Handling::Tick => self.tick(step),
            _ => self.belief(step, step.before.belief, Rule::Unasked),
        }
        let cleared = step.before.belief.is_some() && step.machine.belief().is_none();
        let became_replica =
            step.before.role != Role::Replica && step.machine.role() == Role::Replica;
        let tried = step.handling == Handling::Tick && !step.machine.trace().transitions.is_empty();
        if cleared || became_replica || tried {
            self.waiting_since = step.clock;
        }
    }

    fn belief(&mut self, step: &Step<'_>, wanted: Option<NodeId>, rule: Rule) {
        let belief = step.machine.belief();
        self.findings.expect(rule, belief == wanted, || {
            format!("node {} believes in {belief:?}, not {wanted:?}", step.node)
        });
    }

    fn heartbeat(&mut self, step: &Step<'_>, from: NodeId) {
        let Handling::Message(_, heard) = step.handling else { return };
        let Heard::Heartbeat { role, tail, wall, epoch, elected_at, last } = heard else { return };
        let distance = step.wall.since(Time::from_nanos(wall));
        let peer = Peer { at: step.clock, tail, epoch, elected_at, last, distance };
        if self.peers.len() <= from.index() {
            self.peers.resize(from.index() + 1, None);
        }
        self.peers[from.index()] = Some(peer);
        let seen = step.machine.tracker().peer(from).map(|peer| peer.last_seen);
        self.findings.expect(Rule::Silence, seen == Some(step.clock), || {
            format!("node {} heard of {from} at {} and notes {seen:?}", step.node, step.clock)
        });
        let believed = step.before.belief;
        if role == Role::Leader {
            let known = believed.and_then(|node| Some((node, self.peer(node)?)));
            let moves = known
                .is_none_or(|(node, known)| stand(step, from, &peer) > stand(step, node, known));
            self.belief(step, if moves { Some(from) } else { believed }, Rule::Moves);
            self.way(step, from, &peer);
        } else {
            let revoked = step.intended().revoke_demoted_leader && believed == Some(from);
            self.belief(step, believed.filter(|_| !revoked), Rule::Demoted);
        }
    }

    /// Of two leaders the one that stands higher stays.
    fn way(&mut self, step: &Step<'_>, from: NodeId, peer: &Peer) {
        if step.before.role != Role::Leader || from == step.node {
            return;
        }
        let before = step.before;
        let own = Peer {
            at: step.clock,
            tail: before.tail,
            epoch: before.stamp.epoch,
            elected_at: before.elected_at,
            last: before.last,
            distance: Duration::ZERO,
        };
        let higher = stand(step, from, peer) > stand(step, step.node, &own);
        let makes_way = step.machine.role() == Role::Replica;
        let rule = if higher { Rule::MakesWay } else { Rule::StandsFirm };
        self.findings.expect(rule, higher == makes_way, || {
            format!("node {} hears leader {from}; it makes way: {makes_way}", step.node)
        });
    }

    fn tick(&mut self, step: &Step<'_>) {
        let silence = step.machine.config().heartbeat_interval.saturating_mul(SILENCE_INTERVALS);
        let misses = match step.before.belief {
            Some(leader) => !self.is_healthy(leader, step.clock, silence),
            None => {
                step.intended().silence_without_belief
                    && step.clock.since(self.waiting_since) >= silence
            }
        };
        let stands = match step.before.role {
            Role::Replica => misses,
            Role::Candidate => step.intended().candidate_retry,
            Role::Leader | Role::Idle => false,
        };
        let mut attempts = step.machine.trace().transitions.iter();
        let missed = |signal| signal == Signal::MissedHeartbeats;
        let stood = attempts.clone().any(|attempt| missed(attempt.signal));
        let should_stand = stands && step.before.role == Role::Replica;
        self.findings.expect(Rule::Silence, stood == should_stand, || {
            format!("node {} misses its leader: {should_stand}; it stood: {stood}", step.node)
        });
        let election = stands.then(|| self.election(step, silence));
        let seen = attempts.find_map(|attempt| match attempt.signal {
            Signal::ElectionWon => Some(Election::Won),
            Signal::ElectionLost => Some(Election::Lost),
            _ => None,
        });
        let wanted = election.filter(|election| *election != Election::Nobody);
        self.findings.expect(Rule::Winner, seen == wanted, || {
            format!("node {} came to {seen:?}, not {wanted:?}", step.node)
        });
        let ended = wanted.is_some();
        self.belief(step, step.before.belief.filter(|_| !ended), Rule::Election);
    }

    fn is_healthy(&self, node: NodeId, clock: Time, silence: Duration) -> bool {
        self.peer(node).is_some_and(|peer| clock.since(peer.at) < silence)
    }

    fn election(&self, step: &Step<'_>, silence: Duration) -> Election {
        let mut best: Option<Rank> = None;
        for member in step.members().iter().copied() {
            let own = member == step.node;
            if !own && !self.is_healthy(member, step.clock, silence) {
                continue;
            }
            let (epoch, tail, distance) = match self.peer(member).filter(|_| !own) {
                Some(peer) => (peer.last.epoch, peer.tail, peer.distance),
                None => (step.before.last.epoch, step.before.tail, Duration::ZERO),
            };
            let key = match step.intended().tail_aware_election {
                true => (Reverse((epoch, tail)), Duration::ZERO, member),
                false => (Reverse((0, 0)), distance, member),
            };
            if best.is_none_or(|best| key < best) {
                best = Some(key);
            }
        }
        match best {
            Some((.., winner)) if winner == step.node => Election::Won,
            Some(_) => Election::Lost,
            None => Election::Nobody,
        }
    }
}

/// Where a leader stands: by epoch and by the tail it began with, or else by its tail now; the
/// lower id stands higher.
fn stand(step: &Step<'_>, node: NodeId, peer: &Peer) -> (u64, u64, Reverse<NodeId>) {
    match step.intended().epoch_order {
        true => (peer.epoch, peer.elected_at, Reverse(node)),
        false => (0, peer.tail, Reverse(node)),
    }
}
