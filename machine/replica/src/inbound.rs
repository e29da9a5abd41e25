//! What a node does with each message.

use stormglass_machine::{Env, NodeId, Time};

use crate::bug::Bug;
use crate::catch_up::{AnswerRules, ApplyError, ApplyRules, answer, apply, refusal};
use crate::config::OnUnderCapacity;
use crate::message::{
    BandwidthClass, Heartbeat, Message, NackCode, Stamp, SyncNack, SyncRequest, SyncResponse,
};
use crate::replica::Replica;
use crate::request::Record;
use crate::role::{Role, Signal};
use crate::trace::{SkipCause, SyncAction};
use crate::tracker::{Order, Peer};

impl Replica {
    /// Only members of the replica set are heard, and only about this channel.
    pub(crate) fn handle(&mut self, from: NodeId, message: Message, env: &mut Env<'_, Self>) {
        let member = self.config.replica_set.contains(&from);
        if !member && !self.planted().has(Bug::AcceptsStrangers) {
            return;
        }
        if message.channel() != self.config.channel {
            return;
        }
        match message {
            Message::Heartbeat(heartbeat) => self.on_heartbeat(from, &heartbeat, env),
            Message::SyncRequest(request) => self.on_request(from, &request, env),
            Message::SyncResponse(response) => self.on_response(from, response, env),
            Message::SyncNack(nack) => self.on_nack(from, &nack, env),
        }
    }

    fn on_heartbeat(&mut self, from: NodeId, heartbeat: &Heartbeat, env: &mut Env<'_, Self>) {
        let heard = Peer {
            last_seen: self.clock(env),
            role: heartbeat.role,
            tail: heartbeat.tail,
            round_trip: env.wall().since(Time::from_nanos(heartbeat.wall_clock)),
            epoch: heartbeat.epoch,
            elected_at: heartbeat.elected_at,
            last: heartbeat.last,
        };
        self.tracker.record(from, heard, self.belief_order());
        if self.hardening.epoch_order {
            self.epoch = self.epoch.max(heartbeat.epoch);
        }
        if heartbeat.role == Role::Leader {
            self.meet_leader(from, heartbeat, env);
        } else if self.hardening.revoke_demoted_leader && self.belief() == Some(from) {
            self.abandon_leader(Some(from), env);
        }
    }

    fn belief_order(&self) -> Order {
        if self.planted().has(Bug::BelievesLatestLeader) {
            Order::Latest
        } else if self.planted().has(Bug::BelievesLowestId) {
            Order::LowerId
        } else {
            self.order()
        }
    }

    /// A leader makes way for a leader that stands higher.
    fn meet_leader(&mut self, from: NodeId, theirs: &Heartbeat, env: &mut Env<'_, Self>) {
        let this = self.config.node;
        if self.role() != Role::Leader || from == this || self.planted().has(Bug::NoConcession) {
            return;
        }
        let order = self.order();
        let mine = order.standing(this, self.stamp.epoch, self.elected_at, self.tail());
        let theirs = order.standing(from, theirs.epoch, theirs.elected_at, theirs.tail);
        let concedes_tie = self.planted().has(Bug::BothConcedeTie) && mine.ties(theirs);
        if mine < theirs || concedes_tie {
            // From leader to replica no tag is touched, so this cannot fail.
            let _ = self.transition(Role::Replica, Signal::PeerLeaderObserved, env);
        }
    }

    fn on_request(&mut self, from: NodeId, request: &SyncRequest, env: &mut Env<'_, Self>) {
        if self.role() != Role::Leader && !self.planted().has(Bug::AnswersInAnyRole) {
            let nack = refusal(request, NackCode::NotLeader, 0, Stamp::default());
            return self.refuse(from, nack, env);
        }
        let rules = AnswerRules {
            prefix_check: self.hardening.prefix_check,
            empty_floor: self.hardening.empty_floor,
        };
        match answer(&self.log, request, rules) {
            Err(nack) => self.refuse(from, nack, env),
            Ok(response) => self.respond_within_budget(from, request, response, env),
        }
    }

