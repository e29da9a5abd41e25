//! What goes over a connection: one hello, then messages until the connection ends.
//!
//! ```text
//! hello      magic, 8 bytes | version, u32 | sender, u32 | receiver, u32
//! message    length, u32 | encoding, as many bytes
//! ```
//!
//! All numbers are little-endian. Messages flow from the side that connected to the side that
//! listens, never back.

use alloc::string::String;
use alloc::vec::Vec;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use serde::Serialize;

use super::clock::Clock;
use super::codec::{self, MAX_ENCODED_BYTES};
use crate::{NodeId, Time};

const MAGIC: [u8; 8] = *b"STORMNET";
const VERSION: u32 = 1;
const HELLO_BYTES: usize = 20;
const LENGTH_BYTES: usize = 4;

/// Who is speaking to whom. The receiver is named so that a wrong address shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hello {
    pub from: NodeId,
    pub to: NodeId,
}

impl Hello {
    /// Says hello before `deadline`.
    pub fn write(self, stream: &TcpStream, clock: &Clock, deadline: Time) -> io::Result<()> {
        let mut bytes = [0; HELLO_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.from.0.to_le_bytes());
        bytes[16..].copy_from_slice(&self.to.0.to_le_bytes());
        write_within(stream, &bytes, clock, deadline)
    }

    /// Waits for a hello until `deadline`. Anything else is [`ErrorKind::InvalidData`].
    pub fn read(stream: &TcpStream, clock: &Clock, deadline: Time) -> io::Result<Hello> {
        let mut bytes = [0; HELLO_BYTES];
        read_within(stream, &mut bytes, clock, deadline)?;
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if bytes[..8] != MAGIC || number(8) != VERSION {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Hello { from: NodeId(number(12)), to: NodeId(number(16)) })
    }
}

/// Why a message cannot be put on the wire.
#[derive(PartialEq, Eq, Debug)]
pub enum FrameError {
    TooLong,
    Encode(String),
}

/// A message with its length in front.
pub fn frame<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::from([0; LENGTH_BYTES]);
    let length = codec::encode_into(message, &mut bytes).map_err(FrameError::Encode)?;
    if length > MAX_ENCODED_BYTES {
        return Err(FrameError::TooLong);
    }
    bytes[..LENGTH_BYTES].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(bytes)
}

/// The encoding of the next message, in `bytes`. The buffer grows with what has arrived, not with
/// the length that was announced; a length beyond the limit is [`ErrorKind::InvalidData`].
pub fn read_frame(reader: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut length = [0; LENGTH_BYTES];
    reader.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_ENCODED_BYTES {
        return Err(ErrorKind::InvalidData.into());
    }
    bytes.clear();
    reader.take(length as u64).read_to_end(bytes)?;
    if bytes.len() < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Writes all bytes, however slowly the other side takes them, but not beyond `deadline`.
pub fn write_within(
    mut stream: &TcpStream,
    mut bytes: &[u8],
    clock: &Clock,
    deadline: Time,
) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(remaining(clock, deadline)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills all bytes, however slowly they arrive, but not beyond `deadline`.
fn read_within(
    mut stream: &TcpStream,
    mut bytes: &mut [u8],
    clock: &Clock,
    deadline: Time,
) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_read_timeout(Some(remaining(clock, deadline)?))?;
        match stream.read(bytes) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => bytes = &mut bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.set_read_timeout(None)
}

/// Never zero, which the socket would take for *no* timeout.
fn remaining(clock: &Clock, deadline: Time) -> io::Result<core::time::Duration> {
    let remaining = deadline.since(clock.now());
    if remaining.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(remaining) }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_frame_is_read_back_and_every_truncation_is_an_error() {
        let whole = frame(&String::from("text")).expect("it is short");
        let mut bytes = Vec::new();
        for length in 0..whole.len() {
            let error = read_frame(&mut &whole[..length], &mut bytes).expect_err("it is cut");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
        read_frame(&mut &whole[..], &mut bytes).expect("it is whole");
        assert_eq!(codec::decode(&bytes), Ok(String::from("text")));
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        let mut bytes = Vec::new();
        let most = (MAX_ENCODED_BYTES as u32).to_le_bytes();
        assert!(read_frame(&mut &most[..], &mut bytes).is_err());
        assert!(bytes.capacity() < 1_024, "{} bytes for nothing", bytes.capacity());

        let beyond = (MAX_ENCODED_BYTES as u32 + 1).to_le_bytes();
        let error = read_frame(&mut &beyond[..], &mut bytes).expect_err("it is beyond the limit");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_message_beyond_the_limit_is_not_framed() {
        assert_eq!(frame(&vec![0_u8; MAX_ENCODED_BYTES]), Err(FrameError::TooLong));
    }
}
