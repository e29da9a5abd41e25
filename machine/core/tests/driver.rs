//! The driver on real sockets and files, on this host only.

mod echo;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use echo::{Echo, Request};
use stormglass_machine::NodeId;
use stormglass_machine::driver::{Driver, DriverError, MAX_ENCODED_BYTES, Running};
use tempfile::TempDir;

/// Far more than anything here takes; a test that reaches it has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// Some nodes with an address and a file each. The listeners live here, so that a node that is
/// started again finds its port.
struct Cluster {
    folder: TempDir,
    listeners: Vec<TcpListener>,
}

impl Cluster {
    fn new(nodes: usize) -> Cluster {
        let listen = |_| TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        Cluster {
            folder: tempfile::tempdir().expect("there is room for a folder"),
            listeners: (0..nodes).map(listen).collect(),
        }
    }

    fn address(&self, node: u32) -> SocketAddr {
        self.listeners[node as usize].local_addr().expect("a listener has an address")
    }

    fn data(&self, node: u32) -> PathBuf {
        self.folder.path().join(format!("node-{node}.data"))
    }

    fn try_start(&self, node: u32) -> Result<Running<Echo>, DriverError> {
        let listener = self.listeners[node as usize].try_clone().expect("a socket can be shared");
        let nodes = 0..self.listeners.len() as u32;
        Driver::new(NodeId(node), listener, self.data(node))
            .peers(nodes.map(|peer| (NodeId(peer), self.address(peer))))
            .start(Echo::default())
    }

    fn start(&self, node: u32) -> Running<Echo> {
        self.try_start(node).expect("the node starts")
    }

    fn error(&self, node: u32) -> DriverError {
        self.try_start(node).err().expect("the node does not start")
    }

    /// The next connection of node 0 to this node, which the test plays, after its hello.
    fn accept_as(&self, node: u32) -> TcpStream {
        let (mut stream, _) = self.listeners[node as usize].accept().expect("node 0 connects");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        let mut hello = [0; 20];
        stream.read_exact(&mut hello).expect("node 0 says hello");
        let numbers = [1, 0, node].map(u32::to_le_bytes).concat();
        assert_eq!(hello[..], [&b"STORMNET"[..], &numbers].concat());
        stream
    }

    /// A file with `values` written by node 0, which has stopped.
    fn written(values: &[u64]) -> Cluster {
        let cluster = Cluster::new(1);
        let node = cluster.start(0);
        for value in values {
            ask(&node, Request::Persist(*value));
        }
        node.stop().expect("the node stops cleanly");
        cluster
    }

    fn restored(&self, node: u32) -> Vec<u64> {
        self.start(node).stop().expect("the node stops cleanly").values
    }
}

fn ask(node: &Running<Echo>, request: Request) -> u64 {
    let response = node.handle().request(request).expect("the node runs");
    response.recv_timeout(DEADLINE).expect("the node responds")
}

fn wait(node: &Running<Echo>, condition: impl FnMut(&Echo) -> bool + Send + 'static) {
    let met = node.handle().wait_until(DEADLINE, condition).expect("the node runs");
    assert!(met, "the node did not get there in {DEADLINE:?}");
}

#[test]
fn three_nodes_count_each_others_messages() {
    let cluster = Cluster::new(3);
    let nodes = [0, 1, 2].map(|node| cluster.start(node));
    for node in &nodes {
        ask(node, Request::Greet(3));
    }
    for (id, node) in (0..).zip(&nodes) {
        wait(node, move |echo| {
            let met = |peer| echo.greeted.contains(&peer) && echo.echoed.contains(&peer);
            (0..3).all(|peer| peer == id || met(NodeId(peer)))
        });
        assert!(node.handle().traffic().received >= 4, "two greetings and two echoes");
    }
    for node in nodes {
        node.stop().expect("the node stops cleanly");
    }
}

