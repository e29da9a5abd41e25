//! What is replicated: a small key-value store with lists, counters and registers. Nothing that
//! changes it does the same when it is done twice, so that every mistake shows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stormglass_raft::{CorruptSnapshot, StateMachine};

/// How many lists, counters and registers there are.
pub const KEYS: usize = 4;

/// What changes the store. Whatever key is named, it stands for one of those that exist.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "what the fields mean is in their names")]
pub enum Command {
    /// Appends to a list.
    Append { key: u8, value: u32 },
    /// Adds to a counter.
    Add { key: u8, amount: u32 },
    /// Sets a register, if it holds what is expected.
    CompareAndSet { key: u8, expected: u32, new: u32 },
}

/// What is asked of the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "what the fields mean is in their names")]
pub enum Query {
    /// A list.
    List { key: u8 },
    /// A counter.
    Counter { key: u8 },
    /// A register.
    Register { key: u8 },
}

/// What the store answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "what the fields mean is in their names")]
pub enum Answer {
    /// How long the list has become.
    Length(u32),
    /// What the counter shows now.
    Sum(u64),
    /// Whether the register was set, and what it held before.
    Swapped { done: bool, before: u32 },
    /// The list.
    List(Arc<[u32]>),
    /// What the counter shows.
    Counter(u64),
    /// What the register holds.
    Register(u32),
}

/// The store.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Store {
    lists: [Vec<u32>; KEYS],
    counters: [u64; KEYS],
    registers: [u32; KEYS],
    /// How many commands it has applied.
    applied: u64,
    /// A hash of all that it has applied, in order.
    past: u64,
    /// A hash of what it holds, whatever has led there.
    content: u64,
}

/// All that two stores have in common if they are the same: how many commands were applied, which
/// and in what order, and what came of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// How many commands were applied.
    pub applied: u64,
    /// A hash of them all, in order.
    pub past: u64,
    /// A hash of what the store holds.
    pub content: u64,
}

const HEAD: usize = 16 + KEYS * 12;
const ELEMENT: usize = 5;

impl Store {
    /// What tells it from others.
    pub fn summary(&self) -> Summary {
        Summary { applied: self.applied, past: self.past, content: self.content }
    }

    /// Puts a part of the content in, or takes it out again.
    fn toggle(&mut self, what: u8, key: usize, position: usize, value: u64) {
        let place = u64::from(what) << 56 | (key as u64) << 48 | position as u64;
        self.content ^= mix(mix(place) ^ value);
    }

    fn set_counter(&mut self, key: usize, value: u64) {
        self.toggle(1, key, 0, self.counters[key]);
        self.counters[key] = value;
        self.toggle(1, key, 0, value);
    }

    fn set_register(&mut self, key: usize, value: u32) {
        self.toggle(2, key, 0, self.registers[key].into());
        self.registers[key] = value;
        self.toggle(2, key, 0, value.into());
    }

    fn push(&mut self, key: usize, value: u32) {
        self.toggle(0, key, self.lists[key].len(), value.into());
        self.lists[key].push(value);
    }
}

/// A number that looks like no other (the finalizer of splitmix64).
fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

fn place(key: u8) -> usize {
    usize::from(key) % KEYS
}

impl Command {
    fn number(&self) -> u64 {
        let (what, key, one, other) = match *self {
            Command::Append { key, value } => (0, key, value, 0),
            Command::Add { key, amount } => (1, key, amount, 0),
            Command::CompareAndSet { key, expected, new } => (2, key, new, expected),
        };
        mix(u64::from(one) << 16 | u64::from(key) << 8 | what) ^ u64::from(other)
    }
}

impl StateMachine for Store {
    type Command = Command;
    type Query = Query;
    type Response = Answer;
    type Observer = ();

