//! A map: each key has a value that can be read, written, deleted, and replaced if it is what one
//! thinks. Keys are independent of each other.

use serde::{Deserialize, Serialize};

use super::value::{self, Value};
use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A map, empty at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Map<K = i64, V = i64> {
    of: std::marker::PhantomData<(K, V)>,
}

impl<K, V> Map<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        Map { of: std::marker::PhantomData }
    }
}

/// What a map can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapOperation<K = i64, V = i64> {
    /// The value of this key?
    Get(K),
    /// From now on, the key has this value.
    Put(K, V),
    /// From now on, the key has no value.
    Delete(K),
    /// If the key has the first value (`None`: no value), it has the second from now on.
    CompareAndSet(K, Option<V>, V),
}

/// What a map answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapResult<V = i64> {
    /// To a get.
    Value(Option<V>),
    /// To a put or delete.
    Done,
    /// To a compare-and-set: whether it was done.
    Set(bool),
}

use MapOperation::{CompareAndSet, Delete, Get, Put};
use MapResult::{Done, Set};

impl<K: Value, V: Value> Object for Map<K, V> {
    type Operation = MapOperation<K, V>;
    type Result = MapResult<V>;
    type State = Option<V>;
    type Key = K;

    fn name(&self) -> &str {
        "map"
    }

    fn key(&self, operation: &Self::Operation) -> K {
        match operation {
            Get(key) | Put(key, _) | Delete(key) | CompareAndSet(key, ..) => key.clone(),
        }
    }

    fn initial(&self, _: &K) -> Option<V> {
        None
    }

    fn apply(&self, state: &Option<V>, operation: &Self::Operation) -> (Option<V>, Self::Result) {
        match operation {
            Get(_) => (state.clone(), MapResult::Value(state.clone())),
            Put(_, value) => (Some(value.clone()), Done),
            Delete(_) => (None, Done),
            CompareAndSet(_, from, to) if from == state => (Some(to.clone()), Set(true)),
            CompareAndSet(..) => (state.clone(), Set(false)),
        }
    }

    fn reads_only(&self, operation: &Self::Operation, result: Option<&Self::Result>) -> bool {
        match operation {
            Get(_) => true,
            Put(..) | Delete(_) => false,
            CompareAndSet(_, from, to) => from.as_ref() == Some(to) || result == Some(&Set(false)),
        }
    }

    fn describe_operation(&self, operation: &Self::Operation) -> String {
        match operation {
            Get(key) => format!("get {key:?}"),
            Put(key, value) => format!("put {key:?} {value:?}"),
            Delete(key) => format!("delete {key:?}"),
            CompareAndSet(key, from, to) => {
                format!("cas {key:?} {} to {to:?}", value::describe(from))
            }
        }
    }

    fn describe_result(&self, result: &Self::Result) -> Option<String> {
        match result {
            MapResult::Value(value) => Some(value::describe(value)),
            Done => None,
            Set(done) => Some(done.to_string()),
        }
    }

    fn describe_state(&self, state: &Option<V>) -> String {
        value::describe(state)
    }
}

impl<K: Value, V: Value> Notation for Map<K, V> {
    fn write_operation(&self, operation: &Self::Operation) -> (&'static str, Edn) {
        match operation {
            Get(key) => ("get", key.to_edn()),
            Put(key, value) => ("put", Edn::Vector(vec![key.to_edn(), value.to_edn()])),
            Delete(key) => ("delete", key.to_edn()),
            CompareAndSet(key, from, to) => {
                let change = vec![value::optional_to_edn(from), to.to_edn()];
                ("cas", Edn::Vector(vec![key.to_edn(), Edn::Vector(change)]))
            }
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread> {
        let key = || K::from_edn(value).ok_or(Misread::Value("a key"));
        match name {
            "get" => Ok(Get(key()?)),
            "put" => {
                let pair = value::pair_from_edn(value);
                let (key, value) = pair.ok_or(Misread::Value("a key and a value"))?;
                Ok(Put(key, value))
            }
            "delete" => Ok(Delete(key()?)),
            "cas" => compare_and_set(value).ok_or(Misread::Value("a key and two values")),
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &Self::Operation, result: &Self::Result) -> Reply {
        match result {
            MapResult::Value(value) => Reply::Ok(value::optional_to_edn(value)),
            Set(false) => Reply::Refused(Edn::Bool(false)),
            Set(true) | Done => Reply::Ok(self.write_operation(operation).1),
        }
    }

    fn read_result(
        &self,
        operation: &Self::Operation,
        reply: &Reply,
    ) -> Result<Self::Result, Misread> {
        match (operation, reply) {
            (Get(_), Reply::Ok(value)) => value::optional_from_edn(value)
                .map(MapResult::Value)
                .ok_or(Misread::Value("a value or nil")),
            (Put(..) | Delete(_), Reply::Ok(_)) => Ok(Done),
            (CompareAndSet(..), Reply::Ok(_)) => Ok(Set(true)),
            (CompareAndSet(..), Reply::Refused(Edn::Bool(false))) => Ok(Set(false)),
            (CompareAndSet(..), Reply::Refused(_)) => Err(Misread::Value("false")),
            (Get(_) | Put(..) | Delete(_), Reply::Refused(_)) => {
                Err(Misread::Value("a result: only a cas is ever refused"))
            }
        }
    }
}

fn compare_and_set<K: Value, V: Value>(value: &Edn) -> Option<MapOperation<K, V>> {
    let (key, change) = value.pair()?;
    let (from, to) = change.pair()?;
    Some(CompareAndSet(K::from_edn(key)?, value::optional_from_edn(from)?, V::from_edn(to)?))
}
