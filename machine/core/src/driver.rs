//! Runs a machine in the real world: messages over TCP, records in one append-only file.
//!
//! The law of effects is the one of the crate: the effects of a step happen in order, a flush
//! returns only when the disk has everything before it, and the next input waits until the step is
//! through. Whatever the law permits to be lost may be lost here as well: a message to a peer that
//! is down, slow or unknown is gone, and the machine has to send it again.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::time::Duration;
//! use stormglass_machine::driver::Driver;
//! use stormglass_machine::{Env, Input, Machine, NodeId};
//!
//! /// Counts what it is asked, durably.
//! #[derive(Default)]
//! struct Counter(u64);
//!
//! impl Machine for Counter {
//!     type Message = u64;
//!     type Request = u64;
//!     type Response = u64;
//!     type Timer = u8;
//!     type Record = u64;
//!     fn restore(&mut self, record: u64) {
//!         self.0 += record;
//!     }
//!     fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
//!         if let Input::Request { id, request } = input {
//!             self.0 += request;
//!             env.persist(request);
//!             env.respond(id, self.0);
//!         }
//!     }
//!     fn state(&self) -> &'static str {
//!         "Counting"
//!     }
//! }
//!
//! let folder = tempfile::tempdir()?;
//! let data = folder.path().join("node-0.data");
//! let running = Driver::bind(NodeId(0), "127.0.0.1:0".parse()?, data)?.start(Counter::default())?;
//! let response = running.handle().request(4)?.recv_timeout(Duration::from_secs(30))?;
//! assert_eq!(response, 4);
//! let counter = running.stop()?;
//! assert_eq!(counter.0, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//!
//! * It neither encrypts nor authenticates: whoever reaches the port can claim to be any peer. It
//!   belongs on a network that is trusted, or in a tunnel.
//! * It bounds what a hostile sender can make it allocate, but decoding follows the message type:
//!   a type that contains itself, or a list of items without any size such as `Vec<()>`, lets a
//!   few bytes ask for a deep stack or a long loop. Message types should have neither.
//! * It keeps what is not flushed in memory, to write it again if a flush fails, up to 16 MiB;
//!   then it flushes by itself, and if that fails the node ends.
//! * It reads the whole data file when it starts; a machine bounds that by its checkpoints.

mod clock;
mod codec;
mod engine;
mod error;
mod handle;
mod incoming;
mod outgoing;
mod store;
mod timers;
mod traffic;
mod wire;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::engine::Engine;
use self::incoming::Incoming;
use self::outgoing::Outgoing;
use self::store::Store;
use crate::{Dice, Machine, NodeId};

pub use self::codec::MAX_ENCODED_BYTES;
pub use self::error::{DriverError, Stopped};
pub use self::handle::Handle;
pub use self::store::Recovery;
pub use self::traffic::Traffic;

/// How many inputs may wait for the machine. A full queue makes senders wait, and TCP passes that
/// on to the peers.
const INPUT_QUEUE: usize = 1_024;

/// Where one node lives: its address, its peers and its file. [`start`](Driver::start) sets a
/// machine to work there.
#[derive(Debug)]
pub struct Driver {
    node: NodeId,
    listener: TcpListener,
    peers: BTreeMap<NodeId, SocketAddr>,
    data: PathBuf,
}

impl Driver {
    /// A node that listens at `address` and keeps its records in the file `data`, which is
    /// created if there is none. Port 0 takes any free port; see [`address`](Driver::address).
    ///
    /// # Errors
    ///
    /// [`DriverError::Listen`] if the address cannot be listened at.
    pub fn bind(
        node: NodeId,
        address: SocketAddr,
        data: impl Into<PathBuf>,
    ) -> Result<Driver, DriverError> {
        let listener =
            TcpListener::bind(address).map_err(|source| DriverError::Listen { address, source })?;
        Ok(Driver::new(node, listener, data))
    }