    fn apply(&mut self, command: &Command) -> Answer {
        self.applied += 1;
        self.past = mix(self.past.wrapping_mul(31).wrapping_add(command.number()));
        match *command {
            Command::Append { key, value } => {
                self.push(place(key), value);
                Answer::Length(self.lists[place(key)].len() as u32)
            }
            Command::Add { key, amount } => {
                let sum = self.counters[place(key)].wrapping_add(amount.into());
                self.set_counter(place(key), sum);
                Answer::Sum(sum)
            }
            Command::CompareAndSet { key, expected, new } => {
                let before = self.registers[place(key)];
                let done = before == expected;
                if done {
                    self.set_register(place(key), new);
                }
                Answer::Swapped { done, before }
            }
        }
    }

    fn query(&self, query: &Query) -> Answer {
        match *query {
            Query::List { key } => Answer::List(Arc::from(&self.lists[place(key)][..])),
            Query::Counter { key } => Answer::Counter(self.counters[place(key)]),
            Query::Register { key } => Answer::Register(self.registers[place(key)]),
        }
    }

    /// The elements of lists come last and the newest of them first, so that the beginning of one
    /// snapshot does not fit the end of another.
    fn snapshot(&self) -> Vec<u8> {
        let elements: usize = self.lists.iter().map(Vec::len).sum();
        let mut bytes = Vec::with_capacity(HEAD + elements * ELEMENT);
        bytes.extend(self.applied.to_le_bytes());
        bytes.extend(self.past.to_le_bytes());
        self.counters.iter().for_each(|counter| bytes.extend(counter.to_le_bytes()));
        self.registers.iter().for_each(|register| bytes.extend(register.to_le_bytes()));
        for (key, list) in (0..).zip(&self.lists) {
            for value in list.iter().rev() {
                bytes.push(key);
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
        let mut rest = snapshot;
        let applied = u64::from_le_bytes(take(&mut rest)?);
        let past = u64::from_le_bytes(take(&mut rest)?);
        let mut store = Store { applied, past, ..Store::default() };
        for key in 0..KEYS {
            store.set_counter(key, u64::from_le_bytes(take(&mut rest)?));
        }
        for key in 0..KEYS {
            store.set_register(key, u32::from_le_bytes(take(&mut rest)?));
        }
        let (elements, odd) = rest.as_chunks::<ELEMENT>();
        if !odd.is_empty() {
            return Err(CorruptSnapshot);
        }
        for [key, value @ ..] in elements.iter().rev() {
            store.push(place(*key), u32::from_le_bytes(*value));
        }
        *self = store;
        Ok(())
    }
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Result<[u8; LENGTH], CorruptSnapshot> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(CorruptSnapshot)?;
    *bytes = rest;
    Ok(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_restored_is_what_was_there() {
        let mut store = Store::default();
        store.apply(&Command::Append { key: 1, value: 7 });
        store.apply(&Command::Append { key: 3, value: 8 });
        store.apply(&Command::Append { key: 1, value: 9 });
        store.apply(&Command::Add { key: 0, amount: 5 });
        let answer = store.apply(&Command::CompareAndSet { key: 2, expected: 0, new: 6 });
        assert_eq!(answer, Answer::Swapped { done: true, before: 0 });
        let mut other = Store::default();
        other.apply(&Command::Add { key: 0, amount: 99 });
        other.restore(&store.snapshot()).expect("it was written by a store");
        assert_eq!(other, store);
        assert_eq!(other.query(&Query::List { key: 5 }), Answer::List(Arc::from([7, 9])));
        assert_eq!(other.restore(&[1, 2, 3]), Err(CorruptSnapshot));
        assert_eq!(other, store, "nothing has changed");
    }

    #[test]
    fn stores_are_told_apart_by_what_they_hold_and_by_how_they_came_there() {
        let add = |amount| Command::Add { key: 0, amount };
        let after = |commands: &[Command]| {
            let mut store = Store::default();
            commands.iter().for_each(|command| drop(store.apply(command)));
            store.summary()
        };
        let (one, other) = (after(&[add(1), add(2)]), after(&[add(2), add(1)]));
        assert_eq!(one.content, other.content);
        assert_ne!(one.past, other.past);
        assert_ne!(after(&[add(1)]).content, after(&[add(2)]).content);
        assert_ne!(after(&[add(3), add(0)]).applied, after(&[add(3)]).applied);
    }
}
