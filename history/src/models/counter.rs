//! A counter: it can be added to and read.

use serde::{Deserialize, Serialize};

use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A counter, zero at first. It wraps around at the ends of `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter;

/// What a counter can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CounterOperation {
    /// Add this.
    Add(i64),
    /// The sum?
    Read,
}

/// What a counter answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CounterResult {
    /// To an addition.
    Added,
    /// To a read.
    Value(i64),
}

use CounterOperation::{Add, Read};
use CounterResult::{Added, Value};

impl Object for Counter {
    type Operation = CounterOperation;
    type Result = CounterResult;
    type State = i64;
    type Key = ();

    fn name(&self) -> &str {
        "counter"
    }

    fn key(&self, _: &CounterOperation) {}

    fn initial(&self, _: &()) -> i64 {
        0
    }

    fn apply(&self, state: &i64, operation: &CounterOperation) -> (i64, CounterResult) {
        match operation {
            Add(difference) => (state.wrapping_add(*difference), Added),
            Read => (*state, Value(*state)),
        }
    }

    fn reads_only(&self, operation: &CounterOperation, _: Option<&CounterResult>) -> bool {
        matches!(operation, Read | Add(0))
    }

    fn describe_operation(&self, operation: &CounterOperation) -> String {
        match operation {
            Add(difference) => format!("add {difference}"),
            Read => "read".to_owned(),
        }
    }

    fn describe_result(&self, result: &CounterResult) -> Option<String> {
        match result {
            Added => None,
            Value(value) => Some(value.to_string()),
        }
    }
}

impl Notation for Counter {
    fn write_operation(&self, operation: &CounterOperation) -> (&'static str, Edn) {
        match operation {
            Add(difference) => ("add", Edn::Integer((*difference).into())),
            Read => ("read", Edn::Nil),
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<CounterOperation, Misread> {
        match name {
            "add" => integer(value).map(Add),
            "read" => Ok(Read),
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &CounterOperation, result: &CounterResult) -> Reply {
        match result {
            Added => Reply::Ok(self.write_operation(operation).1),
            Value(value) => Reply::Ok(Edn::Integer((*value).into())),
        }
    }

    fn read_result(
        &self,
        operation: &CounterOperation,
        reply: &Reply,
    ) -> Result<CounterResult, Misread> {
        match (operation, reply) {
            (Add(_), Reply::Ok(_)) => Ok(Added),
            (Read, Reply::Ok(value)) => integer(value).map(Value),
            (_, Reply::Refused(_)) => Err(Misread::Value("a result: nothing is ever refused")),
        }
    }
}

fn integer(value: &Edn) -> Result<i64, Misread> {
    super::value::Value::from_edn(value).ok_or(Misread::Value("an integer of 64 bits"))
}