#[test]
fn a_node_that_comes_back_is_found_again() {
    let cluster = Cluster::new(2);
    let first = cluster.start(0);
    ask(&first, Request::Greet(2));
    for _ in 0..2 {
        let second = cluster.start(1);
        wait(&second, |echo| echo.greeted.contains(&NodeId(0)));
        second.stop().expect("the node stops cleanly");
    }
}

#[test]
fn a_message_to_oneself_arrives_and_one_to_a_stranger_is_lost() {
    let cluster = Cluster::new(1);
    let node = cluster.start(0);
    ask(&node, Request::Send(NodeId(0), 5));
    wait(&node, |echo| echo.received.contains(&5));
    ask(&node, Request::Send(NodeId(9), 5));
    assert_eq!(node.handle().traffic().lost, 1);
}

#[test]
fn durable_records_survive_and_come_back_in_order() {
    let cluster = Cluster::written(&[3, 1, 2]);
    let node = cluster.start(0);
    assert_eq!(node.recovery().records, 3);
    assert_eq!(node.recovery().torn_bytes, 0);
    ask(&node, Request::Persist(9));
    drop(node);
    assert_eq!(cluster.restored(0), [3, 1, 2, 9]);
}

#[test]
fn a_checkpoint_replaces_all_records_before_it() {
    let cluster = Cluster::written(&[3, 1, 2]);
    let node = cluster.start(0);
    let long = fs::metadata(cluster.data(0)).expect("the file exists").len();
    ask(&node, Request::Checkpoint);
    ask(&node, Request::Persist(4));
    node.stop().expect("the node stops cleanly");
    assert!(fs::metadata(cluster.data(0)).expect("the file exists").len() < long);

    let node = cluster.start(0);
    assert_eq!(node.recovery().records, 2, "the sum, and what came after it");
    assert_eq!(node.stop().expect("the node stops cleanly").values, [6, 4]);
}

#[test]
fn a_torn_tail_is_cut_off_wherever_it_is_torn() {
    let cluster = Cluster::written(&[3, 1]);
    let short = fs::read(cluster.data(0)).expect("the file can be read");
    let node = cluster.start(0);
    ask(&node, Request::Persist(2));
    drop(node);
    let long = fs::read(cluster.data(0)).expect("the file can be read");
    for length in short.len()..long.len() {
        fs::write(cluster.data(0), &long[..length]).expect("the file can be written");
        let node = cluster.start(0);
        assert_eq!(node.recovery().torn_bytes, (length - short.len()) as u64);
        assert_eq!(node.stop().expect("the node stops cleanly").values, [3, 1]);
        assert_eq!(fs::read(cluster.data(0)).expect("the file can be read"), short);
    }
}

/// A crash may keep a later page and lose an earlier one, as long as neither was flushed.
#[test]
fn a_hole_in_what_was_never_flushed_is_a_torn_tail() {
    let cluster = Cluster::written(&[3]);
    let durable = fs::read(cluster.data(0)).expect("the file can be read").len();
    let node = cluster.start(0);
    ask(&node, Request::Write(1));
    ask(&node, Request::Write(2));
    drop(node);
    let mut bytes = fs::read(cluster.data(0)).expect("the file can be read");
    let middle = (durable + bytes.len()) / 2;
    bytes[durable..middle].fill(0);
    fs::write(cluster.data(0), &bytes).expect("the file can be written");
    assert_eq!(cluster.restored(0), [3]);
}

/// Every single damaged byte of a record that a later record knows to be durable.
#[test]
fn damage_in_the_middle_is_an_error_that_names_file_and_offset() {
    let cluster = Cluster::written(&[]);
    let first = fs::read(cluster.data(0)).expect("the file can be read").len();
    let node = cluster.start(0);
    ask(&node, Request::Persist(3));
    let second = fs::read(cluster.data(0)).expect("the file can be read").len();
    ask(&node, Request::Persist(1));
    drop(node);
    let whole = fs::read(cluster.data(0)).expect("the file can be read");
    for damaged in first..second {
        let mut bytes = whole.clone();
        bytes[damaged] ^= 0x10;
        fs::write(cluster.data(0), &bytes).expect("the file can be written");
        let error = cluster.error(0);
        assert!(
            matches!(&error, DriverError::Corrupt { path, offset }
                if *path == cluster.data(0) && *offset == first as u64),
            "byte {damaged}: {error}"
        );
        assert!(error.to_string().contains(&format!("damaged at byte {first}")), "{error}");
        assert_eq!(fs::read(cluster.data(0)).expect("it can be read"), bytes, "nothing is cut");
    }
}

