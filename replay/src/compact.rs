//! The compact form of a log, and the only place that knows of bincode.
//!
//! bincode is pinned to 2.0.1: it is the last release that works, and nobody maintains it any
//! more (RUSTSEC-2025-0141). What is written here is little and simple, every read is bounded,
//! and the form can be replaced by a new format number without touching anything else.

use std::io::Cursor;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::error::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::file::LARGEST;

const LIMIT: usize = LARGEST as usize;

fn configuration() -> Configuration<LittleEndian, Varint, Limit<LIMIT>> {
    bincode::config::standard().with_limit()
}

/// Appends a value.
pub(crate) fn put(value: &impl Serialize, bytes: &mut Vec<u8>) -> Result<(), String> {
    let more = bincode::serde::encode_to_vec(value, configuration());
    bytes.extend(more.map_err(|error| error.to_string())?);
    Ok(())
}

/// Takes a value from the place the cursor is at, and moves it on.
pub(crate) fn take<T: DeserializeOwned>(from: &mut Cursor<&[u8]>) -> Result<T, String> {
    bincode::serde::decode_from_std_read(from, configuration()).map_err(|error| match error {
        DecodeError::UnexpectedEnd { .. } => "the file ends too early".to_owned(),
        DecodeError::Io { inner, .. } if inner.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file ends too early".to_owned()
        }
        DecodeError::OtherString(problem) => problem,
        other => other.to_string(),
    })
}
