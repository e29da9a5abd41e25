//! The leader's side of replication: rounds, what each follower is sent, and what it answers.

use alloc::sync::Arc;

use stormglass_machine::{NodeId, Time};

use crate::{
    AppendEntries, AppendEntriesResponse, AppendOutcome, Bug, Entry, Leadership, LogIndex, Message,
    Mode, Observation, Payload, Peer, Role, StateMachine, Step, Timer,
};

/// The bytes of an entry's command.
fn bytes_of<S: StateMachine>(entry: &Entry<S::Command>) -> usize {
    match &entry.payload {
        Payload::Command { command, .. } => S::command_bytes(command),
        _ => 0,
    }
}

impl<S: StateMachine> Step<'_, '_, S> {
    /// Begins a reign: with an entry of its own term the leader commits, and learns, what was
    /// committed before it.
    pub(crate) fn become_leader(&mut self) {
        self.change_role(Role::Leader);
        let term = self.term;
        self.observe(Observation::LeaderElected { term });
        self.leader = Some(self.id());
        self.env.cancel_timer(Timer::Election);
        self.leadership = Leadership::default();
        self.refresh_peers();
        self.number_round();
        self.set_timer(Timer::Heartbeat, self.options.heartbeat_interval);
        let entry = Entry { term, payload: Payload::Noop };
        self.append(&Arc::from([entry]));
        self.confirm_rounds();
    }

    /// A follower for each other member; those that are members no longer are on their way out.
    pub(crate) fn refresh_peers(&mut self) {
        let (index, configuration) = self.configuration_entry().clone();
        let next = self.log.last_index() + 1;
        let (own, now) = (self.id(), self.env.now());
        for node in configuration.members().filter(|node| *node != own) {
            match self.leadership.position(node) {
                Some(position) => self.leadership.peers[position].leaving_at = None,
                None => self.leadership.peers.push(Peer::new(node, next, now)),
            }
        }
        for peer in &mut self.leadership.peers {
            if !configuration.contains(peer.node) {
                peer.leaving_at.get_or_insert(index);
            }
        }
    }

    pub(crate) fn heartbeat(&mut self) {
        if self.role != Role::Leader {
            return;
        }
        let now = self.env.now();
        let patience = self.options.election_timeout_max();
        let heard = |at: Time| now < at + patience;
        let in_touch = self.agreed(now, |peer| peer.heard_at).is_some_and(heard);
        if !in_touch && !self.has(Bug::NoCheckQuorum) {
            self.become_follower(self.term);
            return;
        }
        self.leadership.peers.retain(|peer| peer.leaving_at.is_none() || heard(peer.heard_at));
        self.set_timer(Timer::Heartbeat, self.options.heartbeat_interval);
        self.begin_round();
        self.hand_over_when_ready();
    }

    /// Asks every follower to confirm that this node leads.
    pub(crate) fn begin_round(&mut self) {
        self.number_round();
        for position in 0..self.leadership.peers.len() {
            self.beat(position);
        }
        self.confirm_rounds();
    }

    fn number_round(&mut self) {
        let began = self.lease_clock();
        let leadership = &mut self.raft.leadership;
        leadership.round += 1;
        leadership.rounds.push_back((leadership.round, began));
    }

    /// A removed node gets nothing until its removal is committed.
    fn is_silent_to(&self, position: usize) -> bool {
        let leaving_at = self.leadership.peers[position].leaving_at;
        leaving_at.is_some_and(|index| index > self.commit_index)
    }

    /// Sends the follower what carries the round's number, and repeats what may have been lost.
    fn beat(&mut self, position: usize) {
        if self.is_silent_to(position) {
            return;
        }
        let all = self.options.entries_per_message;
        match self.leadership.peers[position].mode {
            Mode::Probe { .. } => self.send_entries(position, all),
            Mode::Replicate => self.send_entries(position, 0),
            Mode::Snapshot { .. } if self.has(Bug::ChunkNotRepeated) => {}
            Mode::Snapshot { .. } => self.send_next_chunk(position),
        }
    }

    /// Sends every follower as much as it may be sent.
    pub(crate) fn replicate(&mut self) {
        for position in 0..self.leadership.peers.len() {
            self.replicate_to(position);
        }
    }

    fn replicate_to(&mut self, position: usize) {
        while !self.is_silent_to(position) {
            let peer = &self.leadership.peers[position];
            let next = self.log.entry(peer.next).map_or(0, bytes_of::<S>);
            let more = peer.next <= self.log.last_index();
            if !more || !peer.accepts_entries(next, &self.options) {
                return;
            }
            self.send_entries(position, self.options.entries_per_message);
        }
    }

