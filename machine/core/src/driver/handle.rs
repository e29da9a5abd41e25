//! How the embedding program talks to a running machine.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};

use super::Stopped;
use super::traffic::{Counters, Traffic};
use crate::{Machine, NodeId, RequestId};

/// Asks and observes a running machine, from any thread.
pub struct Handle<M: Machine> {
    events: SyncSender<Event<M>>,
    next_request: Arc<AtomicU64>,
    counters: Arc<Counters>,
}

/// What waits for the machine's thread.
pub enum Event<M: Machine> {
    Message { from: NodeId, message: M::Message },
    Request { id: RequestId, request: M::Request, reply: Sender<M::Response> },
    Inspect(Box<dyn FnOnce(&M) + Send>),
    Watch(Watcher<M>),
    Stop,
}

/// Somebody who waits for the machine to be in some state.
pub struct Watcher<M> {
    condition: Box<dyn FnMut(&M) -> bool + Send>,
    done: Sender<()>,
    waiting: Weak<()>,
}

impl<M> Watcher<M> {
    /// Looks at the machine. False once there is nothing left to wait for.
    pub fn still_waits(&mut self, machine: &M) -> bool {
        if self.waiting.strong_count() == 0 {
            return false;
        }
        let done = (self.condition)(machine);
        if done {
            // Whoever has stopped waiting since does not mind.
            let _ = self.done.send(());
        }
        !done
    }
}

impl<M: Machine> Handle<M> {
    pub(super) fn new(
        events: SyncSender<Event<M>>,
        first_request: u64,
        counters: Arc<Counters>,
    ) -> Handle<M> {
        Handle { events, next_request: Arc::new(AtomicU64::new(first_request)), counters }
    }

    /// Asks the machine. The response arrives at the receiver, which is disconnected when the
    /// machine stops without a response, or when 65,536 later requests are open.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the machine does not run any more.
    pub fn request(&self, request: M::Request) -> Result<Receiver<M::Response>, Stopped> {
        let (reply, response) = mpsc::channel();
        let id = RequestId(self.next_request.fetch_add(1, Ordering::Relaxed));
        self.put(Event::Request { id, request, reply })?;
        Ok(response)
    }

    /// Looks at the machine between two steps.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the machine does not run any more.
    pub fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(&M) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (sender, seen) = mpsc::channel();
        self.put(Event::Inspect(Box::new(move |machine| {
            // The receiver waits below.
            let _ = sender.send(look(machine));
        })))?;
        seen.recv().map_err(|_| Stopped)
    }

    /// Waits until the machine is seen in a state that meets the condition, now or after one of
    /// its next steps with all its effects. False if that takes longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the machine does not run any more.
    pub fn wait_until(
        &self,
        timeout: Duration,
        condition: impl FnMut(&M) -> bool + Send + 'static,
    ) -> Result<bool, Stopped> {
        let (done, met) = mpsc::channel();
        let here = Arc::new(());
        let waiting = Arc::downgrade(&here);
        self.put(Event::Watch(Watcher { condition: Box::new(condition), done, waiting }))?;
        match met.recv_timeout(timeout) {
            Ok(()) => Ok(true),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(Stopped),
        }
    }

    /// What has crossed the network since the start.
    pub fn traffic(&self) -> Traffic {
        self.counters.read()
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Waits for room in the queue.
    pub(super) fn deliver(&self, from: NodeId, message: M::Message) -> Result<(), Stopped> {
        self.put(Event::Message { from, message })
    }

    /// False if there is no room in the queue.
    pub(super) fn try_deliver(&self, from: NodeId, message: M::Message) -> bool {
        self.events.try_send(Event::Message { from, message }).is_ok()
    }

    pub(super) fn stop(&self) {
        // A machine that does not run any more need not be stopped.
        let _ = self.put(Event::Stop);
    }

    fn put(&self, event: Event<M>) -> Result<(), Stopped> {
        self.events.send(event).map_err(|_| Stopped)
    }
}

impl<M: Machine> Clone for Handle<M> {
    fn clone(&self) -> Self {
        Handle {
            events: self.events.clone(),
            next_request: self.next_request.clone(),
            counters: self.counters.clone(),
        }
    }
}
