//! A queue: first in, first out.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::guess::Seen;
use super::value::Value;
use crate::call::Call;
use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A queue without bound, empty at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue<V = i64> {
    of: std::marker::PhantomData<V>,
}

impl<V> Queue<V> {
    /// An empty queue.
    pub fn new() -> Self {
        Queue { of: std::marker::PhantomData }
    }
}

/// What a queue can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueOperation<V = i64> {
    /// Add this at the end.
    Enqueue(V),
    /// Take the first one out.
    Dequeue,
}

/// What a queue answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueResult<V = i64> {
    /// To an enqueue.
    Enqueued,
    /// To a dequeue: `None` if the queue was empty.
    Item(Option<V>),
}

use QueueOperation::{Dequeue, Enqueue};
use QueueResult::{Enqueued, Item};

impl<V: Value> Object for Queue<V> {
    type Operation = QueueOperation<V>;
    type Result = QueueResult<V>;
    type State = VecDeque<V>;
    type Key = ();

    fn name(&self) -> &str {
        "queue"
    }

    fn key(&self, _: &Self::Operation) {}

    fn initial(&self, _: &()) -> VecDeque<V> {
        VecDeque::new()
    }

    fn apply(
        &self,
        state: &VecDeque<V>,
        operation: &Self::Operation,
    ) -> (VecDeque<V>, Self::Result) {
        let mut state = state.clone();
        match operation {
            Enqueue(value) => {
                state.push_back(value.clone());
                (state, Enqueued)
            }
            Dequeue => {
                let first = state.pop_front();
                (state, Item(first))
            }
        }
    }

    fn reads_only(&self, operation: &Self::Operation, result: Option<&Self::Result>) -> bool {
        matches!((operation, result), (Dequeue, Some(Item(None))))
    }

    fn guess_instants(
        &self,
        calls: &[&Call<Self::Operation, Self::Result>],
        guesses: &mut [Option<u64>],
    ) {
        let taken = calls.iter().zip(guesses.iter());
        let mut taken: Vec<_> = taken
            .filter_map(|(call, guess)| match call.result() {
                Some(Item(Some(value))) => Some((*guess, value)),
                _ => None,
            })
            .collect();
        taken.sort_by_key(|(guess, _)| *guess);
        let seen = Seen::new(taken.into_iter().map(|(_, value)| value));
        seen.guess(calls, guesses, |operation| match operation {
            Enqueue(value) => Some(value),
            Dequeue => None,
        });
    }

    fn describe_operation(&self, operation: &Self::Operation) -> String {
        match operation {
            Enqueue(value) => format!("enqueue {value:?}"),
            Dequeue => "dequeue".to_owned(),
        }
    }

    fn describe_result(&self, result: &Self::Result) -> Option<String> {
        match result {
            Enqueued => None,
            Item(None) => Some("empty".to_owned()),
            Item(Some(item)) => Some(format!("{item:?}")),
        }
    }

    fn heap_bytes(&self, state: &VecDeque<V>) -> usize {
        state.len() * size_of::<V>()
    }
}

impl<V: Value> Notation for Queue<V> {
    fn write_operation(&self, operation: &Self::Operation) -> (&'static str, Edn) {
        match operation {
            Enqueue(value) => ("enqueue", value.to_edn()),
            Dequeue => ("dequeue", Edn::Nil),
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread> {
        match name {
            "enqueue" => V::from_edn(value).map(Enqueue).ok_or(Misread::Value("a value")),
            "dequeue" => Ok(Dequeue),
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &Self::Operation, result: &Self::Result) -> Reply {
        match result {
            Enqueued => Reply::Ok(self.write_operation(operation).1),
            Item(Some(value)) => Reply::Ok(value.to_edn()),
            Item(None) => Reply::Refused(Edn::Keyword("empty".to_owned())),
        }
    }

    fn read_result(
        &self,
        operation: &Self::Operation,
        reply: &Reply,
    ) -> Result<Self::Result, Misread> {
        match (operation, reply) {
            (Enqueue(_), Reply::Ok(_)) => Ok(Enqueued),
            (Enqueue(_), Reply::Refused(_)) => {
                Err(Misread::Value("a result: an enqueue is never refused"))
            }
            (Dequeue, Reply::Ok(value)) => {
                let item = V::from_edn(value).ok_or(Misread::Value("a value"))?;
                Ok(Item(Some(item)))
            }
            (Dequeue, Reply::Refused(Edn::Keyword(word))) if word == "empty" => Ok(Item(None)),
            (Dequeue, Reply::Refused(_)) => Err(Misread::Value(":empty")),
        }
    }
}
