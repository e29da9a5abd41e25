//! What a node does at each tick: heartbeats, a look at its leader's silence, and a request if it
//! lags.

use stormglass_machine::{Env, NodeId, Time};

use crate::bug::Bug;
use crate::election::{Outcome, elect, elect_most_advanced};
use crate::message::{Heartbeat, Message, SyncRequest};
use crate::replica::Replica;
use crate::role::{Role, Signal};
use crate::trace::SyncAction;

impl Replica {
    pub(crate) fn tick(&mut self, env: &mut Env<'_, Self>) {
        self.backoff.forget_expired(env.now());
        self.advance_advertised_tail();
        match self.role() {
            Role::Idle if self.planted().has(Bug::IdleHeartbeats) => self.send_heartbeats(env),
            Role::Idle => {}
            Role::Candidate if self.hardening.candidate_retry => self.run_election(env),
            Role::Candidate => {}
            Role::Leader => {
                self.send_heartbeats(env);
                self.metrics.lag = self.tracker.longest_silence(self.clock(env));
            }
            Role::Replica => self.tick_as_replica(env),
        }
        if self.hardening.tag_refresh {
            self.coordinator.refresh_tag(&mut self.trace);
        }
    }

    fn tick_as_replica(&mut self, env: &mut Env<'_, Self>) {
        let now = self.clock(env);
        self.send_heartbeats(env);
        let leader = self.tracker.believed().and_then(|leader| self.tracker.peer(leader));
        self.metrics.lag = leader.map(|leader| now.since(leader.last_seen)).unwrap_or_default();
        if self.misses_leader(now) {
            self.stand_for_election(env);
        } else {
            self.request_catch_up(env);
        }
    }

    /// A leader announces no more than some peer has as well.
    fn advance_advertised_tail(&mut self) {
        let tail = self.tail();
        let replicated = match self.role() {
            Role::Leader => self.tracker.highest_tail().unwrap_or(tail),
            _ => tail,
        };
        self.coordinator.advance_tail(tail.min(replicated));
    }

    pub(crate) fn send_heartbeats(&mut self, env: &mut Env<'_, Self>) {
        let role = self.role();
        let heartbeat = Heartbeat {
            channel: self.config.channel,
            tail: self.tail(),
            role,
            wall_clock: env.wall().as_nanos(),
            epoch: if role == Role::Leader { self.stamp.epoch } else { self.epoch },
            elected_at: if role == Role::Leader { self.elected_at } else { 0 },
            last: self.log.last_stamp(),
        };
        let times = if self.planted().has(Bug::DuplicateHeartbeats) { 2 } else { 1 };
        for peer in &self.peers {
            for _ in 0..times {
                env.send(*peer, Message::Heartbeat(heartbeat.clone()));
            }
        }
    }

    fn misses_leader(&self, now: Time) -> bool {
        match self.tracker.believed() {
            Some(_) => self.tracker.leader_is_silent(now),
            None => {
                self.hardening.silence_without_belief
                    && now.since(self.waiting_since) >= self.tracker.silence()
            }
        }
    }

    /// Asks the believed leader for what it has and this node has not.
    pub(crate) fn request_catch_up(&mut self, env: &mut Env<'_, Self>) {
        let Some(leader) = self.tracker.believed().filter(|leader| self.lags(*leader)) else {
            return;
        };
        if self.backoff.pauses(leader, env.now()) {
            return;
        }
        let request_id = env.dice().next_u64();
        let bounded = self.hardening.registry_bound;
        self.outstanding.insert(leader, request_id, env.now(), bounded);
        let since_seq = self.tail();
        self.trace.sync.push(SyncAction::Requested { to: leader, request_id, since_seq });
        let request = SyncRequest {
            channel: self.config.channel,
            since_seq,
            chunk_max: self.config.chunk_bytes_max,
            class: self.config.bandwidth_class,
            request_id,
            last: self.log.last_stamp(),
            run_start: if self.hardening.prefix_check { self.log.run_start() } else { 0 },
        };
        env.send(leader, Message::SyncRequest(request));
    }

    /// Is there something to be had from this leader? With the prefix check that is so whenever
    /// the ends of the logs differ, even if the leader's is the shorter one.
    fn lags(&self, leader: NodeId) -> bool {
        let this = leader == self.config.node && !self.planted().has(Bug::TalksToItself);
        let Some(peer) = self.tracker.peer(leader).filter(|_| !this) else {
            return false;
        };
        let differs = (peer.tail, peer.last) != (self.tail(), self.log.last_stamp());
        peer.tail > self.tail() || self.hardening.prefix_check && differs
    }

    fn stand_for_election(&mut self, env: &mut Env<'_, Self>) {
        if self.transition(Role::Candidate, Signal::MissedHeartbeats, env).is_ok() {
            self.run_election(env);
        }
    }

    fn run_election(&mut self, env: &mut Env<'_, Self>) {
        let (target, signal) = match self.election(self.clock(env)) {
            Outcome::SelfWins => (Role::Leader, Signal::ElectionWon),
            Outcome::PeerWins(_) => (Role::Replica, Signal::ElectionLost),
            Outcome::NoEligible => return,
        };
        let missed = self.tracker.believed();
        let result = self.transition(target, signal, env);
        if result.is_ok() || !self.planted().has(Bug::KeepsBeliefOnTagFailure) {
            self.abandon_leader(missed, env);
        }
    }

    fn election(&self, now: Time) -> Outcome {
        let this = self.config.node;
        let set = &self.config.replica_set;
        let blind = self.planted().has(Bug::NoDistanceNoVote);
        let healthy = |node| match node == this {
            true => !blind,
            false => self.tracker.is_healthy(node, now),
        };
        if self.hardening.tail_aware_election {
            let position = |node| match self.tracker.peer(node) {
                Some(peer) if node != this => (peer.last.epoch, peer.tail),
                _ => (self.log.last_stamp().epoch, self.tail()),
            };
            return elect_most_advanced(set, this, position, healthy);
        }
        let round_trip = |node| self.tracker.peer(node).map(|peer| peer.round_trip);
        elect(set, this, round_trip, healthy)
    }

    /// Believes in nobody any more, and expects nothing from this leader.
    pub(crate) fn abandon_leader(&mut self, leader: Option<NodeId>, env: &Env<'_, Self>) {
        self.tracker.clear_belief();
        self.waiting_since = self.clock(env);
        if let Some(leader) = leader {
            self.outstanding.forget(leader);
        }
    }
}
