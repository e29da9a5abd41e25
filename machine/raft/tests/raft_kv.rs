//! The example is the proof that the machine works outside of a simulation, so it has to work: as
//! processes that are killed, over ports that the system has chosen.
//!
//! Nothing is expected by a certain time. What must come true is waited for, and only a test that
//! would wait for ever gives up.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// When to give up, and how many seconds a command has at most.
const FOR_EVER: Duration = Duration::from_secs(240);
const SECONDS: &str = "120";
/// So that a node that was away for a while needs a snapshot.
const SNAPSHOT_EVERY: &str = "10";

/// Where cargo has put the example: it cannot be run by cargo, since then a signal would reach
/// cargo and not the node.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--example", "raft-kv"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the example cannot be built");
    let lines = String::from_utf8(output.stdout).expect("cargo prints text");
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).expect("cargo prints JSON");
        let ours = message["target"]["name"] == "raft-kv";
        message["executable"].as_str().filter(|_| ours).map(PathBuf::from)
    };
    lines.lines().find_map(executable).expect("cargo says where the example is")
});

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the example runs")
}

/// What a command prints that is to succeed.
fn said(arguments: &[&str]) -> String {
    let output = output(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}: {errors}", output.status);
    String::from_utf8(output.stdout).expect("it prints text").trim_end().to_owned()
}

/// The exit code of a command that is to fail, and what it says about it.
fn refused(arguments: &[&str]) -> (i32, String) {
    let output = output(arguments);
    let code = output.status.code().expect("it ends by itself");
    assert_ne!(code, 0, "{arguments:?} succeeds");
    (code, String::from_utf8(output.stderr).expect("it prints text"))
}

/// A node, killed when it is dropped. If the test itself is killed, its input ends.
struct Node {
    process: Child,
}

impl Node {
    /// A node that listens, or why it has ended.
    fn start(id: u32, cluster: &str, data: &Path) -> Result<Node, String> {
        let mut command = program(&["serve", "--stop-with-input", "--cluster", cluster]);
        command.args(["--id", &id.to_string(), "--snapshot-every", SNAPSHOT_EVERY]);
        command.arg("--data").arg(data);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut node = Node { process: command.spawn().expect("the example runs") };
        let mut output = BufReader::new(node.process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it prints text");
        if !line.is_empty() {
            assert!(line.starts_with(&format!("node {id} of ")), "{line}");
            // Somebody has to read what else it prints.
            std::thread::spawn(move || output.lines().for_each(drop));
            return Ok(node);
        }
        let mut errors = String::new();
        let mut pipe = node.process.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut errors).expect("it prints text");
        Err(errors)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "only to give up")]
fn now() -> Instant {
    Instant::now()
}

/// Tries until there is something.
fn wait_for<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(start.elapsed() < FOR_EVER, "for ever: {what}");
    }
}

/// As the command line wants it, with ports that nobody listened at a moment ago.
fn addresses(count: usize) -> String {
    let listener = || TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let listeners: Vec<_> = (0..count).map(|_| (listener(), listener())).collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("it listens").port();
    let member = |(peers, clients): &(TcpListener, TcpListener)| {
        format!("127.0.0.1:{}/{}", port(peers), port(clients))
    };
    listeners.iter().map(member).collect::<Vec<_>>().join(",")
}

/// What a node says of itself.
#[derive(Debug)]
struct Status {
    leads: bool,
    applied: u64,
    snapshot: u64,
}

struct Cluster {
    addresses: String,
    folder: tempfile::TempDir,
    nodes: Vec<Option<Node>>,
}

impl Cluster {
    /// Another program may take a port before the node does; then others are tried.
    fn start(count: usize) -> Cluster {
        wait_for("ports that stay free", || {
            let folder = tempfile::tempdir().expect("there is room");
            let mut cluster = Cluster { addresses: addresses(count), folder, nodes: Vec::new() };
            for id in 1..=count as u32 {
                match Node::start(id, &cluster.addresses, &cluster.data(id)) {
                    Ok(node) => cluster.nodes.push(Some(node)),
                    Err(error) if error.contains("free port") => return None,
                    Err(error) => panic!("node {id}: {error}"),
                }
            }
            Some(cluster)
        })
    }