    fn respond_within_budget(
        &mut self,
        to: NodeId,
        request: &SyncRequest,
        response: SyncResponse,
        env: &mut Env<'_, Self>,
    ) {
        let cost = response.cost_estimate();
        let unreserved = self.planted().has(Bug::BackgroundUsesWholeBudget);
        let class = match request.class {
            BandwidthClass::Background if unreserved => BandwidthClass::Foreground,
            class => class,
        };
        if !self.bucket.admit(class, cost, env.now()) {
            if self.planted().has(Bug::ChargesRefusedRequests) {
                self.bucket.charge_anyway(cost);
            }
            let nack = refusal(request, NackCode::Backpressure, 0, Stamp::default());
            return self.refuse(to, nack, env);
        }
        self.metrics.sync_bytes += cost;
        self.trace.sync.push(SyncAction::Answered {
            to,
            request_id: response.request_id,
            first_seq: response.first_seq,
            entries: response.entries.len(),
        });
        env.send(to, Message::SyncResponse(response));
    }

    fn refuse(&mut self, to: NodeId, nack: SyncNack, env: &mut Env<'_, Self>) {
        let (request_id, code) = (nack.request_id, nack.code);
        self.trace.sync.push(SyncAction::Refused { to, request_id, code });
        env.send(to, Message::SyncNack(nack));
    }

    /// Was this asked for, and not long ago? If so, it is used up.
    fn take_token(&mut self, leader: NodeId, request_id: u64, now: Time) -> bool {
        if self.planted().has(Bug::AcceptsUnaskedAnswers) {
            return true;
        }
        if self.planted().has(Bug::ReusesRequests) {
            return self.outstanding.holds(leader, request_id, now);
        }
        self.outstanding.take(leader, request_id, now)
    }

    fn believes(&self, from: NodeId) -> bool {
        self.belief() == Some(from) || self.planted().has(Bug::TrustsFormerLeader)
    }

    /// The token is used up even if a later check fails.
    fn on_response(&mut self, from: NodeId, mut response: SyncResponse, env: &mut Env<'_, Self>) {
        let wanted = self.take_token(from, response.request_id, env.now());
        if !wanted || !self.believes(from) || self.role() != Role::Replica {
            return;
        }
        let tail_before = self.tail();
        let mut result = self.apply(from, &mut response, env);
        if let Err(ApplyError::GapBeforeChunk { .. }) = result {
            let (to, base) = (response.first_seq, response.previous);
            self.skip(from, response.request_id, to, base, SkipCause::Gap, env);
            if self.tail() == to {
                result = self.apply(from, &mut response, env);
            }
        } else if let Ok(tail) = result {
            self.judge(from, tail_before, tail, env.now());
        }
        match result {
            Ok(tail) => self.coordinator.advance_tail(tail),
            Err(ApplyError::AppendFailed(_)) => self.relieve_pressure(env),
            Err(_) => {}
        }
    }

    /// Was the leader of use? If not, and it still claims to have more, that is a strike.
    fn judge(&mut self, leader: NodeId, tail_before: u64, tail: u64, now: Time) {
        let claims_more = self.tracker.peer(leader).is_some_and(|peer| peer.tail > tail);
        if tail > tail_before {
            self.backoff.forget(leader);
        } else if claims_more && self.tracker.is_healthy(leader, now) {
            self.backoff.strike(leader, now);
        }
    }

    /// Applies a response and waits for the disk, so that the new tail is durable before anyone
    /// hears of it.
    fn apply(
        &mut self,
        from: NodeId,
        response: &mut SyncResponse,
        env: &mut Env<'_, Self>,
    ) -> Result<u64, ApplyError> {
        let rules = ApplyRules {
            channel: self.config.channel,
            prefix_check: self.hardening.prefix_check,
            renumber: self.planted().has(Bug::RenumbersChunks),
        };
        let (request_id, tail_before) = (response.request_id, self.tail());
        let result = apply(&mut self.log, response, rules, env.now());
        self.trace.sync.push(match result {
            Ok(tail) => {
                let (first_seq, entries) = (response.first_seq, tail - tail_before);
                SyncAction::Applied { from, request_id, first_seq, entries }
            }
            Err(error) => SyncAction::Rejected { from, request_id, error },
        });
        if self.tail() > tail_before {
            self.write_entries_from(tail_before, env);
        }
        result
    }

    fn write_entries_from(&mut self, seq: u64, env: &mut Env<'_, Self>) {
        if !self.is_persistent() {
            return;
        }
        for entry in self.log.entries_from(seq) {
            env.write(Record::Append(entry.clone()));
        }
        if !self.planted().has(Bug::AdvertisesBeforeFsync) {
            self.flush(env);
        }
    }

