//! Durations in logs: text that a person reads (`"1s 203ms"`) in formats for people, nanoseconds
//! in formats for machines. Both are exact.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// The longest span a log may hold: a year. Sums of a few of them stay far from overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        humantime::format_duration(*span).to_string().serialize(to)
    } else {
        (span.as_nanos() as u64).serialize(to)
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let span = if from.is_human_readable() {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text).map_err(|error| {
            D::Error::custom(format_args!("{text:?} is no time span like \"1s 203ms\": {error}"))
        })?
    } else {
        Duration::from_nanos(u64::deserialize(from)?)
    };
    if span > LONGEST {
        return Err(D::Error::custom("a time span in a log is at most a year"));
    }
    Ok(span)
}
