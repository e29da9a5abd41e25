//! Clients of an object that works, so that their histories are linearizable.

use std::collections::BTreeMap;

use stormglass_history::Object;

use super::dice::Dice;
use super::script::{Script, Step};

#[derive(Clone, Copy, Debug)]
pub struct Clients {
    pub clients: usize,
    pub calls: usize,
    /// Of a thousand calls, so many are of unknown outcome.
    pub unknown: usize,
    /// Of a thousand calls, so many fail.
    pub failing: usize,
}

/// A call that a client waits for.
struct Open<O, R> {
    operation: O,
    /// Once it has taken effect.
    result: Option<R>,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Completes,
    Fails,
    Unknown,
}

impl Clients {
    /// The history of clients that ask for what is drawn. Each call takes effect at some instant
    /// while it is open; one of unknown outcome at any time later, or never.
    pub fn run<T: Object>(
        &self,
        object: &T,
        dice: &mut Dice,
        draw: &mut dyn FnMut(&mut Dice) -> T::Operation,
    ) -> Script<T::Operation, T::Result> {
        let mut world = World { object, states: BTreeMap::new() };
        let mut steps = Vec::new();
        let mut open: Vec<Option<Open<T::Operation, T::Result>>> =
            (0..self.clients).map(|_| None).collect();
        let mut ghosts: Vec<T::Operation> = Vec::new();
        let mut asked = 0;
        while asked < self.calls || open.iter().any(Option::is_some) {
            if !ghosts.is_empty() && dice.per_mille(200) {
                let ghost = ghosts.swap_remove(dice.below(ghosts.len()));
                world.apply(&ghost);
            }
            let client = dice.below(self.clients);
            match &mut open[client] {
                None if asked < self.calls => {
                    asked += 1;
                    let operation = draw(dice);
                    steps.push((client as u32, Step::Invoke(operation.clone())));
                    open[client] = Some(Open { operation, result: None, end: self.end(dice) });
                }
                None => {}
                Some(call) if call.result.is_none() && call.end == End::Completes => {
                    call.result = Some(world.apply(&call.operation));
                }
                Some(call) => {
                    steps.push((
                        client as u32,
                        match (call.end, call.result.take()) {
                            (_, Some(result)) => Step::Complete(result),
                            (End::Fails, None) => Step::Fail,
                            (End::Unknown | End::Completes, None) => {
                                if dice.per_mille(700) {
                                    ghosts.push(call.operation.clone());
                                }
                                Step::Unknown
                            }
                        },
                    ));
                    open[client] = None;
                }
            }
        }
        // Some are still waited for when the history ends.
        while steps.last().is_some_and(|(_, step)| matches!(step, Step::Unknown)) {
            steps.pop();
        }
        Script { steps }
    }

    fn end(&self, dice: &mut Dice) -> End {
        match dice.below(1_000) {
            chance if chance < self.unknown => End::Unknown,
            chance if chance < self.unknown + self.failing => End::Fails,
            _ => End::Completes,
        }
    }
}

struct World<'a, T: Object> {
    object: &'a T,
    states: BTreeMap<T::Key, T::State>,
}

impl<T: Object> World<'_, T> {
    fn apply(&mut self, operation: &T::Operation) -> T::Result {
        let key = self.object.key(operation);
        let state = self.states.entry(key.clone()).or_insert_with(|| self.object.initial(&key));
        let (after, result) = self.object.apply(state, operation);
        *state = after;
        result
    }
}
