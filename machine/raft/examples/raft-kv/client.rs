//! A client: asks one node after the other until the leader has answered.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use stormglass_machine::NodeId;
use stormglass_raft::{ClientError, ClientId, ReadError, Request, Response, Stamp};

use crate::Result;
use crate::arguments::{Reach, Write};
use crate::cluster::Cluster;
use crate::protocol::{LINE_MAX, Question, Reply, read_line, write_line};
use crate::store::{Answer, Command, Query};

/// How long one node may take to accept a connection, and to answer.
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(6);
/// How long to wait before the next node is asked, if this one knows no leader.
const PAUSE: Duration = Duration::from_millis(50);

/// The exit code for a key that is not there, or holds no number.
const NO: u8 = 1;

/// `raft-kv put`
pub fn put(key: String, value: String, write: Write) -> Result<ExitCode> {
    match apply(Command::Put { key, value }, write)? {
        Answer::Set => Ok(ExitCode::SUCCESS),
        other => Err(format!("the answer to put is {other:?}").into()),
    }
}

/// `raft-kv add`
pub fn add(key: String, amount: i64, write: Write) -> Result<ExitCode> {
    match apply(Command::Add { key: key.clone(), amount }, write)? {
        Answer::Sum(sum) => {
            println!("{sum}");
            Ok(ExitCode::SUCCESS)
        }
        Answer::NotAdded(value) => {
            eprintln!(
                "{amount} cannot be added to {key:?}, which holds {value:?}; only to a whole number \
                 of 64 bits, if the sum is one"
            );
            Ok(ExitCode::from(NO))
        }
        other => Err(format!("the answer to add is {other:?}").into()),
    }
}

/// `raft-kv get`
pub fn get(key: String, reach: Reach) -> Result<ExitCode> {
    let mut client = Client::new(reach);
    match client.ask(Request::Read(Query::Get { key: key.clone() }))? {
        Response::Read { response: Answer::Value(Some(value)), .. } => {
            println!("{value}");
            Ok(ExitCode::SUCCESS)
        }
        Response::Read { response: Answer::Value(None), .. } => {
            eprintln!("there is no key {key:?}; `raft-kv put` sets one");
            Ok(ExitCode::from(NO))
        }
        other => Err(format!("the answer to get is {other:?}").into()),
    }
}

/// `raft-kv session`
pub fn session(reach: Reach) -> Result<ExitCode> {
    println!("{}", Client::new(reach).open_session()?.0);
    Ok(ExitCode::SUCCESS)
}