/// A checkpoint was durable before its file got the name, so nothing can have torn it.
#[test]
fn a_broken_checkpoint_is_an_error_even_at_the_end() {
    let cluster = Cluster::written(&[3]);
    let node = cluster.start(0);
    ask(&node, Request::Checkpoint);
    drop(node);
    let bytes = fs::read(cluster.data(0)).expect("the file can be read");
    fs::write(cluster.data(0), &bytes[..bytes.len() - 1]).expect("the file can be written");
    let error = cluster.error(0);
    assert!(matches!(error, DriverError::Corrupt { .. }), "{error}");
}

/// A folder stands where the file of the next checkpoint must be made.
#[test]
fn a_flush_that_fails_ends_the_node_or_is_tried_again_as_the_machine_says() {
    let cluster = Cluster::written(&[3]);
    let in_the_way = cluster.data(0).with_added_extension("next");
    let node = cluster.start(0);
    fs::create_dir(&in_the_way).expect("a folder can be made");
    let response = node.handle().request(Request::Checkpoint).expect("the node runs");
    assert!(response.recv_timeout(DEADLINE).is_err(), "what follows the flush never happens");
    let error = node.stop().err().expect("the node has ended");
    assert!(matches!(error, DriverError::File { action: "create", .. }), "{error}");
    fs::remove_dir(&in_the_way).expect("it can be removed");

    let node = cluster.start(0);
    ask(&node, Request::BePatient);
    fs::create_dir(&in_the_way).expect("a folder can be made");
    let response = node.handle().request(Request::Checkpoint).expect("the node runs");
    let wait = std::time::Duration::from_millis(50);
    assert!(response.recv_timeout(wait).is_err(), "what follows the flush waits for it");
    fs::remove_dir(&in_the_way).expect("it can be removed");
    response.recv_timeout(DEADLINE).expect("the flush succeeds in the end");
    let echo = node.stop().expect("the node stops cleanly");
    assert!(echo.retried > Some(0), "it has not been asked");
    assert_eq!(cluster.restored(0), [3]);
}

#[test]
fn a_file_that_is_not_this_nodes_is_refused() {
    let cluster = Cluster::written(&[3]);
    let whole = fs::read(cluster.data(0)).expect("the file can be read");
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(cluster.data(0), &bytes).expect("the file can be written");
        cluster.error(0)
    };
    let error = with(&|bytes| bytes.clear());
    assert!(matches!(error, DriverError::NotData { .. }), "{error}");
    let error = with(&|bytes| bytes[0] ^= 1);
    assert!(matches!(error, DriverError::NotData { .. }), "{error}");
    let error = with(&|bytes| bytes[8] = 99);
    assert!(matches!(error, DriverError::Version { found: 99, .. }), "{error}");
    let error = with(&|bytes| bytes[20] ^= 1);
    assert!(matches!(error, DriverError::NotData { .. }), "{error}");

    let other = Cluster::new(2);
    fs::write(other.data(1), &whole).expect("the file can be written");
    let error = other.error(1);
    assert!(
        matches!(error, DriverError::OtherNode { found: NodeId(0), expected: NodeId(1), .. }),
        "{error}"
    );
}

