use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId, RequestId};

use super::{Message, NodeConfig, Record, Request, Timer, Visited};
use crate::{
    Bug, ClusterView, Command, Conclusion, Faction, NoOpObserver, Outcome, PeerId, PeerState,
    Planted, ProcessResult,
};

/// A member of a cluster that is about to begin.
///
/// # How it makes progress
///
/// Who needs something asks for it, again and again, until it is there; everybody answers, however
/// far they have come. So a lost message costs one retry, a node that starts when all others have
/// long bootstrapped catches up like any other, and nobody has to know who still needs what: a node
/// that has concluded asks nothing more, and when all have, the network is silent.
///
/// * From its start it asks those it has not heard of, and opens the collection window.
/// * When the window ends it finishes its own part, makes that durable, tells everybody that it is
///   ready, and from then on asks those it has not counted.
/// * When the machine concludes, it makes that durable, stops all timers and, if it has
///   bootstrapped, tells everybody.
///
/// The machine rejects both the end of the window and the deadline as long as nobody has been
/// heard. The node then opens another window, or sets the deadline again, of the same length: a
/// node that hears nobody can neither begin nor give up. A node that is the only member will never
/// hear anybody, so it observes its own participation at its start; it bootstraps by itself when
/// its window ends, if a quorum is one, and can time out if it is more.
///
/// # What survives a crash
///
/// That it is ready, and how it concluded, together with the peers counted at that moment. Both
/// are durable before anybody hears of them. What was counted since is asked for again. A deadline
/// is as long after a restart as after the first start. A node that had promised nothing starts
/// from nothing.
///
/// A node that has timed out after it had promised to be ready keeps the promise: it answers, so
/// that others can still count it.
#[derive(Clone, Debug)]
pub struct FactionNode {
    config: NodeConfig,
    machine: Faction<NoOpObserver>,
    /// The members but for this node, each once.
    others: Vec<NodeId>,
    retry_after: Duration,
    has_announced_ready: bool,
    visited: Visited,
    planted: Planted,
}

impl FactionNode {
    /// A node that has no records yet.
    ///
    /// # Panics
    ///
    /// If the id of a member does not name a node, that is, exceeds 32 bits, or if a duration is
    /// zero.
    pub fn new(config: NodeConfig) -> FactionNode {
        FactionNode::with_planted(config, Planted::NOTHING)
    }

    /// A node that has no records yet, with a bug.
    ///
    /// # Panics
    ///
    /// If the id of a member does not name a node, that is, exceeds 32 bits, or if a duration is
    /// zero.
    pub fn with_planted(config: NodeConfig, planted: Planted) -> FactionNode {
        assert!(config.lets_time_pass(), "a timer that fires at once and is set again never ends");
        let mut others = Vec::with_capacity(config.cluster.peer_count());
        for &peer_id in config.cluster.peers() {
            let other = node_id(peer_id);
            if peer_id != config.cluster.peer_id() && !others.contains(&other) {
                others.push(other);
            }
        }
        let machine = Faction::with_planted(config.cluster.clone(), NoOpObserver, planted);
        FactionNode {
            retry_after: config.retry_interval,
            config,
            machine,
            others,
            has_announced_ready: false,
            visited: Visited::default(),
            planted,
        }
    }

    /// What the node was told about its cluster and its timers.
    pub fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// How things stand, as the machine sees it.
    pub fn view(&self) -> &ClusterView {
        self.machine.view()
    }

    /// Whether the node has said that it is ready, or has it on record that it may have. A crash
    /// in the same step can still keep the message from being sent.
    pub fn has_announced_ready(&self) -> bool {
        self.has_announced_ready
    }

    /// Which cells of the machine's table this node has been through since it started.
    pub fn visited(&self) -> Visited {
        self.visited
    }

