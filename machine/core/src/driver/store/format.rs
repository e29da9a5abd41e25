//! What stands in a data file.
//!
//! ```text
//! header     magic, 8 bytes | version, u32 | node, u32 | durable, u64 | checksum, u32
//! record     length, u32 | durable, u64 | checksum of the encoding, u32 | checksum, u32 | encoding
//! ```
//!
//! All numbers are little-endian, all checksums are CRC-32. `durable` is how many bytes of the
//! file the disk had confirmed when this was written. That is what tells a torn tail from damage:
//! what is broken and was never confirmed is the trace of a crash and is cut off; what is broken
//! although a later record testifies that it was durable is damage. (Damage to the very last
//! records has no such witness and looks like a torn tail.) A record's checksum covers its place
//! in the file, so that bytes in the wrong place are no record.

use alloc::vec::Vec;
use std::path::Path;

use serde::Serialize;

use super::super::DriverError;
use super::super::codec::{self, MAX_ENCODED_BYTES};
use crate::NodeId;

const MAGIC: [u8; 8] = *b"STORMREC";
const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = 28;
pub(super) const FRAME_BYTES: usize = 20;

/// A record as it stands in the file.
pub(super) struct Frame<'a> {
    pub(super) durable: u64,
    pub(super) encoding: &'a [u8],
}

/// The record that begins at `offset`, if an intact one does.
pub(super) fn frame_at(bytes: &[u8], offset: usize) -> Option<Frame<'_>> {
    let (frame, rest) = bytes.get(offset..)?.split_first_chunk::<FRAME_BYTES>()?;
    if checksum_at(offset as u64, &frame[..16]) != number(&frame[16..]) {
        return None;
    }
    let encoding = rest.get(..number(frame) as usize)?;
    let durable = u64::from(number(&frame[4..])) | u64::from(number(&frame[8..])) << 32;
    (crc32fast::hash(encoding) == number(&frame[12..])).then_some(Frame { durable, encoding })
}

/// Appends a record that is to stand at `offset` of the file.
pub(super) fn encode_frame<R: Serialize>(
    record: &R,
    offset: u64,
    durable: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), DriverError> {
    bytes.extend([0; FRAME_BYTES]);
    let length = codec::encode_into(record, bytes)
        .map_err(|reason| DriverError::Encode { what: "record", reason })?;
    if length > MAX_ENCODED_BYTES {
        return Err(DriverError::RecordTooLong { length });
    }
    let encoding = crc32fast::hash(&bytes[FRAME_BYTES..]);
    bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
    bytes[4..12].copy_from_slice(&durable.to_le_bytes());
    bytes[12..16].copy_from_slice(&encoding.to_le_bytes());
    let checksum = checksum_at(offset, &bytes[..16]);
    bytes[16..FRAME_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

pub(super) fn header(node: NodeId, durable: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(node.0.to_le_bytes());
    bytes.extend(durable.to_le_bytes());
    bytes.extend(checksum_at(0, &bytes).to_le_bytes());
    bytes
}

/// How many bytes were durable when the file got its name.
pub(super) fn check_header(path: &Path, node: NodeId, bytes: &[u8]) -> Result<u64, DriverError> {
    let path = || path.to_path_buf();
    let found = bytes.get(..HEADER_BYTES).filter(|bytes| bytes[..8] == MAGIC);
    let bytes = found.ok_or_else(|| DriverError::NotData { path: path() })?;
    // Another version may have its checksum elsewhere.
    if number(&bytes[8..]) != VERSION {
        let (found, supported) = (number(&bytes[8..]), VERSION);
        return Err(DriverError::Version { path: path(), found, supported });
    }
    if checksum_at(0, &bytes[..24]) != number(&bytes[24..]) {
        return Err(DriverError::NotData { path: path() });
    }
    let found = NodeId(number(&bytes[12..]));
    if found != node {
        return Err(DriverError::OtherNode { path: path(), found, expected: node });
    }
    Ok(u64::from(number(&bytes[16..])) | u64::from(number(&bytes[20..])) << 32)
}

fn checksum_at(offset: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&offset.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// The number in the first four bytes, which are there.
fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
