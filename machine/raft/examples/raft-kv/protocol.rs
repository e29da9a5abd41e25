//! What clients and nodes say to each other: lines of JSON, a question and an answer at a time.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;
use stormglass_raft::{LogIndex, Request, Response, Term};

use crate::store::{Answer, Command, Query};

/// The longest line, in bytes.
pub const LINE_MAX: u64 = 1 << 20;

/// What a client asks.
#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    /// Something of the replicated store.
    Store(Request<Command, Query>),
    /// How the node itself is.
    Status,
}

/// What a node answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The answer of the replicated store.
    Store(Response<Answer>),
    /// How the node is.
    Status(Status),
    /// It has not come to an answer, and nobody knows whether it has been done.
    Unknown,
    /// The question makes no sense.
    Refused(String),
}

/// What a node says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    pub state: String,
    pub term: Term,
    pub leader: Option<NodeId>,
    pub snapshot: LogIndex,
    pub last: LogIndex,
    pub applied: LogIndex,
    pub keys: usize,
}

/// Says something.
pub fn write_line<T: Serialize>(mut stream: impl Write, value: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// What is said next; nothing if there is nothing more. A line that is too long or makes no sense
/// is [`ErrorKind::InvalidData`].
pub fn read_line<T: DeserializeOwned>(reader: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    reader.take(LINE_MAX).read_until(b'\n', &mut line)?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(serde_json::from_slice(&line).map_err(io::Error::from)?)),
        Some(_) if line.len() as u64 == LINE_MAX => {
            Err(io::Error::new(ErrorKind::InvalidData, "the line is too long"))
        }
        Some(_) => Err(ErrorKind::UnexpectedEof.into()),
    }
}