    pub(crate) fn flush(&mut self, env: &mut Env<'_, Self>) {
        env.flush();
        self.durable_tail = self.tail();
    }

    /// Gives up everything held, if the storage can. The attempt counts even if it cannot.
    fn skip(
        &mut self,
        from: NodeId,
        request_id: u64,
        to: u64,
        base: Stamp,
        cause: SkipCause,
        env: &mut Env<'_, Self>,
    ) {
        let tail_before = self.tail();
        self.metrics.skip_ahead += 1;
        if !self.is_persistent() || self.hardening.persistent_skip {
            self.log.skip_to(to, base);
        }
        let tail_after = self.tail();
        if self.is_persistent() && tail_after > tail_before {
            env.write(Record::Skip { to, base });
            self.flush(env);
        }
        self.trace.sync.push(SyncAction::Skipped {
            from,
            request_id,
            tail_before,
            tail_after,
            cause,
        });
    }

    /// A refusal by anyone but the believed leader leaves its token in place.
    fn on_nack(&mut self, from: NodeId, nack: &SyncNack, env: &mut Env<'_, Self>) {
        if !self.believes(from) || !self.take_token(from, nack.request_id, env.now()) {
            return;
        }
        match nack.code {
            NackCode::NotLeader if self.planted().has(Bug::IgnoresNotLeader) => {}
            NackCode::NotLeader => self.abandon_leader(Some(from), env),
            NackCode::BadRange => self.skip_bad_range(from, nack, env),
            NackCode::Backpressure => {}
            NackCode::ChannelClosed => {
                // A failure to withdraw the tag is counted, and nobody waits for the result.
                let _ = self.transition(Role::Idle, Signal::ChannelClose, env);
            }
            NackCode::PrefixMismatch => self.take_back_suffix(from, nack, env),
        }
    }

    /// With the prefix check, a leader's own log never moves by what others say of theirs.
    fn skip_bad_range(&mut self, from: NodeId, nack: &SyncNack, env: &mut Env<'_, Self>) {
        if self.hardening.prefix_check && self.role() != Role::Replica {
            return;
        }
        let (to, cause) = if nack.floor == 0 {
            (nack.since_seq.saturating_add(1), SkipCause::BadRangeWithoutFloor)
        } else if self.planted().has(Bug::SkipsOneByOne) {
            (nack.since_seq.saturating_add(1), SkipCause::BadRange)
        } else {
            (nack.floor, SkipCause::BadRange)
        };
        self.skip(from, nack.request_id, to, nack.base, cause, env);
    }

    /// Takes back what the leader does not have, unless the log has moved since the question, and
    /// goes on at once.
    fn take_back_suffix(&mut self, from: NodeId, nack: &SyncNack, env: &mut Env<'_, Self>) {
        let tail_before = self.tail();
        let applies = self.hardening.prefix_check
            && self.role() == Role::Replica
            && nack.since_seq == tail_before
            && nack.floor < tail_before;
        if !applies {
            return;
        }
        self.log.truncate(nack.floor);
        // An answer to a question from the old tail would look like a gap, and be skipped to.
        self.outstanding.forget_all();
        self.metrics.truncations += 1;
        if self.is_persistent() {
            env.write(Record::Truncate { to: nack.floor });
            self.flush(env);
        }
        self.trace.sync.push(SyncAction::Truncated {
            from,
            request_id: nack.request_id,
            tail_before,
            tail_after: self.tail(),
        });
        self.request_catch_up(env);
    }

    /// There was no room for a chunk.
    fn relieve_pressure(&mut self, env: &mut Env<'_, Self>) {
        self.metrics.under_capacity += 1;
        match self.config.on_under_capacity {
            OnUnderCapacity::EvictOldest => {
                self.sweep(env);
            }
            OnUnderCapacity::Withdraw => {
                let wrong = self.planted().has(Bug::WithdrawsAsLeader);
                let role = if wrong { Role::Leader } else { self.role() };
                // A failure to withdraw the tag is counted, and nobody waits for the result.
                let _ = self.transition(Role::Idle, Signal::withdraw_from(role), env);
            }
        }
    }
}
