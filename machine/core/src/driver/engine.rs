//! Steps the machine and carries out its effects, in order and one step at a time.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::clock::{self, Clock};
use super::handle::{Event, Watcher};
use super::outgoing::Outgoing;
use super::store::Store;
use super::timers::Timers;
use super::traffic::Counters;
use super::wire::{self, FrameError};
use super::{DriverError, Handle};
use crate::{AfterFlush, Dice, Effect, Env, Input, Machine, NodeId, RequestId};

/// How many requests may be open. When there are more, the oldest gets no response.
const MAX_OPEN_REQUESTS: usize = 65_536;

/// How often a flush is tried, and how long it waits after it has failed.
const MOST_FLUSHES: u32 = 128;
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The machine and everything its effects reach.
pub struct Engine<M: Machine> {
    node: NodeId,
    machine: M,
    clock: Clock,
    dice: Dice,
    store: Store,
    outgoing: Outgoing,
    handle: Handle<M>,
    timers: Timers<M::Timer>,
    effects: Vec<Effect<M>>,
    requests: BTreeMap<RequestId, Sender<M::Response>>,
    watchers: Vec<Watcher<M>>,
}

impl<M> Engine<M>
where
    M: Machine,
    M::Message: Serialize,
    M::Record: Serialize + DeserializeOwned,
{
    /// `machine` has taken back its records but has not been started.
    pub fn new(
        node: NodeId,
        machine: M,
        dice: Dice,
        store: Store,
        outgoing: Outgoing,
        handle: Handle<M>,
    ) -> Engine<M> {
        Engine {
            node,
            machine,
            clock: Clock::start(),
            dice,
            store,
            outgoing,
            handle,
            timers: Timers::new(),
            effects: Vec::new(),
            requests: BTreeMap::new(),
            watchers: Vec::new(),
        }
    }

    /// Runs the machine until it is stopped or its disk fails.
    ///
    /// Each round fires at most one timer and takes at most one event, so that neither can keep
    /// the other from happening.
    pub fn run(mut self, events: &Receiver<Event<M>>) -> Result<M, DriverError> {
        self.step(Input::Start)?;
        loop {
            if let Some(timer) = self.timers.take_due(self.clock.now()) {
                self.step(Input::Timer(timer))?;
            }
            match self.next_event(events) {
                Some(Event::Message { from, message }) => {
                    self.step(Input::Message { from, message })?;
                }
                Some(Event::Request { id, request, reply }) => {
                    self.open_request(id, reply);
                    self.step(Input::Request { id, request })?;
                }
                Some(Event::Inspect(look)) => look(&self.machine),
                Some(Event::Watch(watcher)) => {
                    self.watchers.push(watcher);
                    self.tell_watchers();
                }
                Some(Event::Stop) => break,
                None => {}
            }
        }
        self.flush()?;
        Ok(self.machine)
    }

    /// The next event, or nothing when a timer is due before it.
    fn next_event(&self, events: &Receiver<Event<M>>) -> Option<Event<M>> {
        let Some(wait) = self.timers.wait(self.clock.now()) else {
            return Some(events.recv().unwrap_or(Event::Stop));
        };
        match events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Stop),
        }
    }

    fn open_request(&mut self, id: RequestId, reply: Sender<M::Response>) {
        self.requests.insert(id, reply);
        if self.requests.len() > MAX_OPEN_REQUESTS {
            self.requests.pop_first();
        }
    }

    fn step(&mut self, input: Input<M>) -> Result<(), DriverError> {
        let mut effects = mem::take(&mut self.effects);
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let mut env = Env::new(self.node, now, wall, &mut self.dice, &mut effects);
        self.machine.step(input, &mut env);
        for effect in effects.drain(..) {
            self.perform(effect)?;
        }
        self.effects = effects;
        self.tell_watchers();
        Ok(())
    }

    fn tell_watchers(&mut self) {
        self.watchers.retain_mut(|watcher| watcher.still_waits(&self.machine));
    }

    /// An error ends the machine before the effects that follow: what a disk has refused to make
    /// durable must not be promised.
    fn perform(&mut self, effect: Effect<M>) -> Result<(), DriverError> {
        match effect {
            Effect::Send { to, message } => self.send(to, message)?,
            Effect::SetTimer { timer, after } => self.timers.set(timer, self.clock.now() + after),
            Effect::CancelTimer { timer } => self.timers.cancel(timer),
            Effect::Write(record) => self.store.write(&record)?,
            Effect::Checkpoint(record) => self.store.checkpoint(&record)?,
            Effect::Flush => self.flush()?,
            Effect::Respond { id, response } => {
                if let Some(reply) = self.requests.remove(&id) {
                    // Whoever does not wait any more has given up the response.
                    let _ = reply.send(response);
                }
            }
        }
        Ok(())
    }

    /// Flushes, again and again if the machine wants that; about two minutes at most, in which it
    /// takes no input.
    fn flush(&mut self) -> Result<(), DriverError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..MOST_FLUSHES {
            let Err(error) = self.store.flush() else { return Ok(()) };
            match self.machine.flush_failed(error.of_a_flush()) {
                AfterFlush::Stop => return Err(error),
                AfterFlush::Retry => clock::wait(wait),
            }
            wait = LONGEST_WAIT.min(wait * 2);
        }
        self.store.flush()
    }

    fn send(&mut self, to: NodeId, message: M::Message) -> Result<(), DriverError> {
        let counters = self.handle.counters();
        if to == self.node {
            if !self.handle.try_deliver(to, message) {
                Counters::count(&counters.lost);
            }
            return Ok(());
        }
        match wire::frame(&message) {
            Ok(frame) => self.outgoing.send(to, frame),
            Err(FrameError::TooLong) => Counters::count(&counters.too_long),
            Err(FrameError::Encode(reason)) => {
                return Err(DriverError::Encode { what: "message", reason });
            }
        }
        Ok(())
    }
}
