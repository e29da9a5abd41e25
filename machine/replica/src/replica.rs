//! One node of a replicated channel.

use alloc::vec::Vec;
use core::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId, Time};

use crate::backoff::Backoff;
use crate::bandwidth::TokenBucket;
use crate::bug::{Bug, Planted};
use crate::config::{Config, Storage};
use crate::coordinator::{Coordinator, CoordinatorError, Outcome};
use crate::hardening::Hardening;
use crate::inbox::{Inbox, Item, Work};
use crate::log::Log;
use crate::message::{Message, Stamp};
use crate::metrics::Metrics;
use crate::outstanding::Outstanding;
use crate::request::{Record, Request, Response, Timer};
use crate::role::{Role, Signal};
use crate::tag::TagSink;
use crate::trace::Trace;
use crate::tracker::{Order, Tracker};

/// One node of a replicated channel: its role, its log, and what it believes of its peers.
#[derive(Clone, Debug)]
pub struct Replica {
    pub(crate) config: Config,
    pub(crate) hardening: Hardening,
    /// The replica set without this node, each once, in the order of the set.
    pub(crate) peers: Vec<NodeId>,
    pub(crate) log: Log,
    /// What the disk is known to have of the log.
    pub(crate) durable_tail: u64,
    pub(crate) coordinator: Coordinator,
    pub(crate) tracker: Tracker,
    /// Since when the node is a replica without a belief, while it is one.
    pub(crate) waiting_since: Time,
    pub(crate) outstanding: Outstanding,
    pub(crate) backoff: Backoff,
    pub(crate) bucket: TokenBucket,
    pub(crate) inbox: Inbox,
    pub(crate) work_is_set: bool,
    pub(crate) first_tick_at: Time,
    /// The highest epoch known of.
    pub(crate) epoch: u64,
    /// The stamp of what this node appends; its own leadership's while it leads.
    pub(crate) stamp: Stamp,
    /// The tail with which the current leadership began.
    pub(crate) elected_at: u64,
    pub(crate) bootstrapped: bool,
    pub(crate) closed: bool,
    pub(crate) metrics: Metrics,
    pub(crate) trace: Trace,
}