    fn data(&self, id: u32) -> PathBuf {
        self.folder.path().join(format!("node-{id}"))
    }

    fn kill(&mut self, id: u32) {
        drop(self.nodes[id as usize - 1].take().expect("it runs"));
    }

    /// Some connection of another program may have taken its port meanwhile, until it ends.
    fn restart(&mut self, id: u32) {
        let node = wait_for("the node's own port", || {
            match Node::start(id, &self.addresses, &self.data(id)) {
                Ok(node) => Some(node),
                Err(error) if error.contains("free port") => None,
                Err(error) => panic!("node {id}: {error}"),
            }
        });
        self.nodes[id as usize - 1] = Some(node);
    }

    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        [arguments, &["--cluster", &self.addresses, "--timeout", SECONDS]].concat()
    }

    fn said(&self, arguments: &[&str]) -> String {
        said(&self.arguments(arguments))
    }

    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        refused(&self.arguments(arguments))
    }

    /// Of each node that runs, in order.
    fn status(&self) -> Vec<Option<Status>> {
        let number = |line: &str, word: &str| {
            let rest = line.split_once(word)?.1.trim_start();
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let status = |line: &str| {
            Some(Status {
                leads: line.contains(": Leader,"),
                applied: number(line, "applied ")?,
                snapshot: number(line, "snapshot ")?,
            })
        };
        self.said(&["status"]).lines().map(status).collect()
    }

    fn leader(&self) -> u32 {
        wait_for("a leader", || {
            let leads = |status: &Option<Status>| status.as_ref().is_some_and(|one| one.leads);
            let leaders: Vec<_> = self.status().iter().map(leads).collect();
            let position = leaders.iter().position(|leads| *leads)?;
            Some(position as u32 + 1)
        })
    }

    /// The address of a node's port for clients.
    fn clients_of(&self, id: u32) -> SocketAddr {
        let member = self.addresses.split(',').nth(id as usize - 1).expect("there is one");
        let (address, port) = member.split_once('/').expect("both ports are given");
        let mut address: SocketAddr = address.parse().expect("it is an address");
        address.set_port(port.parse().expect("it is a port"));
        address
    }
}

#[test]
fn what_was_put_survives_the_leader_and_what_was_added_is_added_once() {
    let mut cluster = Cluster::start(3);
    cluster.said(&["put", "city", "Vienna"]);
    assert_eq!(cluster.said(&["get", "city"]), "Vienna");
    let session = cluster.said(&["session"]);
    let add = ["add", "visits", "5", "--session", &session, "--sequence", "1"];
    assert_eq!(cluster.said(&add), "5");
    assert_eq!(cluster.said(&add), "5", "it is asked again, and not applied again");

    let first = cluster.leader();
    cluster.kill(first);
    assert_eq!(cluster.said(&["get", "city"]), "Vienna", "the new leader has it");
    assert_eq!(cluster.said(&add), "5", "the new leader knows the session");
    for number in 0..3 * SNAPSHOT_EVERY.parse::<u32>().expect("it is a number") {
        cluster.said(&["put", &format!("key-{number}"), "value"]);
    }

    cluster.restart(first);
    let second = wait_for("the restarted node to catch up", || {
        let status = cluster.status();
        let leader = status.iter().position(|one| one.as_ref().is_some_and(|one| one.leads))?;
        let restarted = status[first as usize - 1].as_ref()?;
        let caught_up = restarted.applied >= status[leader].as_ref()?.applied;
        (caught_up && restarted.snapshot > 0).then_some(leader as u32 + 1)
    });
    // Without one of the others nothing gets done that the restarted node takes no part in.
    let other = if second == first { first % 3 + 1 } else { second };
    cluster.kill(other);
    assert_eq!(cluster.said(&add), "5", "snapshots have the sessions");
    assert_eq!(cluster.said(&["get", "key-29"]), "value");
    assert_eq!(cluster.said(&["add", "visits", "-2"]), "3");
    assert_eq!(cluster.said(&["get", "visits"]), "3");
}

