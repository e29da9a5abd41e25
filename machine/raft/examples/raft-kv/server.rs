//! One node: the machine in its driver, and a port for clients beside it.

use std::fs;
use std::io::{self, BufReader, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stormglass_machine::driver::{Driver, Handle, Running};
use stormglass_machine::{Machine, NodeId};
use stormglass_raft::{Options, Raft, Term};

use crate::Result;
use crate::arguments::Serve;
use crate::cluster::Cluster;
use crate::protocol::{Question, Reply, Status, read_line, write_line};
use crate::store::Store;

type Node = Raft<Store>;

/// The file in the data directory. It has the same name on every node, so that a node that is
/// given another one's directory finds it, and refuses it.
const FILE: &str = "raft-kv.data";
/// How long a question may wait for its answer. A client that hears nothing asks again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How many clients may be connected at a time.
const CLIENTS_MAX: usize = 256;

/// Runs a node, which ends only if its disk or its network does.
pub fn serve(arguments: Serve) -> Result<ExitCode> {
    let (id, cluster) = (NodeId(arguments.id), arguments.cluster.nodes);
    let count = cluster.count();
    let member = cluster.member(id).ok_or_else(|| {
        format!("there is no node {id} in this cluster; its nodes are 1 to {count}")
    })?;
    fs::create_dir_all(&arguments.data).map_err(|error| {
        let path = arguments.data.display();
        format!("cannot create the data directory {path}: {error}; choose one that can be written")
    })?;
    let clients = listen_to_clients(member.clients)?;
    let driver = Driver::bind(id, member.peers, arguments.data.join(FILE))?
        .peers(cluster.members().map(|(node, member)| (node, member.peers)));
    let machine = Raft::new(options(id, &cluster, arguments.snapshot_every), Store::default());
    let running = driver.start(machine)?;
    if arguments.stop_with_input {
        thread::spawn(end_with_input);
    }
    let handle = running.handle().clone();
    thread::spawn(move || accept(&clients, &handle));
    println!(
        "node {id} of {count}, process {}, listens to clients at {} and to nodes at {}; {} records \
         found",
        std::process::id(),
        member.clients,
        member.peers,
        running.recovery().records
    );
    watch(running)
}

fn listen_to_clients(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| {
        format!(
            "cannot listen to clients at {address}: {error}; choose an address of this host and a \
             free port"
        )
    })?;
    Ok(listener)
}

/// Slower than the defaults: a flush of a real disk may take as long as an election in a simulator.
fn options(id: NodeId, cluster: &Cluster, snapshot_every: u64) -> Options {
    let voters = cluster.members().map(|(node, _)| node).collect();
    let options = Options {
        election_timeout: Duration::from_millis(600)..=Duration::from_millis(1_200),
        heartbeat_interval: Duration::from_millis(150),
        snapshot_threshold: snapshot_every,
        trailing_entries: snapshot_every / 10,
        ..Options::new(id, voters)
    };
    let lease = options.lease_duration_max();
    options.with_lease_duration(Some(lease))
}

/// A node needs no tidy end: what it has promised is on its disk.
fn end_with_input() {
    let mut bytes = [0; 256];
    while io::stdin().read(&mut bytes).is_ok_and(|count| count > 0) {}
    std::process::exit(0);
}

/// Tells of every change of role, until the machine ends.
fn watch(running: Running<Node>) -> Result<ExitCode> {
    let mut told = None;
    loop {
        let news = move |node: &Node| Some(role(node)) != told;
        if running.handle().wait_until(Duration::MAX, news).is_err() {
            break;
        }
        let Ok(now) = running.handle().inspect(role) else { break };
        if told != Some(now) {
            println!("{} in term {}", now.0, now.1);
        }
        told = Some(now);
    }
    running.stop()?;
    Ok(ExitCode::SUCCESS)
}

fn role(node: &Node) -> (&'static str, Term) {
    (node.state(), node.current_term())
}

fn accept(listener: &TcpListener, handle: &Handle<Node>) {
    let present = Arc::new(());
    for stream in listener.incoming() {
        // A client that finds no room, or no resources, asks another node or comes again.
        let Ok(stream) = stream else { continue };
        if Arc::strong_count(&present) > CLIENTS_MAX {
            continue;
        }
        let (handle, present) = (handle.clone(), present.clone());
        let thread = thread::Builder::new().name("client".to_owned());
        let _ = thread.spawn(move || {
            // Whoever has gone away is not told why.
            let _ = answer(&stream, &handle);
            drop(present);
        });
    }
}

/// Answers one client until it goes away.
fn answer(stream: &TcpStream, handle: &Handle<Node>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    loop {
        let question = match read_line(&mut reader) {
            Ok(Some(question)) => question,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return write_line(stream, &Reply::Refused(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        write_line(stream, &reply(question, handle))?;
    }
}

fn reply(question: Question, handle: &Handle<Node>) -> Reply {
    let reply = match question {
        Question::Store(request) => handle
            .request(request)
            .ok()
            .and_then(|response| response.recv_timeout(PATIENCE).ok().map(Reply::Store)),
        Question::Status => handle.inspect(status).ok().map(Reply::Status),
    };
    reply.unwrap_or(Reply::Unknown)
}

fn status(node: &Node) -> Status {
    Status {
        state: node.state().to_owned(),
        term: node.current_term(),
        leader: node.current_leader(),
        snapshot: node.snapshot().map_or(0, |taken| taken.metadata.last_included_index),
        last: node.log().last_index(),
        applied: node.last_applied(),
        keys: node.state_machine().len(),
    }
}