impl Replica {
    /// A node whose process is about to start.
    ///
    /// # Panics
    ///
    /// If the configuration is not valid.
    pub fn new(config: Config) -> Replica {
        if let Err(error) = config.validate() {
            panic!("the configuration of node {} is not valid: {error:?}", config.node);
        }
        let hardening = config.effective_hardening();
        let single_lane = config.planted.has(Bug::SingleLaneInbox);
        Replica {
            hardening,
            peers: peers_of(&config),
            log: Log::new(config.segment_bytes),
            durable_tail: 0,
            coordinator: Coordinator::new(config.planted),
            tracker: Tracker::new(config.heartbeat_interval),
            waiting_since: Time::ZERO,
            outstanding: Outstanding::default(),
            backoff: Backoff::default(),
            bucket: TokenBucket::new(
                config.budget_bytes_per_second(),
                config.background_per_million,
            ),
            inbox: Inbox::new(config.high_lane_capacity, config.low_lane_capacity, single_lane),
            work_is_set: false,
            first_tick_at: Time::ZERO,
            epoch: 0,
            stamp: Stamp::default(),
            elected_at: 0,
            bootstrapped: false,
            closed: false,
            metrics: Metrics::default(),
            trace: Trace::default(),
            config,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.coordinator.role()
    }

    /// The next sequence number, which heartbeats carry.
    pub fn tail(&self) -> u64 {
        self.log.next_seq()
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Up to where the disk has the log once every flush asked for is over. What a leader appends
    /// is not counted before something else asks for a flush. The tail, for a log on the heap.
    pub fn durable_tail(&self) -> u64 {
        match self.config.storage {
            Storage::Heap => self.tail(),
            Storage::Persistent => self.durable_tail,
        }
    }

    /// The peer believed to lead.
    pub fn belief(&self) -> Option<NodeId> {
        self.tracker.believed()
    }

    /// What has been heard of the peers.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The tag sink.
    pub fn tag(&self) -> &TagSink {
        self.coordinator.tag()
    }

    /// The tail that the next announcement of the tag names.
    pub fn advertised_tail(&self) -> u64 {
        self.coordinator.tail()
    }

    /// The budget for catch-up.
    pub fn budget(&self) -> &TokenBucket {
        &self.bucket
    }

    /// The unanswered requests.
    pub fn outstanding(&self) -> &Outstanding {
        &self.outstanding
    }

    /// The pauses between requests.
    pub fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// What waits to be handled.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The highest epoch this node knows of. Zero without epochs.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The stamp that the node puts on what it appends.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The tail with which the latest leadership of this process began. Zero without epochs.
    pub fn elected_at(&self) -> u64 {
        self.elected_at
    }

    /// Has the channel been closed on this node?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What happened inside the most recent step.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) fn planted(&self) -> Planted {
        self.config.planted
    }

    pub(crate) fn is_persistent(&self) -> bool {
        self.config.storage == Storage::Persistent
    }

    /// How leaders are compared when this node has to make way, or not.
    pub(crate) fn order(&self) -> Order {
        if self.hardening.epoch_order { Order::Epoch } else { Order::Tail }
    }

    /// The clock by which silence is measured.
    pub(crate) fn clock(&self, env: &Env<'_, Self>) -> Time {
        if self.planted().has(Bug::SilenceByWallClock) { env.wall() } else { env.now() }
    }

    /// Changes the role, and sees to what hangs on it.
    pub(crate) fn transition(
        &mut self,
        target: Role,
        signal: Signal,
        env: &mut Env<'_, Self>,
    ) -> Result<Outcome, CoordinatorError> {
        let before = self.role();
        let result =
            self.coordinator.transition(target, signal, &mut self.metrics, &mut self.trace);
        if self.role() != before {
            match self.role() {
                Role::Leader => self.begin_leadership(env),
                Role::Replica => self.waiting_since = self.clock(env),
                Role::Idle => self.await_selection(self.config.select_after, env),
                Role::Candidate => {}
            }
        }
        result
    }

    /// Gives the new leadership a stamp that no other has. The epoch is durable before anything
    /// is written or said in it, whatever the log lives on.
    fn begin_leadership(&mut self, env: &mut Env<'_, Self>) {
        if self.hardening.epoch_order {
            self.epoch += 1;
            self.elected_at = self.tail();
            env.persist(Record::Epoch(self.epoch));
            self.durable_tail = self.tail();
        }
        if self.hardening.epoch_order || self.hardening.prefix_check {
            self.stamp = Stamp { epoch: self.epoch, leader: self.config.node };
        }
        if self.hardening.announce_on_winning {
            self.send_heartbeats(env);
        }
    }

    pub(crate) fn await_selection(&mut self, after: Option<Duration>, env: &mut Env<'_, Self>) {
        if let Some(after) = after.filter(|_| !self.closed) {
            env.set_timer(Timer::Select, after);
        }
    }

    fn select(&mut self, env: &mut Env<'_, Self>) {
        if self.role() == Role::Idle {
            // A failure of the tag sink is in the trace; nobody waits for the result.
            let _ = self.transition(Role::Replica, Signal::CapabilitySelected, env);
        }
    }

    fn receive(&mut self, item: Item, env: &mut Env<'_, Self>) {
        // What finds its lane full is lost, as on the way; the inbox counts it.
        let _ = self.inbox.push(item);
        self.arrange_work(env);
    }

    pub(crate) fn arrange_work(&mut self, env: &mut Env<'_, Self>) {
        if !self.work_is_set && !self.inbox.is_empty() {
            self.work_is_set = true;
            env.set_timer(Timer::Work, Duration::ZERO);
        }
    }

    /// Handles one thing. What is left waits for the next round, so that whatever arrives in
    /// between is put in its lane first.
    fn work(&mut self, env: &mut Env<'_, Self>) {
        match self.inbox.pop() {
            Some(Work::Tick) => self.tick(env),
            Some(Work::Item(Item::Message { from, message })) => self.handle(from, message, env),
            Some(Work::Item(Item::Shutdown(id))) => {
                self.close(env);
                env.respond(id, Response::Done);
            }
            None => {}
        }
        self.arrange_work(env);
    }

    /// Missed ticks are skipped: the next one keeps to the beat.
    fn tick_fired(&mut self, env: &mut Env<'_, Self>) {
        let interval = self.config.heartbeat_interval;
        let late = env.now().since(self.first_tick_at).as_nanos() % interval.as_nanos();
        env.set_timer(Timer::Tick, interval - Duration::from_nanos(late as u64));
        self.inbox.tick_is_due();
        self.work(env);
    }

    fn fire(&mut self, timer: Timer, env: &mut Env<'_, Self>) {
        match timer {
            Timer::Tick => self.tick_fired(env),
            Timer::Work => {
                self.work_is_set = false;
                self.work(env);
            }
            Timer::Select => self.select(env),
        }
    }

    fn check_invariants(&self) {
        let contiguous = self.log.is_contiguous() || !self.hardening.recovery_stops_at_hole;
        assert!(contiguous, "the log of node {} has a hole", self.config.node);
        assert!(
            self.tracker.believed().is_none_or(|leader| self.tracker.peer(leader).is_some()),
            "node {} believes in a leader it has never heard of",
            self.config.node
        );
    }
}

impl Machine for Replica {
    type Message = Message;
    type Request = Request;
    type Response = Response;
    type Timer = Timer;
    type Record = Record;

    fn restore(&mut self, record: Record) {
        self.take_back(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        self.trace.clear();
        match input {
            Input::Start => self.start(env),
            Input::Request { id, .. } if self.closed => env.respond(id, Response::Closed),
            _ if self.closed => {}
            Input::Message { from, message } => {
                self.receive(Item::Message { from, message }, env);
            }
            Input::Timer(timer) => self.fire(timer, env),
            Input::Request { id, request: Request::Shutdown } => self.shut_down(id, env),
            Input::Request { id, request } => {
                let response = self.serve(request, env);
                env.respond(id, response);
            }
        }
        self.check_invariants();
    }

    fn state(&self) -> &'static str {
        if self.closed { "Closed" } else { self.role().name() }
    }
}

fn peers_of(config: &Config) -> Vec<NodeId> {
    let this_too = config.planted.has(Bug::TalksToItself);
    let others = config.replica_set.iter().filter(|node| **node != config.node || this_too);
    others.copied().collect()
}