#[test]
fn a_command_whose_answer_was_lost_is_applied_once() {
    let cluster = Cluster::start(3);
    let session = cluster.said(&["session"]);
    let number: u64 = session.parse().expect("it is a number");
    let command = json!({ "Add": { "key": "visits", "amount": 5 } });
    let stamp = json!({ "client": number, "sequence": 1, "acknowledged": 0 });
    let question =
        json!({ "Store": { "ClientCommand": { "command": command, "session": stamp } } });
    // Nobody hears the answers, and the leader hears the question more than once.
    for _ in 0..3 {
        let leader = cluster.leader();
        let mut stream = TcpStream::connect(cluster.clients_of(leader)).expect("it runs");
        writeln!(stream, "{question}").expect("it listens");
    }
    let add = ["add", "visits", "5", "--session", &session, "--sequence", "1"];
    assert_eq!(cluster.said(&add), "5");
    assert_eq!(
        cluster.said(&["add", "visits", "1", "--session", &session, "--sequence", "2"]),
        "6"
    );
    let (code, errors) = cluster.refused(&add);
    assert_eq!(code, 2);
    assert!(errors.contains("take a number that is new"), "{errors}");
}

#[test]
fn a_key_that_is_not_there_and_one_that_is_no_number_have_an_exit_code() {
    let cluster = Cluster::start(1);
    let (code, errors) = cluster.refused(&["get", "city"]);
    assert_eq!((code, errors.as_str()), (1, "there is no key \"city\"; `raft-kv put` sets one\n"));
    cluster.said(&["put", "city", "Vienna"]);
    let (code, errors) = cluster.refused(&["add", "city", "1"]);
    assert_eq!(code, 1);
    assert!(errors.contains("1 cannot be added to \"city\", which holds \"Vienna\""), "{errors}");
    let add = ["add", "visits", "1", "--session", "7", "--sequence", "1"];
    let (code, errors) = cluster.refused(&add);
    assert_eq!(code, 2);
    assert!(errors.contains("there is no session 7"), "{errors}");
}

#[test]
fn what_cannot_work_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().join("data").display().to_string();
    let file = folder.path().join("file");
    std::fs::write(&file, "no directory").expect("it can be written");
    let below_a_file = file.join("data").display().to_string();
    let busy = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let port = busy.local_addr().expect("it listens").port();
    let free = addresses(1);
    let (address, _) = free.split_once('/').expect("both ports are given");
    let clients_busy = format!("{address}/{port}");
    let serve =
        |id, cluster, data| refused(&["serve", "--id", id, "--cluster", cluster, "--data", data]);
    for ((code, errors), words) in [
        (serve("1", &clients_busy, &data), "choose an address of this host and a free port"),
        (serve("1", &free, &below_a_file), "cannot create the data directory"),
        (serve("2", &free, &data), "there is no node 2 in this cluster; its nodes are 1 to 1"),
        (serve("0", &free, &data), "there is no node 0 in this cluster; its nodes are 1 to 1"),
        (serve("1", "localhost", &data), "write it as an IP address and a port"),
        (serve("1", "127.0.0.1:7001,127.0.0.1:7001", &data), "is given twice"),
        (serve("1", "127.0.0.1:0/0", &data), "where nobody would find the node"),
        (refused(&["get", "city", "--cluster", &free, "--timeout", "1"]), "no answer within 1 s"),
        (refused(&["add", "city", "one", "--cluster", &free]), "invalid value 'one'"),
    ] {
        assert_eq!(code, 2, "{errors}");
        assert!(errors.contains(words), "{words:?} is not in: {errors}");
    }
}

/// Why a node does not start here, on ports that are free.
fn refused_start(id: u32, data: &Path) -> String {
    wait_for("ports that stay free", || {
        let errors = Node::start(id, &addresses(3), data).err().expect("it does not start");
        (!errors.contains("free port")).then_some(errors)
    })
}

#[test]
fn a_node_refuses_the_data_of_another_and_what_another_process_has_open() {
    let cluster = Cluster::start(3);
    let errors = refused_start(1, &cluster.data(1));
    assert!(errors.contains("is in use by a node that is still running"), "{errors}");
    let second = cluster.data(2);
    drop(cluster.nodes);
    let errors = refused_start(1, &second);
    assert!(errors.contains("belongs to node 2, not to node 1"), "{errors}");
}

#[test]
fn the_help_names_every_command() {
    let help = said(&["--help"]);
    for command in ["serve", "put", "add", "get", "session", "status"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in: {help}");
        assert!(said(&[command, "--help"]).contains("--cluster"), "{command}");
    }
}
