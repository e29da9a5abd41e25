//! A lock that one owner at a time can hold.

use serde::{Deserialize, Serialize};

use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Object;

/// A lock, free at first. Nobody waits for it: who cannot have it is told so. It is not
/// reentrant: who holds it cannot acquire it again.
///
/// An acquisition that waits until the lock is free is one that completes with
/// [`LockResult::Acquired`], whenever that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock;

/// What a lock can be asked for, by an owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockOperation {
    /// This owner wants it.
    Acquire(u64),
    /// This owner gives it back.
    Release(u64),
}

/// What a lock answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockResult {
    /// The owner has it now.
    Acquired,
    /// Somebody has it.
    Busy,
    /// It is free now.
    Released,
    /// The owner did not have it.
    NotHeld,
}

use LockOperation::{Acquire, Release};
use LockResult::{Acquired, Busy, NotHeld, Released};

impl Object for Lock {
    type Operation = LockOperation;
    type Result = LockResult;
    type State = Option<u64>;
    type Key = ();

    fn name(&self) -> &str {
        "lock"
    }

    fn key(&self, _: &LockOperation) {}

    fn initial(&self, _: &()) -> Option<u64> {
        None
    }

    fn apply(&self, state: &Option<u64>, operation: &LockOperation) -> (Option<u64>, LockResult) {
        match operation {
            Acquire(owner) if state.is_none() => (Some(*owner), Acquired),
            Acquire(_) => (*state, Busy),
            Release(owner) if *state == Some(*owner) => (None, Released),
            Release(_) => (*state, NotHeld),
        }
    }

    fn reads_only(&self, _: &LockOperation, result: Option<&LockResult>) -> bool {
        matches!(result, Some(Busy | NotHeld))
    }

    fn describe_operation(&self, operation: &LockOperation) -> String {
        match operation {
            Acquire(owner) => format!("acquire by {owner}"),
            Release(owner) => format!("release by {owner}"),
        }
    }

    fn describe_result(&self, result: &LockResult) -> Option<String> {
        let result = match result {
            Acquired => "acquired",
            Busy => "busy",
            Released => "released",
            NotHeld => "not held",
        };
        Some(result.to_owned())
    }

    fn describe_state(&self, state: &Option<u64>) -> String {
        state.map_or_else(|| "free".to_owned(), |owner| format!("held by {owner}"))
    }
}

impl Notation for Lock {
    fn write_operation(&self, operation: &LockOperation) -> (&'static str, Edn) {
        match operation {
            Acquire(owner) => ("acquire", Edn::Integer((*owner).into())),
            Release(owner) => ("release", Edn::Integer((*owner).into())),
        }
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<LockOperation, Misread> {
        let owner = || super::value::Value::from_edn(value).ok_or(Misread::Value("an owner"));
        match name {
            "acquire" => owner().map(Acquire),
            "release" => owner().map(Release),
            _ => Err(Misread::Name),
        }
    }

    fn write_result(&self, operation: &LockOperation, result: &LockResult) -> Reply {
        match result {
            Acquired | Released => Reply::Ok(self.write_operation(operation).1),
            Busy => Reply::Refused(Edn::Keyword("busy".to_owned())),
            NotHeld => Reply::Refused(Edn::Keyword("not-held".to_owned())),
        }
    }

    fn read_result(&self, operation: &LockOperation, reply: &Reply) -> Result<LockResult, Misread> {
        match (operation, reply) {
            (Acquire(_), Reply::Ok(_)) => Ok(Acquired),
            (Release(_), Reply::Ok(_)) => Ok(Released),
            (Acquire(_), Reply::Refused(Edn::Keyword(word))) if word == "busy" => Ok(Busy),
            (Acquire(_), Reply::Refused(_)) => Err(Misread::Value(":busy")),
            (Release(_), Reply::Refused(Edn::Keyword(word))) if word == "not-held" => Ok(NotHeld),
            (Release(_), Reply::Refused(_)) => Err(Misread::Value(":not-held")),
        }
    }
}
