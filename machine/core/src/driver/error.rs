//! What can go wrong, and what to do about it.

use alloc::string::String;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;

use rand::rngs::SysError;

use super::codec::MAX_ENCODED_BYTES;
use crate::{FlushError, NodeId};

/// Why a node cannot start, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// Nothing can listen at this address.
    #[error("cannot listen at {address}: {source}; choose an address of this host and a free port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The operating system failed a basic network operation.
    #[error("cannot use the network: {0}")]
    Network(#[source] io::Error),
    /// There is no source of randomness.
    #[error("the operating system gives no randomness: {0}")]
    Entropy(#[source] SysError),
    /// There is no further thread.
    #[error("cannot start a thread: {0}; raise the limit on threads or memory")]
    Thread(#[source] io::Error),
    /// The directory of the data file does not exist.
    #[error("the directory of the data file {} does not exist; create it first", path.display())]
    NoDirectory {
        /// The data file.
        path: PathBuf,
    },
    /// Another node has the data file open.
    #[error(
        "the data file {} is in use by a node that is still running; stop that node, or give this \
         one a file of its own",
        path.display()
    )]
    Locked {
        /// The data file.
        path: PathBuf,
    },
    /// The operating system refused to read or write a file.
    #[error("cannot {action} {}: {source}; check the path, its permissions and the space on the disk", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// The data file, or one beside it.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is something else, or its first bytes are damaged.
    #[error(
        "{} does not begin like a data file; check the path, or restore the file from a backup",
        path.display()
    )]
    NotData {
        /// The data file.
        path: PathBuf,
    },
    /// The file was written by another version of this crate.
    #[error(
        "the data file {} has format version {found}, and this program reads version {supported}; \
         run the program that wrote it",
        path.display()
    )]
    Version {
        /// The data file.
        path: PathBuf,
        /// The version the file names.
        found: u32,
        /// The version this crate reads.
        supported: u32,
    },
    /// The file is another node's.
    #[error(
        "the data file {} belongs to node {found}, not to node {expected}; give each node a file \
         of its own",
        path.display()
    )]
    OtherNode {
        /// The data file.
        path: PathBuf,
        /// The node the file names.
        found: NodeId,
        /// The node that was to start.
        expected: NodeId,
    },
    /// A record that was durable is damaged, and the machine does not go on without it.
    #[error(
        "the data file {} is damaged at byte {offset}, among records that were durable; restore \
         it from a backup, or remove it and let the node join as a new one if its protocol allows \
         that",
        path.display()
    )]
    Corrupt {
        /// The data file.
        path: PathBuf,
        /// Where the damaged record begins, in bytes from the beginning of the file.
        offset: u64,
    },
    /// The file ends in a record that a crash has torn, and the machine refuses that.
    #[error(
        "the data file {} ends in a torn record at byte {offset}, and the machine does not start \
         without it; restore the file from a backup, or remove it and let the node join as a new \
         one if its protocol allows that",
        path.display()
    )]
    Torn {
        /// The data file.
        path: PathBuf,
        /// Where the torn record begins, in bytes from the beginning of the file.
        offset: u64,
    },
    /// A record is intact but not one of this machine's.
    #[error(
        "the record at byte {offset} of the data file {} is intact but not of this machine's type \
         ({reason}); run the version of the program that wrote it",
        path.display()
    )]
    Foreign {
        /// The data file.
        path: PathBuf,
        /// Where the record begins, in bytes from the beginning of the file.
        offset: u64,
        /// Why it cannot be decoded.
        reason: String,
    },
    /// A message or a record cannot be turned into bytes.
    #[error("a {what} of the machine has no encoding ({reason}); correct its `Serialize`")]
    Encode {
        /// `"message"` or `"record"`.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// A record is longer than a record may be.
    #[error(
        "the machine wrote a record of {length} bytes, and {MAX_ENCODED_BYTES} is the most; let \
         it write smaller records"
    )]
    RecordTooLong {
        /// Bytes of the record.
        length: usize,
    },
}

impl DriverError {
    /// What a machine is told of a flush that failed so.
    pub(super) fn of_a_flush(&self) -> FlushError {
        match self {
            DriverError::File { source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FlushError::Full,
                _ => FlushError::Io,
            },
            _ => FlushError::Io,
        }
    }
}

/// The machine does not run any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the machine has stopped; `Running::stop` tells why")]
pub struct Stopped;
