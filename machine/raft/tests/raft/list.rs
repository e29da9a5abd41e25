//! A state machine that shows every mistake: applying twice, in another order, or not at all. Its
//! snapshots begin with the newest, so that the beginning of one does not fit the end of another.

use stormglass_raft::{CorruptSnapshot, StateMachine};

/// A list that commands append to. A response is the list's length after a command, or before a
/// query, and its last element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
    pub elements: Vec<u64>,
}

impl StateMachine for List {
    type Command = u64;
    type Query = ();
    type Response = (u64, Option<u64>);
    type Observer = ();

    fn apply(&mut self, command: &u64) -> Self::Response {
        self.elements.push(*command);
        self.query(&())
    }

    fn query(&self, _query: &()) -> Self::Response {
        (self.elements.len() as u64, self.elements.last().copied())
    }

    fn snapshot(&self) -> Vec<u8> {
        self.elements.iter().rev().flat_map(|element| element.to_le_bytes()).collect()
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
        let (elements, rest) = snapshot.as_chunks();
        if !rest.is_empty() {
            return Err(CorruptSnapshot);
        }
        self.elements = elements.iter().rev().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        Ok(())
    }
}
