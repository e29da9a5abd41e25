//! Listens for peers and hands their messages to the machine.
//!
//! Bounded against whatever connects: one connection for each known peer, and a few that have not
//! said who they are, for a few seconds.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::io::{BufReader, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde::de::DeserializeOwned;

use super::clock::Clock;
use super::traffic::Counters;
use super::wire::{self, Hello};
use super::{DriverError, Handle, codec, spawn};
use crate::{Machine, NodeId};

/// How long a connection may take to say who it is.
const HELLO_TIME: Duration = Duration::from_secs(5);
/// How many connections at a time may not have said who they are.
const MAX_STRANGERS: usize = 32;
/// How long to wait when the operating system cannot accept, for lack of resources most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How long the listening thread may take to notice that it is to stop.
const WAKE_TIME: Duration = Duration::from_secs(1);

/// The listening thread and, through it, one thread for each open connection.
pub struct Incoming {
    address: SocketAddr,
    open: Arc<Mutex<Open>>,
    thread: Option<JoinHandle<()>>,
}

/// The connections that are open, to be able to close them.
#[derive(Default)]
struct Open {
    stopping: bool,
    serial: u64,
    strangers: BTreeMap<u64, TcpStream>,
    peers: BTreeMap<NodeId, (u64, TcpStream)>,
}

impl Incoming {
    /// Starts to listen. `known` are the nodes that may connect.
    pub fn start<M>(
        node: NodeId,
        known: BTreeSet<NodeId>,
        listener: TcpListener,
        handle: &Handle<M>,
    ) -> Result<Incoming, DriverError>
    where
        M: Machine + 'static,
        M::Message: DeserializeOwned + Send,
        M::Request: Send,
        M::Response: Send,
    {
        let address = listener.local_addr().map_err(DriverError::Network)?;
        let open = Arc::new(Mutex::new(Open::default()));
        let reader = Reader {
            node,
            known: Arc::new(known),
            clock: Clock::start(),
            open: open.clone(),
            handle: handle.clone(),
        };
        let thread = spawn("listener", move || reader.listen(&listener))?;
        Ok(Incoming { address, open, thread: Some(thread) })
    }

    /// Closes all connections and waits for their threads.
    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        {
            let mut open = lock(&self.open);
            open.stopping = true;
            let strangers = mem::take(&mut open.strangers).into_values();
            let peers = mem::take(&mut open.peers).into_values().map(|(_, stream)| stream);
            strangers.chain(peers).for_each(|stream| close(&stream));
        }
        // Only a connection wakes a thread that waits for one. If this one fails, so many others
        // are waiting that the thread is awake.
        let _ = TcpStream::connect_timeout(&reachable(self.address), WAKE_TIME);
        thread.thread().unpark();
        // A panic in that thread has been reported on the standard error stream.
        let _ = thread.join();
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What every connection's thread needs.
struct Reader<M: Machine> {
    node: NodeId,
    known: Arc<BTreeSet<NodeId>>,
    clock: Clock,
    open: Arc<Mutex<Open>>,
    handle: Handle<M>,
}

impl<M: Machine> Clone for Reader<M> {
    fn clone(&self) -> Self {
        Reader {
            node: self.node,
            known: self.known.clone(),
            clock: self.clock,
            open: self.open.clone(),
            handle: self.handle.clone(),
        }
    }
}

impl<M> Reader<M>
where
    M: Machine + 'static,
    M::Message: DeserializeOwned + Send,
    M::Request: Send,
    M::Response: Send,
{
    fn listen(&self, listener: &TcpListener) {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        while !lock(&self.open).stopping {
            match listener.accept() {
                Ok((stream, _)) => threads.extend(self.admit(stream)),
                Err(_) => thread::park_timeout(ACCEPT_PAUSE),
            }
            threads.retain(|thread| !thread.is_finished());
        }
        for thread in threads {
            let _ = thread.join();
        }
    }

    /// A thread for a new connection, unless there are too many or the node is stopping. Where
    /// resources are short the connection is closed; the peer will try again.
    fn admit(&self, stream: TcpStream) -> Option<JoinHandle<()>> {
        let serial = {
            let mut open = lock(&self.open);
            if open.stopping || open.strangers.len() >= MAX_STRANGERS {
                return None;
            }
            let serial = open.serial;
            open.serial += 1;
            open.strangers.insert(serial, stream.try_clone().ok()?);
            serial
        };
        let reader = self.clone();
        let thread = spawn("incoming", move || {
            let from = reader.greet(&stream, serial);
            lock(&reader.open).strangers.remove(&serial);
            if let Some(from) = from {
                reader.read(from, &stream);
                lock(&reader.open).forget(from, serial);
            }
            close(&stream);
        });
        if thread.is_err() {
            lock(&self.open).strangers.remove(&serial);
        }
        thread.ok()
    }

    /// Who is at the other end, if it is a peer. A peer's new connection takes the place of its
    /// old one, which may be a leftover of a process that is gone.
    fn greet(&self, stream: &TcpStream, serial: u64) -> Option<NodeId> {
        let deadline = self.clock.now() + HELLO_TIME;
        let hello = Hello::read(stream, &self.clock, deadline);
        let Some(Hello { from, .. }) =
            hello.ok().filter(|hello| hello.to == self.node && self.known.contains(&hello.from))
        else {
            let mut open = lock(&self.open);
            if !open.stopping {
                Counters::count(&self.handle.counters().refused);
            }
            open.strangers.remove(&serial);
            return None;
        };
        let mut open = lock(&self.open);
        // Without an entry the connection has been closed by `stop`.
        let stream = open.strangers.remove(&serial)?;
        if let Some((_, old)) = open.peers.insert(from, (serial, stream)) {
            close(&old);
        }
        Some(from)
    }

    /// Hands on messages until the connection ends, makes no sense, or the machine has stopped.
    fn read(&self, from: NodeId, stream: &TcpStream) {
        let counters = self.handle.counters();
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        loop {
            if let Err(error) = wire::read_frame(&mut reader, &mut bytes) {
                if error.kind() == ErrorKind::InvalidData {
                    Counters::count(&counters.refused);
                }
                return;
            }
            let Ok(message) = codec::decode(&bytes) else {
                Counters::count(&counters.refused);
                return;
            };
            Counters::count(&counters.received);
            if self.handle.deliver(from, message).is_err() {
                return;
            }
        }
    }
}

impl Open {
    /// Removes a peer's connection, unless a newer one has taken its place.
    fn forget(&mut self, from: NodeId, serial: u64) {
        if self.peers.get(&from).is_some_and(|(current, _)| *current == serial) {
            self.peers.remove(&from);
        }
    }
}

/// Nothing that holds this lock can leave the connections in disorder by a panic.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a connection for all that hold it. It may have ended by itself.
fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

/// An address of this host that leads to a listener at `address`.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}
