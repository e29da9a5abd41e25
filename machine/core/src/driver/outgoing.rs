//! Sends messages to the peers: one thread and one bounded queue for each.
//!
//! Nothing here makes the machine wait. A message that finds a full queue, or a peer that cannot
//! be reached, is lost.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

use super::clock::Clock;
use super::traffic::Counters;
use super::wire::{self, Hello};
use super::{DriverError, spawn};
use crate::{NodeId, Time};

/// How many messages may wait for one peer.
const QUEUE: usize = 1_024;
/// How long to wait for a peer to answer a connection.
const CONNECT_TIME: Duration = Duration::from_secs(1);
/// How long a peer may take to accept one message.
const WRITE_TIME: Duration = Duration::from_secs(5);
/// How long messages that are queued when the node stops still have to get out.
const STOP_TIME: Duration = Duration::from_secs(1);
/// The first pause after a failed connection; it doubles with each failure after it.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause between two attempts to connect.
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// The queues to all peers. Dropping it sends what is queued, within limits, and ends the threads.
pub struct Outgoing {
    queues: BTreeMap<NodeId, SyncSender<Vec<u8>>>,
    threads: Vec<JoinHandle<()>>,
    counters: Arc<Counters>,
    clock: Clock,
    end: Arc<OnceLock<Time>>,
}

impl Outgoing {
    /// Starts one thread for each peer.
    pub fn start(
        node: NodeId,
        peers: &BTreeMap<NodeId, SocketAddr>,
        counters: &Arc<Counters>,
    ) -> Result<Outgoing, DriverError> {
        let mut outgoing = Outgoing {
            queues: BTreeMap::new(),
            threads: Vec::new(),
            counters: counters.clone(),
            clock: Clock::start(),
            end: Arc::default(),
        };
        for (peer, address) in peers {
            let link = Link {
                hello: Hello { from: node, to: *peer },
                address: *address,
                stream: None,
                retry: Time::ZERO,
                pause: FIRST_PAUSE,
                clock: outgoing.clock,
                end: outgoing.end.clone(),
                counters: counters.clone(),
            };
            let (sender, queue) = mpsc::sync_channel(QUEUE);
            outgoing.threads.push(spawn("outgoing", move || link.run(&queue))?);
            outgoing.queues.insert(*peer, sender);
        }
        Ok(outgoing)
    }

    /// Queues a framed message; it is lost if that is impossible.
    pub fn send(&self, to: NodeId, frame: Vec<u8>) {
        let queued = self.queues.get(&to).is_some_and(|queue| queue.try_send(frame).is_ok());
        if !queued {
            Counters::count(&self.counters.lost);
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.end.get_or_init(|| self.clock.now() + STOP_TIME);
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // A panic in that thread has been reported on the standard error stream.
            let _ = thread.join();
        }
    }
}

/// One peer, seen from its thread.
struct Link {
    hello: Hello,
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// No attempt to connect before this moment.
    retry: Time,
    pause: Duration,
    clock: Clock,
    end: Arc<OnceLock<Time>>,
    counters: Arc<Counters>,
}

impl Link {
    fn run(mut self, queue: &Receiver<Vec<u8>>) {
        while let Ok(frame) = queue.recv() {
            let counter = match self.transmit(&frame) {
                Ok(()) => &self.counters.sent,
                Err(_) => &self.counters.lost,
            };
            Counters::count(counter);
        }
    }

    fn transmit(&mut self, frame: &[u8]) -> io::Result<()> {
        let stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => self.connect()?,
        };
        // A message that was cut off ends its connection: nothing may follow half a frame.
        wire::write_within(&stream, frame, &self.clock, self.deadline())?;
        self.stream = Some(stream);
        Ok(())
    }

    /// A new connection, unless the last failure is too recent.
    fn connect(&mut self) -> io::Result<TcpStream> {
        if self.clock.now() < self.retry {
            return Err(ErrorKind::NotConnected.into());
        }
        let attempt = TcpStream::connect_timeout(&self.address, CONNECT_TIME).and_then(|stream| {
            stream.set_nodelay(true)?;
            self.hello.write(&stream, &self.clock, self.deadline())?;
            Ok(stream)
        });
        if attempt.is_ok() {
            self.pause = FIRST_PAUSE;
        } else {
            self.retry = self.clock.now() + self.pause;
            self.pause = (self.pause * 2).min(LAST_PAUSE);
        }
        attempt
    }

    fn deadline(&self) -> Time {
        let deadline = self.clock.now() + WRITE_TIME;
        self.end.get().map_or(deadline, |end| deadline.min(*end))
    }
}

/// Whether the peer still listens. A first write into a connection that the peer has closed
/// would succeed and be lost; the peer never writes, so anything to read means the end.
fn is_open(stream: &TcpStream) -> bool {
    let peek = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    let quiet = peek.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    quiet && stream.set_nonblocking(false).is_ok()
}
