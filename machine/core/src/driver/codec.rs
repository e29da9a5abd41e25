//! Messages and records as bytes. The only file that knows which format that is.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest encoding of a message or a record, in bytes.
pub const MAX_ENCODED_BYTES: usize = 16 << 20;

/// The format claims up to 16 bytes of its limit for one byte that it reads: a short `u128`.
const CLAIM_PER_BYTE: usize = 16;

/// Appends the encoding of `value` to `bytes` and returns its length.
///
/// # Errors
///
/// Why the value has no encoding, as a sentence.
pub fn encode_into<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Result<usize, String> {
    bincode::serde::encode_into_std_write(value, bytes, bincode::config::standard())
        .map_err(|error| error.to_string())
}

/// The value whose encoding is exactly `bytes`. Lengths inside of them are not believed: what a
/// decoder allocates is bounded by a multiple of what there is to decode.
///
/// # Errors
///
/// Why there is none, as a sentence.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    const SHORT: usize = 4 << 10;
    const MEDIUM: usize = 256 << 10;
    if bytes.len() <= SHORT {
        decode_within::<T, { SHORT * CLAIM_PER_BYTE }>(bytes)
    } else if bytes.len() <= MEDIUM {
        decode_within::<T, { MEDIUM * CLAIM_PER_BYTE }>(bytes)
    } else {
        decode_within::<T, { MAX_ENCODED_BYTES * CLAIM_PER_BYTE }>(bytes)
    }
}

fn decode_within<T: DeserializeOwned, const LIMIT: usize>(bytes: &[u8]) -> Result<T, String> {
    let format = bincode::config::standard().with_limit::<LIMIT>();
    let (value, length) =
        bincode::serde::decode_from_slice(bytes, format).map_err(|error| error.to_string())?;
    if length < bytes.len() {
        return Err(alloc::format!("{} bytes are left over", bytes.len() - length));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        let value = (7_u64, String::from("seven"), [Some(7_u8), None]);
        let mut bytes = Vec::new();
        assert_eq!(encode_into(&value, &mut bytes), Ok(bytes.len()));
        assert_eq!(decode(&bytes), Ok(value));
    }

    #[test]
    fn every_truncation_and_every_surplus_is_an_error() {
        let mut bytes = Vec::new();
        encode_into(&(300_u64, String::from("text")), &mut bytes).expect("it has an encoding");
        for length in 0..bytes.len() {
            assert!(decode::<(u64, String)>(&bytes[..length]).is_err());
        }
        bytes.push(0);
        assert_eq!(decode::<(u64, String)>(&bytes), Err(String::from("1 bytes are left over")));
    }

    /// A length that asks for more than the limit is refused before anything is allocated.
    #[test]
    fn a_claimed_length_is_not_believed() {
        let mut bytes = Vec::new();
        encode_into(&u64::MAX, &mut bytes).expect("it has an encoding");
        assert!(decode::<String>(&bytes).is_err());
        assert!(decode::<Vec<u64>>(&bytes).is_err());
    }

    /// Many small numbers count for much more than they take; whatever fits has to come back.
    #[test]
    fn the_longest_list_of_the_smallest_numbers_is_decoded() {
        let value = alloc::vec![1_u128; 5_000];
        let mut bytes = Vec::new();
        encode_into(&value, &mut bytes).expect("it has an encoding");
        assert_eq!(decode(&bytes), Ok(value));
    }
}