#[test]
fn a_file_that_is_in_use_or_out_of_reach_is_refused() {
    let cluster = Cluster::new(1);
    let node = cluster.start(0);
    let error = cluster.error(0);
    assert!(matches!(error, DriverError::Locked { .. }), "{error}");
    node.stop().expect("the node stops cleanly");
    cluster.start(0).stop().expect("the lock is gone");

    let open = |data: &Path| {
        let address = "127.0.0.1:0".parse().expect("it is an address");
        let driver = Driver::bind(NodeId(0), address, data).expect("loopback has a free port");
        driver.start(Echo::default()).err().expect("the node does not start")
    };
    let error = open(&cluster.folder.path().join("missing").join("data"));
    assert!(matches!(error, DriverError::NoDirectory { .. }), "{error}");
    let occupied = cluster.folder.path().join("occupied");
    fs::create_dir(&occupied).expect("a folder can be made");
    let error = open(&occupied);
    assert!(matches!(error, DriverError::File { .. }), "{error}");

    let taken = Driver::bind(NodeId(0), cluster.address(0), cluster.data(0));
    let error = taken.expect_err("the port is taken");
    assert!(matches!(error, DriverError::Listen { .. }), "{error}");
}

#[test]
fn timers_fire_when_set_move_when_set_again_and_not_when_cancelled() {
    let cluster = Cluster::new(1);
    let node = cluster.start(0);
    ask(&node, Request::Timers);
    wait(&node, |echo| echo.fired.contains(&"Last"));
    let fired = node.handle().inspect(|echo| echo.fired.clone()).expect("the node runs");
    assert_eq!(fired, ["First", "Moved", "Last"]);
}

/// The test is node 1 here: it speaks the protocol of the wire by hand.
fn connect_as(from: u32, to: u32, address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    let numbers = [1, from, to].map(u32::to_le_bytes).concat();
    stream.write_all(b"STORMNET").expect("the node reads");
    stream.write_all(&numbers).expect("the node reads");
    stream
}

fn framed(encoding: &[u8]) -> Vec<u8> {
    [&(encoding.len() as u32).to_le_bytes(), encoding].concat()
}

