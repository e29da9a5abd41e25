//! Three real processes become a cluster: the machine that the simulator tests, unchanged, over
//! TCP and files.
//!
//! ```text
//! cargo run -p stormglass-faction --example three_processes [-- --restart]
//! ```
//!
//! The program starts itself three times. Each child is a node with a port and a data file of its
//! own. It says where it listens, is told where the others listen, says when it has bootstrapped,
//! and stays, so that it can answer the others, until its standard input ends.
//!
//! With `--restart` the program then kills one node, with no chance to tidy up, and starts it again
//! without telling it of the others: what it knows now it can know from its file only.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use stormglass_faction::{FactionNode, NodeConfig, PeerState};
use stormglass_machine::NodeId;
use stormglass_machine::driver::Driver;

const NODES: u32 = 3;
const TIME_LIMIT: Duration = Duration::from_secs(30);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => lead(false),
        ["--restart"] => lead(true),
        ["node", node, data] => follow(node, data),
        _ => Err("usage: three_processes [--restart]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

// The parent.

/// What a child says, or that it is too late.
enum News {
    Line(u32, String),
    End(u32),
    TimeIsUp,
}

/// A child, killed when it is dropped.
struct Node {
    process: Child,
    input: Option<ChildStdin>,
}

impl Node {
    fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().ok_or("the node has been dismissed")?;
        Ok(writeln!(input, "{line}")?)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lead(restart: bool) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (sender, news) = mpsc::channel();
    watch_the_time(sender.clone());

    let mut nodes = BTreeMap::new();
    for id in 0..NODES {
        nodes.insert(id, spawn(id, folder.path(), &sender)?);
    }
    let addresses = hear_from(&news, 0..NODES, "listening")?;
    let peers: Vec<String> = addresses.iter().map(|(id, at)| format!("{id} {at}")).collect();
    for node in nodes.values_mut() {
        node.tell(&peers.join(" "))?;
    }
    for (id, report) in hear_from(&news, 0..NODES, "bootstrapped")? {
        println!("node {id} at {}: bootstrapped, {report}", addresses[&id]);
    }

    if restart {
        let id = 1;
        drop(nodes.remove(&id));
        wait_for_end(id, &news)?;
        println!("node {id}: killed");
        let mut node = spawn(id, folder.path(), &sender)?;
        hear_from(&news, id..id + 1, "listening")?;
        node.tell("")?;
        let reports = hear_from(&news, id..id + 1, "bootstrapped")?;
        println!("node {id}: started again without peers: bootstrapped, {}", reports[&id]);
        nodes.insert(id, node);
    }
    for (id, mut node) in nodes {
        drop(node.input.take());
        wait_for_end(id, &news)?;
        let status = node.process.wait()?;
        if !status.success() {
            return Err(format!("node {id} has ended with {status}").into());
        }
    }
    println!("all {NODES} nodes have bootstrapped and ended cleanly");
    Ok(())
}

/// Starts a node as a process of its own.
fn spawn(id: u32, folder: &Path, sender: &Sender<News>) -> Result<Node> {
    let mut process = Command::new(std::env::current_exe()?)
        .args(["node", &id.to_string()])
        .arg(folder.join(format!("node-{id}.data")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = process.stdin.take().ok_or("a child has no standard input")?;
    let output = process.stdout.take().ok_or("a child has no standard output")?;
    let sender = sender.clone();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(io::Result::ok) {
            // Nobody listens any more once the parent is about to end.
            let _ = sender.send(News::Line(id, line));
        }
        let _ = sender.send(News::End(id));
    });
    Ok(Node { process, input: Some(input) })
}

/// What each of these nodes says after the word that all of them are to say next.
fn hear_from(news: &Receiver<News>, ids: Range<u32>, word: &str) -> Result<BTreeMap<u32, String>> {
    let mut heard = BTreeMap::new();
    while heard.len() < ids.len() {
        match news.recv()? {
            News::Line(id, line) => match line.strip_prefix(word) {
                Some(rest) => heard.insert(id, rest.trim().to_string()),
                None => return Err(format!("node {id} says {line:?}, not {word:?}").into()),
            },
            News::End(id) => return Err(format!("node {id} ended before all were {word}").into()),
            News::TimeIsUp => {
                let missing: Vec<u32> = ids.filter(|id| !heard.contains_key(id)).collect();
                return Err(format!("not {word} after {TIME_LIMIT:?}: nodes {missing:?}").into());
            }
        };
    }
    Ok(heard)
}

/// Waits until this node has ended; what it still says does not matter, but no other may end.
fn wait_for_end(id: u32, news: &Receiver<News>) -> Result<()> {
    loop {
        match news.recv()? {
            News::Line(..) => {}
            News::End(ended) if ended == id => return Ok(()),
            News::End(other) => return Err(format!("node {other} ended by itself").into()),
            News::TimeIsUp => {
                return Err(format!("node {id} has not ended after {TIME_LIMIT:?}").into());
            }
        }
    }
}

/// Sends word when the time is up; it does not keep the program from ending.
fn watch_the_time(sender: Sender<News>) {
    thread::spawn(move || {
        let (_silent, never) = mpsc::channel::<()>();
        let _ = never.recv_timeout(TIME_LIMIT);
        let _ = sender.send(News::TimeIsUp);
    });
}

// The child.

/// Runs one node until the parent closes the standard input.
fn follow(node: &str, data: &str) -> Result<()> {
    let id: u32 = node.parse()?;
    let driver = Driver::bind(NodeId(id), "127.0.0.1:0".parse()?, data)?;
    println!("listening {}", driver.address()?);

    let mut lines = io::stdin().lines();
    let peers = lines.next().ok_or("the parent has ended")??;
    let config = NodeConfig::of_cluster(id.into(), NODES, NODES as usize);
    let running = driver.peers(parse_peers(&peers)?).start(FactionNode::new(config))?;

    let bootstrapped = |node: &FactionNode| node.view().peer_state() == PeerState::Bootstrapped;
    if !running.handle().wait_until(TIME_LIMIT, bootstrapped)? {
        return Err(format!("node {id} has not bootstrapped after {TIME_LIMIT:?}").into());
    }
    let mut ready = running.handle().inspect(|node| node.view().collecting_peers().to_vec())?;
    ready.sort();
    let records = running.recovery().records;
    println!("bootstrapped counting {ready:?} as ready, {records} records found in its file");

    lines.for_each(drop);
    running.stop()?;
    Ok(())
}

/// `0 127.0.0.1:4000 1 127.0.0.1:4001`, or nothing.
fn parse_peers(line: &str) -> Result<Vec<(NodeId, SocketAddr)>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let peer = |words: &[&str]| match words {
        [id, address] => Ok((NodeId(id.parse()?), address.parse()?)),
        _ => Err("a peer is an id and an address".into()),
    };
    words.chunks(2).map(peer).collect()
}
