//! Many objects of one kind, each with a key, independent of each other.

use std::marker::PhantomData;

use super::value::Value;
use crate::call::Call;
use crate::form::edn::Edn;
use crate::form::jepsen::{Misread, Notation, Reply};
use crate::model::Model;

/// An object of the model `M` for each key. An operation is a key and an operation of `M`.
///
/// In EDN, values are vectors of the key and the value, as `jepsen.independent` has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keyed<M, K = i64> {
    /// What each key has one of.
    pub model: M,
    of: PhantomData<K>,
}

impl<M, K> Keyed<M, K> {
    /// One object of this model for each key.
    pub fn new(model: M) -> Self {
        Keyed { model, of: PhantomData }
    }
}

impl<M: Model, K: Value> Model for Keyed<M, K> {
    type Operation = (K, M::Operation);
    type Result = M::Result;
    type State = M::State;
    type Key = (K, M::Key);

    fn name(&self) -> &str {
        self.model.name()
    }

    fn key(&self, (key, operation): &Self::Operation) -> Self::Key {
        (key.clone(), self.model.key(operation))
    }

    fn initial(&self, (_, key): &Self::Key) -> M::State {
        self.model.initial(key)
    }

    fn step(
        &self,
        state: &M::State,
        (_, operation): &Self::Operation,
        result: &M::Result,
    ) -> Option<M::State> {
        self.model.step(state, operation, result)
    }

    fn step_unknown(
        &self,
        state: &M::State,
        (_, operation): &Self::Operation,
        after: &mut Vec<M::State>,
    ) {
        self.model.step_unknown(state, operation, after);
    }

    fn reads_only(&self, (_, operation): &Self::Operation, result: Option<&M::Result>) -> bool {
        self.model.reads_only(operation, result)
    }

    fn guess_instants(
        &self,
        calls: &[&Call<Self::Operation, M::Result>],
        guesses: &mut [Option<u64>],
    ) {
        let calls: Vec<_> = calls.iter().map(|call| without_key(call)).collect();
        self.model.guess_instants(&calls.iter().collect::<Vec<_>>(), guesses);
    }

    fn describe(&self, (_, operation): &Self::Operation, result: Option<&M::Result>) -> String {
        self.model.describe(operation, result)
    }

    fn describe_state(&self, state: &M::State) -> String {
        self.model.describe_state(state)
    }

    fn describe_key(&self, (key, inner): &Self::Key) -> Option<String> {
        Some(match self.model.describe_key(inner) {
            None => format!("{key:?}"),
            Some(inner) => format!("{key:?} {inner}"),
        })
    }

    fn describe_refusal(
        &self,
        state: &M::State,
        (_, operation): &Self::Operation,
        result: &M::Result,
    ) -> String {
        self.model.describe_refusal(state, operation, result)
    }

    fn heap_bytes(&self, state: &M::State) -> usize {
        self.model.heap_bytes(state)
    }
}

/// The call as the object of its key has it.
fn without_key<K, O: Clone, R: Clone>(call: &Call<(K, O), R>) -> Call<O, R> {
    Call {
        client: call.client,
        operation: call.operation.1.clone(),
        invoked: call.invoked,
        outcome: call.outcome.clone(),
    }
}

impl<M: Notation, K: Value> Notation for Keyed<M, K> {
    fn write_operation(&self, (key, operation): &Self::Operation) -> (&'static str, Edn) {
        let (name, value) = self.model.write_operation(operation);
        (name, Edn::Vector(vec![key.to_edn(), value]))
    }

    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread> {
        let pair = value.pair().ok_or(Misread::Value("a key and a value"))?;
        let key = K::from_edn(pair.0).ok_or(Misread::Value("a key and a value"))?;
        Ok((key, self.model.read_operation(name, pair.1)?))
    }

    fn write_result(&self, (key, operation): &Self::Operation, result: &M::Result) -> Reply {
        match self.model.write_result(operation, result) {
            Reply::Ok(value) => Reply::Ok(Edn::Vector(vec![key.to_edn(), value])),
            refused => refused,
        }
    }

    fn read_result(
        &self,
        (key, operation): &Self::Operation,
        reply: &Reply,
    ) -> Result<M::Result, Misread> {
        let Reply::Ok(value) = reply else { return self.model.read_result(operation, reply) };
        let pair = value.pair().filter(|pair| K::from_edn(pair.0).as_ref() == Some(key));
        let (_, value) = pair.ok_or(Misread::Value("the key and a value"))?;
        self.model.read_result(operation, &Reply::Ok(value.clone()))
    }
}