    fn start(&mut self, env: &mut Env<'_, Self>) {
        let peer_id = self.config.cluster.peer_id();
        assert!(peer_id_of(env.node()) == peer_id, "peer {peer_id} runs as node {}", env.node());
        if self.others.is_empty() && self.peer_state() == PeerState::Fresh {
            self.apply(Command::ParticipationObserved { peer_id }, env);
        }
        if self.planted.is(Bug::SilenceTakenForParticipation) {
            self.presume_all_take_part(env);
        }
        match self.peer_state() {
            PeerState::Fresh | PeerState::Pinging => {
                if let Some(window) = self.config.collection_window {
                    env.set_timer(Timer::CollectionWindow, window);
                }
                self.set_deadline(env);
                self.ask_the_missing(env);
            }
            PeerState::Collecting => {
                if !self.planted.is(Bug::DeadlineNotSetOnRestart) {
                    self.set_deadline(env);
                }
                self.announce_to_all(env);
                if !self.planted.is(Bug::RetryNotSetOnRestart) {
                    self.set_retry(env);
                }
            }
            PeerState::Bootstrapped | PeerState::TimedOut => {}
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, env: &mut Env<'_, Self>) {
        let peer_id = peer_id_of(from);
        if self.planted.is(Bug::ParticipationTakenForReady) {
            self.apply(Command::ReadyObserved { peer_id }, env);
        } else {
            self.apply(message.command(peer_id), env);
        }
        let asked = message.asks() || self.planted.is(Bug::AnswersAnswered);
        if asked && self.config.cluster.is_member(peer_id) && !self.ignores_latecomers() {
            self.say(from, self.statement(false), env);
        }
    }

    fn on_timer(&mut self, timer: Timer, env: &mut Env<'_, Self>) {
        match timer {
            Timer::RetryParticipation | Timer::RetryReady => self.ask_the_missing(env),
            Timer::CollectionWindow => {
                self.apply(Command::LocalParticipationCompleted, env);
                if self.peer_state() == PeerState::Fresh
                    && !self.planted.is(Bug::CompletionNotRetried)
                    && let Some(window) = self.config.collection_window
                {
                    env.set_timer(Timer::CollectionWindow, window);
                }
            }
            Timer::Deadline => {
                self.apply(Command::DeadlineExpired, env);
                if self.peer_state() == PeerState::Fresh
                    && !self.planted.is(Bug::DeadlineNotRetried)
                {
                    self.set_deadline(env);
                }
            }
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request, env: &mut Env<'_, Self>) {
        let command = request.command();
        self.visited.insert(self.peer_state(), command);
        let result = self.machine.process(command);
        self.follow_up(result.outcomes(), env);
        env.respond(id, result);
    }

    fn apply(&mut self, command: Command, env: &mut Env<'_, Self>) {
        self.visited.insert(self.peer_state(), command);
        if let Some(outcomes) = self.machine.advance(command) {
            self.follow_up(&outcomes, env);
        }
    }

    /// Does what the outcomes ask for. A conclusion comes last; that the node is ready goes with it.
    fn follow_up(&mut self, outcomes: &[Outcome], env: &mut Env<'_, Self>) {
        match outcomes.last() {
            Some(Outcome::Concluded { mode }) => self.conclude(*mode, env),
            Some(Outcome::BroadcastLocalReady) => self.promise(env),
            _ => {}
        }
    }

    /// Tells everybody that this node is ready, once that is durable.
    fn promise(&mut self, env: &mut Env<'_, Self>) {
        let record = Record::Ready {
            pinging_peers: self.view().pinging_peers().to_vec(),
            collecting_peers: self.view().collecting_peers().to_vec(),
        };
        env.cancel_timer(Timer::RetryParticipation);
        env.cancel_timer(Timer::CollectionWindow);
        if self.planted.is(Bug::PromiseBeforePersist) {
            self.announce_to_all(env);
            env.persist(record);
        } else {
            env.write(record);
            if !self.planted.is(Bug::PromiseNotFlushed) {
                env.flush();
            }
            self.announce_to_all(env);
        }
        self.retry_after = self.config.retry_interval;
        if !self.planted.is(Bug::NoReadyRetry) {
            self.set_retry(env);
        }
    }

    /// Tells everybody that this node has bootstrapped, once that is durable. That it has timed out
    /// nobody needs to know.
    fn conclude(&mut self, conclusion: Conclusion, env: &mut Env<'_, Self>) {
        let view = self.machine.view();
        let record = Record::Concluded {
            conclusion,
            is_pinging_completed: view.is_pinging_completed(),
            pinging_peers: view.pinging_peers().to_vec(),
            collecting_peers: view.collecting_peers().to_vec(),
        };
        let early = self.planted.is(Bug::ConclusionBeforePersist);
        if early && conclusion == Conclusion::Bootstrapped {
            self.announce_to_all(env);
        }
        env.checkpoint(record);
        let timers = [
            Timer::RetryParticipation,
            Timer::RetryReady,
            Timer::CollectionWindow,
            Timer::Deadline,
        ];
        for timer in timers {
            env.cancel_timer(timer);
        }
        if !early && conclusion == Conclusion::Bootstrapped {
            self.announce_to_all(env);
        }
        if self.planted.is(Bug::RetryAfterConclusion) {
            self.set_retry(env);
        }
    }

    fn announce_to_all(&mut self, env: &mut Env<'_, Self>) {
        for position in 0..self.others.len() {
            let other = self.others[position];
            self.say(other, self.statement(self.lacks(other)), env);
        }
    }

    /// Asks those who have something this node lacks, and sets the retry. Once nobody is left to
    /// ask there is no retry: more cannot be learned.
    fn ask_the_missing(&mut self, env: &mut Env<'_, Self>) {
        let mut asked = false;
        for position in 0..self.others.len() {
            let other = self.others[position];
            if self.lacks(other) {
                asked = true;
                self.say(other, self.statement(true), env);
            }
        }
        if asked {
            self.set_retry(env);
        }
    }

    /// Whether this node lacks something that `other` has or will have: a sign of life at first,
    /// then its readiness, and nothing after the conclusion.
    fn lacks(&self, other: NodeId) -> bool {
        let peer_id = peer_id_of(other);
        let heard = self.view().pinging_peers().contains(&peer_id);
        let counted = self.view().collecting_peers().contains(&peer_id);
        match self.peer_state() {
            PeerState::Fresh | PeerState::Pinging => !heard && !counted,
            PeerState::Collecting => {
                let skipped = heard && self.planted.is(Bug::RetrySkipsHeardPeers);
                !counted && !skipped
            }
            PeerState::Bootstrapped | PeerState::TimedOut => {
                self.planted.is(Bug::RetryAfterConclusion)
            }
        }
    }

    /// How far this node has come, in one message.
    fn statement(&self, asks: bool) -> Message {
        let pretends = self.planted.is(Bug::ReadyAnsweredInPinging)
            && self.peer_state() == PeerState::Pinging
            && !asks;
        if self.peer_state() == PeerState::Bootstrapped {
            Message::Bootstrapped
        } else if self.view().is_pinging_completed() || pretends {
            Message::Ready { asks }
        } else {
            Message::Participation { asks }
        }
    }

    fn say(&mut self, to: NodeId, message: Message, env: &mut Env<'_, Self>) {
        self.has_announced_ready |= !matches!(message, Message::Participation { .. });
        env.send(to, message);
    }

    fn set_retry(&mut self, env: &mut Env<'_, Self>) {
        let timer = match self.peer_state() {
            PeerState::Fresh | PeerState::Pinging => Timer::RetryParticipation,
            _ => Timer::RetryReady,
        };
        env.set_timer(timer, self.retry_after);
        self.retry_after = self.retry_after.saturating_mul(2);
        if !self.planted.is(Bug::RetryIntervalUnbounded) {
            self.retry_after = self.retry_after.min(self.config.longest_retry());
        }
    }

    fn set_deadline(&self, env: &mut Env<'_, Self>) {
        if let Some(deadline) = self.config.deadline {
            env.set_timer(Timer::Deadline, deadline);
        }
    }

    fn peer_state(&self) -> PeerState {
        self.view().peer_state()
    }

    fn presume_all_take_part(&mut self, env: &mut Env<'_, Self>) {
        for position in 0..self.others.len() {
            let peer_id = peer_id_of(self.others[position]);
            self.apply(Command::ParticipationObserved { peer_id }, env);
        }
    }

    fn ignores_latecomers(&self) -> bool {
        self.planted.is(Bug::BootstrappedIgnoresLatecomers)
            && self.peer_state() == PeerState::Bootstrapped
    }
}

impl Machine for FactionNode {
    type Message = Message;
    type Request = Request;
    type Response = ProcessResult;
    type Timer = Timer;
    type Record = Record;

    fn restore(&mut self, record: Record) {
        match record {
            Record::Ready { .. } if self.planted.is(Bug::ReadyForgottenOnRestart) => {}
            Record::Ready { pinging_peers, collecting_peers } => {
                self.has_announced_ready = true;
                let state = PeerState::Collecting;
                self.machine.reinstate(state, true, pinging_peers, collecting_peers);
            }
            Record::Concluded {
                conclusion,
                is_pinging_completed,
                pinging_peers,
                collecting_peers,
            } => {
                self.has_announced_ready = is_pinging_completed;
                let state = match conclusion {
                    Conclusion::TimedOut => PeerState::TimedOut,
                    Conclusion::Bootstrapped
                        if self.planted.is(Bug::ConclusionForgottenOnRestart) =>
                    {
                        PeerState::Collecting
                    }
                    Conclusion::Bootstrapped => PeerState::Bootstrapped,
                };
                let completed = is_pinging_completed;
                self.machine.reinstate(state, completed, pinging_peers, collecting_peers);
            }
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start => self.start(env),
            Input::Message { from, message } => self.on_message(from, message, env),
            Input::Timer(timer) => self.on_timer(timer, env),
            Input::Request { id, request } => self.on_request(id, request, env),
        }
    }

    fn state(&self) -> &'static str {
        self.peer_state().name()
    }
}

fn peer_id_of(node: NodeId) -> PeerId {
    PeerId::from(node.0)
}

fn node_id(peer_id: PeerId) -> NodeId {
    match u32::try_from(peer_id) {
        Ok(id) => NodeId(id),
        Err(_) => panic!("a node has an id of 32 bits, and {peer_id} has more"),
    }
}
