//! Histories as text: the EDN of Jepsen, and JSON.

pub mod edn;
pub mod jepsen;
pub mod json;

use crate::history::HistoryError;

/// The most that is read of what others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Events.
    pub events: usize,
}

impl Default for Limits {
    /// 256 MiB and two million events.
    fn default() -> Self {
        Limits { bytes: 256 << 20, events: 2_000_000 }
    }
}

impl Limits {
    fn check(&self, text: &str) -> Result<(), ImportError> {
        match text.len() <= self.bytes {
            true => Ok(()),
            false => Err(ImportError::TooLarge { bytes: text.len(), most: self.bytes }),
        }
    }
}

/// Why a text is not a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is longer than the limit.
    #[error("{bytes} bytes of text; the limit is {most}")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// It has more events than the limit.
    #[error("line {line}: more than {most} events")]
    TooManyEvents {
        /// Where the first one too many is, from one.
        line: usize,
        /// The limit.
        most: usize,
    },
    /// It is not written in the language that it should be in.
    #[error("line {line}: {problem}")]
    Syntax {
        /// Where, from one.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// An event says what cannot be understood.
    #[error("line {line}: {field}: {problem}")]
    Field {
        /// Where the event is, from one.
        line: usize,
        /// Which part of it.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// An event does not fit those before it.
    #[error("line {line}: {problem}")]
    Malformed {
        /// Where the event is, from one.
        line: usize,
        /// Why it does not fit.
        #[source]
        problem: HistoryError,
    },
}
