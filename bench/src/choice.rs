//! What is measured, and how thoroughly.

use crate::progress::Progress;

/// Which rows, and how often.
pub struct Choice {
    /// Parts of names of rows; if there are none, every row.
    pub only: Vec<String>,
    /// How often each row is timed.
    pub rounds: u32,
    /// Count instructions, if that can be done.
    pub instructions: bool,
    /// Told of what is being done.
    pub progress: Progress,
}

impl Choice {
    /// Whether a row is wanted.
    pub fn takes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}