    /// Like [`bind`](Driver::bind), with a listener that exists already: one that was handed over
    /// by a supervisor, or one that outlives the node.
    pub fn new(node: NodeId, listener: TcpListener, data: impl Into<PathBuf>) -> Driver {
        Driver { node, listener, peers: BTreeMap::new(), data: data.into() }
    }

    /// Adds the nodes to talk to. Connections from other nodes are refused, and messages to other
    /// nodes are lost. The node's own id is ignored: what it sends to itself takes no detour.
    pub fn peers(mut self, peers: impl IntoIterator<Item = (NodeId, SocketAddr)>) -> Driver {
        self.peers.extend(peers);
        self.peers.remove(&self.node);
        self
    }

    /// Where the node listens.
    ///
    /// # Errors
    ///
    /// [`DriverError::Network`] if the operating system does not tell.
    pub fn address(&self) -> Result<SocketAddr, DriverError> {
        self.listener.local_addr().map_err(DriverError::Network)
    }

    /// Restores the durable records into `machine`, which must be fresh, and runs it on a thread
    /// of its own until [`Running::stop`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the data file, and the operating system refusing randomness
    /// or threads.
    pub fn start<M>(self, mut machine: M) -> Result<Running<M>, DriverError>
    where
        M: Machine + Send + 'static,
        M::Message: Serialize + DeserializeOwned + Send,
        M::Request: Send,
        M::Response: Send,
        M::Record: Serialize + DeserializeOwned,
    {
        let store = Store::open(&self.data, self.node, &mut machine)?;
        let recovery = store.recovery();
        let traffic = Arc::new(traffic::Counters::default());
        let (sender, inputs) = mpsc::sync_channel(INPUT_QUEUE);
        let handle = Handle::new(sender, entropy()? >> 1, traffic.clone());

        // Anything started below is stopped by its `Drop` if what comes after it fails.
        let outgoing = Outgoing::start(self.node, &self.peers, &traffic)?;
        let known = self.peers.keys().copied().collect();
        let incoming = Incoming::start(self.node, known, self.listener, &handle)?;
        let dice = Dice::new(entropy()?, "driver", self.node.0.into());
        let (node, to_self) = (self.node, handle.clone());
        let thread = spawn("machine", move || {
            Engine::new(node, machine, dice, store, outgoing, to_self).run(&inputs)
        })?;
        Ok(Running { handle, recovery, incoming, thread: Some(thread) })
    }
}

/// A machine at work. Dropping it stops the machine, too, but hides why it may have failed.
pub struct Running<M: Machine> {
    handle: Handle<M>,
    recovery: Recovery,
    incoming: Incoming,
    thread: Option<JoinHandle<Result<M, DriverError>>>,
}

impl<M: Machine> Running<M> {
    /// What the embedding program asks and observes the machine with; it can be cloned and given
    /// to other threads.
    pub fn handle(&self) -> &Handle<M> {
        &self.handle
    }

    /// What was found in the data file at the start.
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Stops after the inputs that are already waiting, makes all records durable, closes all
    /// connections and the file, and returns the machine.
    ///
    /// # Errors
    ///
    /// What ended the machine before, most likely its disk.
    ///
    /// # Panics
    ///
    /// If the machine has panicked: with its panic.
    pub fn stop(mut self) -> Result<M, DriverError> {
        let thread = self.halt().expect("only `stop` and `drop` take the thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn halt(&mut self) -> Option<JoinHandle<Result<M, DriverError>>> {
        self.handle.stop();
        self.incoming.stop();
        self.thread.take()
    }
}

impl<M: Machine> Drop for Running<M> {
    fn drop(&mut self) {
        if let Some(thread) = self.halt() {
            // The panic or the error has nobody left to go to.
            let _ = thread.join();
        }
    }
}

/// 64 bits from the operating system.
fn entropy() -> Result<u64, DriverError> {
    SysRng.try_next_u64().map_err(DriverError::Entropy)
}

/// A thread with a name that shows in a debugger.
fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, DriverError> {
    std::thread::Builder::new().name(String::from(name)).spawn(work).map_err(DriverError::Thread)
}