/// Whether the other side ends the connection; a node never writes on one that it accepted.
fn is_closed(mut stream: &TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn hostile_bytes_end_their_connection_and_nothing_else() {
    let cluster = Cluster::new(2);
    let node = cluster.start(0);
    let address = cluster.address(0);
    let message = framed(&[0, 5]);

    let mut refused = 0;
    let mut hostile = |mut stream: TcpStream, bytes: &[u8]| {
        // The node may have closed already.
        let _ = stream.write_all(bytes);
        assert!(is_closed(&stream), "{bytes:?} is accepted");
        refused += 1;
    };
    let plain = || {
        let stream = TcpStream::connect(address).expect("the node listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream
    };
    hostile(plain(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hostile(plain(), b"STORMNET\x02\0\0\0\x01\0\0\0\0\0\0\0");
    hostile(connect_as(7, 0, address), &message);
    hostile(connect_as(1, 1, address), &message);
    hostile(connect_as(0, 0, address), &message);
    hostile(connect_as(1, 0, address), &u32::MAX.to_le_bytes());
    hostile(connect_as(1, 0, address), &(MAX_ENCODED_BYTES as u32 + 1).to_le_bytes());
    hostile(connect_as(1, 0, address), &framed(&[]));
    hostile(connect_as(1, 0, address), &framed(&[0, 5, 0]));
    hostile(connect_as(1, 0, address), &framed(&[200, 5]));
    // A text that says it has 2^64 - 1 bytes.
    hostile(connect_as(1, 0, address), &framed(&[&[2, 253][..], &[255; 8]].concat()));

    let traffic = node.handle().traffic();
    assert_eq!((traffic.refused, traffic.received), (refused, 0));

    // Cut off in the middle, and then a proper one.
    let mut cut = connect_as(1, 0, address);
    cut.write_all(&message[..5]).expect("the node reads");
    drop(cut);
    let mut proper = connect_as(1, 0, address);
    proper.write_all(&message).expect("the node reads");
    wait(&node, |echo| echo.received == [5]);
}

/// Connections that say nothing are limited, and cannot keep the node from stopping.
#[test]
fn silent_connections_do_not_pile_up() {
    let cluster = Cluster::new(2);
    let node = cluster.start(0);
    let connect = |_| TcpStream::connect(cluster.address(0)).expect("the backlog takes it");
    let silent: Vec<_> = (0..100).map(connect).collect();
    let last = silent.last().expect("there are many");
    last.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    assert!(is_closed(last));
    let refused = node.handle().traffic().refused;
    assert!(refused < 100, "all {refused} had a thread until their time was up");
    node.stop().expect("the node stops cleanly");
}

/// The value of the next message, which is a greeting with a value below 251.
fn receive_greeting(stream: &mut TcpStream) -> u8 {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a message arrives");
    let mut encoding = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut encoding).expect("a message arrives");
    let [0, value] = encoding[..] else { panic!("an unknown message: {encoding:?}") };
    value
}

/// The first write into a connection that the other side has closed succeeds, and is lost.
#[test]
fn a_closed_connection_is_noticed_before_a_message_is_lost_in_it() {
    let cluster = Cluster::new(2);
    let node = cluster.start(0);
    ask(&node, Request::Send(NodeId(1), 1));
    assert_eq!(receive_greeting(&mut cluster.accept_as(1)), 1);
    for value in 2..20 {
        ask(&node, Request::Send(NodeId(1), value));
    }
    assert_eq!(receive_greeting(&mut cluster.accept_as(1)), 2);
}

/// The test plays the receiver, and looks into the file at the moment a message arrives.
#[test]
fn a_record_is_in_the_file_before_the_message_that_follows_its_flush() {
    let cluster = Cluster::new(2);
    let node = cluster.start(0);
    ask(&node, Request::PersistAndSend { rounds: 50, to: NodeId(1) });

    let mut stream = cluster.accept_as(1);
    for _ in 0..50 {
        let value = receive_greeting(&mut stream);
        assert!(records(&cluster.data(0)).contains(&value), "{value} was promised too early");
    }
}

/// The values in a file, read by hand: each record has two bytes, the variant and a value below
/// 251. Each testifies how much was durable when it was written.
fn records(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("the file can be read");
    let mut records = Vec::new();
    let mut offset = 28;
    while offset + 22 <= bytes.len() {
        let durable = u64::from_le_bytes(bytes[offset + 4..offset + 12].try_into().expect("8"));
        assert_eq!(durable, offset as u64, "the record before was not flushed");
        records.push(bytes[offset + 21]);
        offset += 22;
    }
    records
}

#[test]
fn a_message_that_is_too_long_is_counted_and_a_record_ends_the_node() {
    let cluster = Cluster::new(2);
    let node = cluster.start(0);
    ask(&node, Request::SendText(NodeId(1), MAX_ENCODED_BYTES));
    assert_eq!(node.handle().traffic().too_long, 1);
    node.stop().expect("the node stops cleanly");

    let node = cluster.start(0);
    ask(&node, Request::Persist(1));
    let response = node.handle().request(Request::WriteText(MAX_ENCODED_BYTES));
    let response = response.expect("the node runs");
    assert!(response.recv_timeout(DEADLINE).is_err(), "what follows the record never happens");
    let error = node.stop().err().expect("the node has ended");
    assert!(matches!(error, DriverError::RecordTooLong { .. }), "{error}");
    assert_eq!(cluster.restored(0), [1]);
}

#[test]
fn a_panic_of_the_machine_reaches_the_program() {
    let cluster = Cluster::new(1);
    let node = cluster.start(0);
    let handle = node.handle().clone();
    let response = handle.request(Request::Panic).expect("the node runs");
    assert!(response.recv_timeout(DEADLINE).is_err());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| node.stop().is_ok()));
    assert_eq!(panic.expect_err("it goes on").downcast_ref(), Some(&"the machine gives up"));
    assert!(handle.request(Request::Greet(1)).is_err());
}
