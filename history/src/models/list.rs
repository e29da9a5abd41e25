//! A list that values are appended to and that is read as a whole.

use serde::{Deserialize, Serialize};

use super::guess::Seen;
use super::value::Value;
use crate::call::Call;
use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A list, empty at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List<V = i64> {
    of: std::marker::PhantomData<V>,
}

impl<V> List<V> {
    /// An empty list.
    pub fn new() -> Self {
        List { of: std::marker::PhantomData }
    }
}

/// What a list can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListOperation<V = i64> {
    /// Add this at the end.
    Append(V),
    /// What is in it?
    Read,
}

/// What a list answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListResult<V = i64> {
    /// To an append.
    Appended,
    /// To a read.
    Items(Vec<V>),
}

use ListOperation::{Append, Read};
use ListResult::{Appended, Items};

impl<V: Value> Object for List<V> {
    type Operation = ListOperation<V>;
    type Result = ListResult<V>;
    type State = Vec<V>;
    type Key = ();

    fn name(&self) -> &str {
        "list"
    }

    fn key(&self, _: &Self::Operation) {}

    fn initial(&self, _: &()) -> Vec<V> {
        Vec::new()
    }

    fn apply(&self, state: &Vec<V>, operation: &Self::Operation) -> (Vec<V>, Self::Result) {
        match operation {
            Append(value) => {
                let mut longer = Vec::with_capacity(state.len() + 1);
                longer.extend_from_slice(state);
                longer.push(value.clone());
                (longer, Appended)
            }
            Read => (state.clone(), Items(state.clone())),
        }
    }

    fn reads_only(&self, operation: &Self::Operation, _: Option<&Self::Result>) -> bool {
        matches!(operation, Read)
    }

    fn guess_instants(
        &self,
        calls: &[&Call<Self::Operation, Self::Result>],
        guesses: &mut [Option<u64>],
    ) {
        let reads = calls.iter().filter_map(|call| match call.result() {
            Some(Items(items)) => Some(items),
            _ => None,
        });
        let longest = reads.max_by_key(|items| items.len());
        Seen::new(longest.into_iter().flatten()).guess(
            calls,
            guesses,
            |operation| match operation {
                Append(value) => Some(value),
                Read => None,
            },
        );
    }

    fn describe_operation(&self, operation: &Self::Operation) -> String {
        match operation {
            Append(value) => format!("append {value:?}"),
            Read => "read".to_owned(),
        }
    }

    fn describe_result(&self, result: &Self::Result) -> Option<String> {
        match result {
            Appended => None,
            Items(items) => Some(format!("{items:?}")),
        }
    }

    fn heap_bytes(&self, state: &Vec<V>) -> usize {
        size_of_val(state.as_slice())
    }
}

impl<V: Value> Notation for List<V> {
    fn write_operation(&self, operation: &Self::Operation) -> (&'static str, Edn) {
        match operation {
            Append(value) => ("append", value.to_edn()),
            Read => ("read", Edn::Nil),
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread> {
        match name {
            "append" => V::from_edn(value).map(Append).ok_or(Misread::Value("a value")),
            "read" => Ok(Read),
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &Self::Operation, result: &Self::Result) -> Reply {
        match result {
            Appended => Reply::Ok(self.write_operation(operation).1),
            Items(items) => Reply::Ok(Edn::Vector(items.iter().map(V::to_edn).collect())),
        }
    }

    fn read_result(
        &self,
        operation: &Self::Operation,
        reply: &Reply,
    ) -> Result<Self::Result, Misread> {
        match (operation, reply) {
            (Append(_), Reply::Ok(_)) => Ok(Appended),
            (Read, Reply::Ok(Edn::Vector(items) | Edn::List(items))) => {
                let items = items.iter().map(V::from_edn).collect::<Option<_>>();
                items.map(Items).ok_or(Misread::Value("a vector of values"))
            }
            (Read, Reply::Ok(Edn::Nil)) => Ok(Items(Vec::new())),
            (Read, Reply::Ok(_)) => Err(Misread::Value("a vector of values")),
            (_, Reply::Refused(_)) => Err(Misread::Value("a result: nothing is ever refused")),
        }
    }
}