    /// Sends at most `limit` entries, or what a follower needs that is too far behind for them.
    fn send_entries(&mut self, position: usize, limit: usize) {
        let peer = &self.raft.leadership.peers[position];
        let (to, prev_log_index) = (peer.node, peer.next - 1);
        let guess = self.has(Bug::PreviousTermZero) && !self.log.entries().is_empty();
        let compacted = guess.then_some(0);
        let Some(prev_log_term) = self.log.term_at(prev_log_index).or(compacted) else {
            self.begin_snapshot(position);
            return;
        };
        let blind = matches!(peer.mode, Mode::Probe { .. }) && self.has(Bug::MatchIsLastIndex);
        let limit = if blind { 0 } else { limit };
        let first = peer.next.max(self.log.first_index());
        let room = self.options.in_flight_bytes.saturating_sub(peer.bytes_in_flight());
        let (most, mut bytes) = (self.options.bytes_per_message.min(room), 0);
        let entries = self.raft.log.share(first, limit, |entry| {
            let longer = bytes + bytes_of::<S>(entry);
            let fits = bytes == 0 || longer <= most;
            bytes = if fits { longer } else { bytes };
            fits
        });
        let count = entries.len();
        self.note_sent(position, count, bytes);
        let round = self.leadership.round;
        self.observe(match count {
            0 => Observation::HeartbeatSent { to, round },
            entries => Observation::AppendEntriesSent { to, prev_log_index, entries },
        });
        let (term, leader_commit) = (self.term, self.commit_index);
        let request =
            AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit, round };
        self.send(to, Message::AppendEntries(request));
    }

    fn note_sent(&mut self, position: usize, count: usize, bytes: usize) {
        let peer = &mut self.leadership.peers[position];
        if let Mode::Probe { waiting } = &mut peer.mode {
            *waiting = true;
        } else if count > 0 {
            peer.next += count as u64;
            peer.in_flight.push_back((peer.next - 1, bytes));
        }
    }

    /// A follower has answered this round: it took this node for the leader after it began.
    pub(crate) fn heard_from(&mut self, from: NodeId, round: u64) -> Option<usize> {
        if self.role != Role::Leader {
            return None;
        }
        let position = self.leadership.position(from)?;
        let peer = &mut self.raft.leadership.peers[position];
        peer.heard_at = self.env.now();
        peer.acked_round = peer.acked_round.max(round);
        self.confirm_rounds();
        Some(position)
    }

    pub(crate) fn append_entries_response(&mut self, from: NodeId, reply: &AppendEntriesResponse) {
        let Some(position) = self.heard_from(from, reply.round) else {
            return;
        };
        let match_index = reply.outcome.match_index();
        self.observe(Observation::AppendEntriesResponse { from, match_index });
        match reply.outcome {
            AppendOutcome::Success { match_index } => self.advance(position, match_index),
            AppendOutcome::Conflict { prev_log_index, hint_index, hint_term } => {
                // What this log has there of later terms the follower cannot have.
                let meets = self.log.last_up_to_term(hint_index, hint_term);
                self.back_up(position, prev_log_index, meets);
            }
            AppendOutcome::Stale => {}
        }
    }

    /// The follower has the log up to here.
    pub(crate) fn advance(&mut self, position: usize, match_index: LogIndex) {
        self.insist(match_index <= self.log.last_index(), "a follower has more than its leader");
        let falls = self.has(Bug::MatchFalls);
        let peer = &mut self.leadership.peers[position];
        peer.reached(match_index);
        if falls {
            peer.matched = match_index;
        }
        let arrived = match &peer.mode {
            Mode::Snapshot { snapshot, .. } => {
                peer.matched >= snapshot.metadata.last_included_index
            }
            Mode::Probe { .. } => true,
            Mode::Replicate => false,
        };
        if arrived {
            peer.mode = Mode::Replicate;
            peer.next = peer.matched + 1;
        }
        self.advance_commit();
        self.forget_if_gone(position);
        self.replicate();
        self.hand_over_when_ready();
        self.promote_caught_up();
    }

    /// A removed node that has the entry that removed it knows all it needs.
    fn forget_if_gone(&mut self, position: usize) {
        let peer = self.leadership.peers.get(position);
        let told = |peer: &Peer<_>| peer.leaving_at.is_some_and(|index| peer.matched >= index);
        if peer.is_some_and(told) && !self.is_silent_to(position) {
            self.leadership.peers.remove(position);
        }
    }

    /// The logs do not meet before what was sent behind `refused`. A refusal of anything else than
    /// what was sent last, or of something that is known to be there, is old.
    fn back_up(&mut self, position: usize, refused: LogIndex, meets: LogIndex) {
        let unmatched = self.has(Bug::RefusalUnmatched);
        let deaf = self.has(Bug::LossUndetected);
        let peer = &mut self.leadership.peers[position];
        let current = match peer.mode {
            Mode::Probe { .. } => refused == peer.next - 1,
            Mode::Replicate => refused > peer.matched && !deaf,
            Mode::Snapshot { .. } => false,
        };
        if !current && !unmatched {
            return;
        }
        peer.probe_from(meets + 1);
        if unmatched {
            peer.next = meets + 1;
        }
        self.send_entries(position, self.options.entries_per_message);
    }
}
