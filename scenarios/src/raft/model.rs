//! What the store means to clients: lists, counters and registers that change at one moment each.

use stormglass_history::Object;
use stormglass_raft::{Request, Response};

use super::host::{Ask, Told};
use super::store::{Answer, Command, KEYS, Query};

/// The store, as one object for each list, counter and register.
pub struct Shelf;

/// What is asked of the store of a group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Operation {
    pub group: u64,
    pub what: What,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum What {
    Do(Command),
    Ask(Query),
}

/// One object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum State {
    List(Vec<u32>),
    Counter(u64),
    Register(u32),
}

/// Which object of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    List(u8),
    Counter(u8),
    Register(u8),
}

fn place(key: u8) -> u8 {
    key % KEYS as u8
}

impl Object for Shelf {
    type Operation = Operation;
    type Result = Answer;
    type State = State;
    type Key = (u64, Place);

    fn name(&self) -> &str {
        "store"
    }

    fn key(&self, operation: &Operation) -> (u64, Place) {
        let place = match &operation.what {
            What::Do(Command::Append { key, .. }) | What::Ask(Query::List { key }) => {
                Place::List(place(*key))
            }
            What::Do(Command::Add { key, .. }) | What::Ask(Query::Counter { key }) => {
                Place::Counter(place(*key))
            }
            What::Do(Command::CompareAndSet { key, .. }) | What::Ask(Query::Register { key }) => {
                Place::Register(place(*key))
            }
        };
        (operation.group, place)
    }

    fn initial(&self, (_, place): &(u64, Place)) -> State {
        match place {
            Place::List(_) => State::List(Vec::new()),
            Place::Counter(_) => State::Counter(0),
            Place::Register(_) => State::Register(0),
        }
    }

    fn apply(&self, state: &State, operation: &Operation) -> (State, Answer) {
        match (state, &operation.what) {
            (State::List(list), What::Do(Command::Append { value, .. })) => {
                let mut list = list.clone();
                list.push(*value);
                let length = list.len() as u32;
                (State::List(list), Answer::Length(length))
            }
            (State::Counter(sum), What::Do(Command::Add { amount, .. })) => {
                let sum = sum.wrapping_add((*amount).into());
                (State::Counter(sum), Answer::Sum(sum))
            }
            (State::Register(before), What::Do(Command::CompareAndSet { expected, new, .. })) => {
                let done = before == expected;
                let after = if done { *new } else { *before };
                (State::Register(after), Answer::Swapped { done, before: *before })
            }
            (State::List(list), _) => (state.clone(), Answer::List(list[..].into())),
            (State::Counter(sum), _) => (state.clone(), Answer::Counter(*sum)),
            (State::Register(value), _) => (state.clone(), Answer::Register(*value)),
        }
    }

    fn reads_only(&self, operation: &Operation, result: Option<&Answer>) -> bool {
        matches!(operation.what, What::Ask(_))
            || matches!(result, Some(Answer::Swapped { done: false, .. }))
    }
}

/// What a request is to the store, if it is for the store.
pub fn operation(group: u64, request: &Ask) -> Option<Operation> {
    let what = match request {
        Request::ClientCommand { command, .. } => What::Do(command.clone()),
        Request::Read(query) => What::Ask(query.clone()),
        _ => return None,
    };
    Some(Operation { group, what })
}

/// What the store has answered.
pub fn result(response: &Told) -> Answer {
    match response {
        Response::Applied { response, .. } | Response::Read { response, .. } => response.clone(),
        _ => unreachable!("only what is done has a result, and only the store gives one"),
    }
}
