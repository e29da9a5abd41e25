//! A register: it holds a value that can be read, written, and replaced if it is what one thinks.

use serde::{Deserialize, Serialize};

use super::value::{self, Value};
use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A register that holds a value, or none until the first is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register<V = i64> {
    /// What it holds before the first write.
    pub initial: Option<V>,
}

impl<V> Default for Register<V> {
    fn default() -> Self {
        Register { initial: None }
    }
}

/// What a register can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterOperation<V = i64> {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(V),
    /// If it holds the first, hold the second.
    CompareAndSet(V, V),
}

/// What a register answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterResult<V = i64> {
    /// To a read.
    Value(Option<V>),
    /// To a write.
    Written,
    /// To a compare-and-set: whether it was done.
    Set(bool),
}

use RegisterOperation::{CompareAndSet, Read, Write};
use RegisterResult::{Set, Written};

impl<V: Value> Object for Register<V> {
    type Operation = RegisterOperation<V>;
    type Result = RegisterResult<V>;
    type State = Option<V>;
    type Key = ();

    fn name(&self) -> &str {
        "register"
    }

    fn key(&self, _: &Self::Operation) {}

    fn initial(&self, _: &()) -> Option<V> {
        self.initial.clone()
    }

    fn apply(&self, state: &Option<V>, operation: &Self::Operation) -> (Option<V>, Self::Result) {
        match operation {
            Read => (state.clone(), RegisterResult::Value(state.clone())),
            Write(value) => (Some(value.clone()), Written),
            CompareAndSet(from, to) if state.as_ref() == Some(from) => {
                (Some(to.clone()), Set(true))
            }
            CompareAndSet(..) => (state.clone(), Set(false)),
        }
    }

    fn reads_only(&self, operation: &Self::Operation, result: Option<&Self::Result>) -> bool {
        match operation {
            Read => true,
            Write(_) => false,
            CompareAndSet(from, to) => from == to || result == Some(&Set(false)),
        }
    }

    fn describe_operation(&self, operation: &Self::Operation) -> String {
        match operation {
            Read => "read".to_owned(),
            Write(value) => format!("write {value:?}"),
            CompareAndSet(from, to) => format!("cas {from:?} to {to:?}"),
        }
    }

    fn describe_result(&self, result: &Self::Result) -> Option<String> {
        match result {
            RegisterResult::Value(value) => Some(value::describe(value)),
            Written => None,
            Set(done) => Some(done.to_string()),
        }
    }

    fn describe_state(&self, state: &Option<V>) -> String {
        value::describe(state)
    }
}

impl<V: Value> Notation for Register<V> {
    fn write_operation(&self, operation: &Self::Operation) -> (&'static str, Edn) {
        match operation {
            Read => ("read", Edn::Nil),
            Write(value) => ("write", value.to_edn()),
            CompareAndSet(from, to) => ("cas", Edn::Vector(vec![from.to_edn(), to.to_edn()])),
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread> {
        match name {
            "read" => Ok(Read),
            "write" => V::from_edn(value).map(Write).ok_or(Misread::Value("a value")),
            "cas" => {
                let pair = value::pair_from_edn(value).ok_or(Misread::Value("two values"))?;
                Ok(CompareAndSet(pair.0, pair.1))
            }
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &Self::Operation, result: &Self::Result) -> Reply {
        match result {
            RegisterResult::Value(value) => Reply::Ok(value::optional_to_edn(value)),
            Set(false) => Reply::Refused(Edn::Bool(false)),
            Set(true) | Written => Reply::Ok(self.write_operation(operation).1),
        }
    }

    fn read_result(
        &self,
        operation: &Self::Operation,
        reply: &Reply,
    ) -> Result<Self::Result, Misread> {
        match (operation, reply) {
            (Read, Reply::Ok(value)) => value::optional_from_edn(value)
                .map(RegisterResult::Value)
                .ok_or(Misread::Value("a value or nil")),
            (Write(_), Reply::Ok(_)) => Ok(Written),
            (CompareAndSet(..), Reply::Ok(_)) => Ok(Set(true)),
            (CompareAndSet(..), Reply::Refused(Edn::Bool(false))) => Ok(Set(false)),
            (CompareAndSet(..), Reply::Refused(_)) => Err(Misread::Value("false")),
            (Read | Write(_), Reply::Refused(_)) => {
                Err(Misread::Value("a result: a read or write is never refused"))
            }
        }
    }
}
