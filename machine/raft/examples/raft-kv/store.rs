//! What is replicated: texts by their keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_raft::{CorruptSnapshot, StateMachine};

/// What changes the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Sets a key.
    Put { key: String, value: String },
    /// Adds to a key that holds a number, or nothing yet.
    Add { key: String, amount: i64 },
}

/// What is asked of the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Query {
    /// What a key holds.
    Get { key: String },
}

/// What the store answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The key is set.
    Set,
    /// The sum after adding.
    Sum(i64),
    /// Nothing was added: the key holds this, which is no number or would grow out of its range.
    NotAdded(String),
    /// What the key holds, if anything.
    Value(Option<String>),
}

/// The store.
#[derive(Clone, Debug, Default)]
pub struct Store {
    values: BTreeMap<String, String>,
}

impl Store {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    fn add(&mut self, key: &str, amount: i64) -> Answer {
        let before = self.values.get(key).map_or("0", String::as_str);
        let sum = before.parse::<i64>().ok().and_then(|number| number.checked_add(amount));
        let Some(sum) = sum else { return Answer::NotAdded(before.to_owned()) };
        self.values.insert(key.to_owned(), sum.to_string());
        Answer::Sum(sum)
    }
}

impl StateMachine for Store {
    type Command = Command;
    type Query = Query;
    type Response = Answer;
    type Observer = ();

    fn apply(&mut self, command: &Command) -> Answer {
        match command {
            Command::Put { key, value } => {
                self.values.insert(key.clone(), value.clone());
                Answer::Set
            }
            Command::Add { key, amount } => self.add(key, *amount),
        }
    }

    fn query(&self, Query::Get { key }: &Query) -> Answer {
        Answer::Value(self.values.get(key).cloned())
    }

    fn snapshot(&self) -> Vec<u8> {
        serde_json::to_vec(&self.values).expect("texts by texts are JSON")
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
        self.values = serde_json::from_slice(snapshot).map_err(|_| CorruptSnapshot)?;
        Ok(())
    }
}