/// `raft-kv status`
pub fn status(reach: Reach) -> Result<ExitCode> {
    let client = Client::new(reach);
    for (node, member) in client.cluster.members() {
        match exchange(member.clients, &Question::Status, client.patience()) {
            Ok(Reply::Status(status)) => {
                let leader = status.leader.map_or("-".to_owned(), |leader| leader.to_string());
                println!(
                    "node {node}: {}, term {}, leader {leader}, applied {} of {}, snapshot {}, \
                     keys {}",
                    status.state,
                    status.term,
                    status.applied,
                    status.last,
                    status.snapshot,
                    status.keys
                );
            }
            Ok(other) => println!("node {node}: {other:?}"),
            Err(error) => println!("node {node}: does not answer: {error}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Has a command applied, once.
fn apply(command: Command, write: Write) -> Result<Answer> {
    let mut client = Client::new(write.reach);
    let (session, sequence) = match (write.session, write.sequence) {
        (Some(session), Some(sequence)) => (ClientId(session), sequence),
        _ => (client.open_session()?, 1),
    };
    let stamp = Stamp { client: session, sequence, acknowledged: sequence - 1 };
    let request = Request::ClientCommand { command, session: Some(stamp) };
    let response = client.ask(request).map_err(|error| {
        format!(
            "{error}\nwhether it was applied is not known; to make sure, repeat the command with \
             --session {} --sequence {sequence}",
            session.0
        )
    })?;
    match response {
        Response::Applied { response, .. } => Ok(response),
        Response::CommandRefused(ClientError::SessionExpired) => Err(format!(
            "there is no session {}, or no longer: `raft-kv session` opens one",
            session.0
        )
        .into()),
        Response::CommandRefused(ClientError::SequenceStale) => Err(format!(
            "a later command of session {} has said that number {sequence} was answered; take a \
             number that is new",
            session.0
        )
        .into()),
        other => Err(format!("the answer is {other:?}").into()),
    }
}

/// Asks until it is answered, or the time is over.
struct Client {
    cluster: Cluster,
    /// Who is asked next.
    next: NodeId,
    seconds: u64,
    deadline: Instant,
    /// What came of asking each node, the last time.
    troubles: BTreeMap<NodeId, String>,
}

/// What to make of a node's answer.
enum Next {
    /// It is the answer.
    Done(Response<Answer>),
    /// Another node may know.
    Elsewhere(Option<NodeId>, &'static str),
    /// Nobody will know.
    Never(String),
}

impl Client {
    fn new(reach: Reach) -> Client {
        Client {
            cluster: reach.cluster.nodes,
            next: NodeId(1),
            seconds: reach.timeout,
            deadline: now() + Duration::from_secs(reach.timeout),
            troubles: BTreeMap::new(),
        }
    }

    fn patience(&self) -> Duration {
        self.deadline.saturating_duration_since(now())
    }

    /// A session under a number that nobody else has: 64 bits that the operating system has drawn.
    fn open_session(&mut self) -> Result<ClientId> {
        let client = ClientId(RandomState::new().build_hasher().finish());
        match self.ask(Request::Register { client })? {
            Response::Registered { .. } => Ok(client),
            other => Err(format!("the answer to opening a session is {other:?}").into()),
        }
    }

    /// Nothing that is asked here does harm when it is asked twice: reads change nothing, and
    /// commands are numbered.
    fn ask(&mut self, request: Request<Command, Query>) -> Result<Response<Answer>> {
        let question = Question::Store(request);
        if serde_json::to_vec(&question)?.len() as u64 >= LINE_MAX {
            return Err(format!("that is too long; {LINE_MAX} bytes are the most").into());
        }
        loop {
            let (node, patience) = (self.next, self.patience());
            if patience.is_zero() {
                return Err(self.given_up().into());
            }
            let member = self.cluster.member(node).ok_or("a node outside of the cluster leads")?;
            let (hint, trouble) = match exchange(member.clients, &question, patience) {
                Ok(reply) => match judge(reply) {
                    Next::Done(response) => return Ok(response),
                    Next::Never(reason) => return Err(reason.into()),
                    Next::Elsewhere(hint, trouble) => (hint, trouble.to_owned()),
                },
                Err(error) => (None, error.to_string()),
            };
            self.troubles.insert(node, trouble);
            let hint = hint.filter(|hint| *hint != node && self.cluster.member(*hint).is_some());
            self.next = hint.unwrap_or_else(|| self.cluster.after(node));
            if hint.is_none() {
                pause(PAUSE.min(self.patience()));
            }
        }
    }

    fn given_up(&self) -> String {
        let mut text = format!(
            "no answer within {} s; of the nodes, {} in all, a majority has to run",
            self.seconds,
            self.cluster.count()
        );
        for (node, member) in self.cluster.members() {
            if let Some(trouble) = self.troubles.get(&node) {
                text += &format!("\n  node {node} at {}: {trouble}", member.clients);
            }
        }
        text
    }
}

fn judge(reply: Reply) -> Next {
    let not_leader = "does not lead";
    match reply {
        Reply::Store(Response::CommandRefused(error)) => match error {
            ClientError::NotLeader { leader_hint }
            | ClientError::OutcomeUnknown { leader_hint } => {
                Next::Elsewhere(leader_hint, not_leader)
            }
            ClientError::Overloaded => Next::Elsewhere(None, "has too much to do"),
            ClientError::TransferInProgress => Next::Elsewhere(None, not_leader),
            ClientError::SessionExpired
            | ClientError::SequenceStale
            | ClientError::SequenceTooFarAhead => Next::Done(Response::CommandRefused(error)),
        },
        Reply::Store(Response::ReadRefused(ReadError::NotLeader { leader_hint })) => {
            Next::Elsewhere(leader_hint, not_leader)
        }
        Reply::Store(response) => Next::Done(response),
        Reply::Unknown => Next::Elsewhere(None, "has come to no answer"),
        Reply::Refused(reason) => Next::Never(format!("the node refuses the question: {reason}")),
        Reply::Status(_) => Next::Never("the node answers something else".to_owned()),
    }
}

/// One question and its answer.
fn exchange(address: SocketAddr, question: &Question, patience: Duration) -> io::Result<Reply> {
    if patience.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    let stream = TcpStream::connect_timeout(&address, patience.min(CONNECT))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience.min(ANSWER)))?;
    stream.set_write_timeout(Some(patience.min(ANSWER)))?;
    write_line(&stream, question)?;
    read_line(&mut BufReader::new(&stream))?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

#[expect(clippy::disallowed_methods, reason = "a client in the real world")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a client in the real world")]
fn pause(span: Duration) {
    std::thread::sleep(span);
}
