//! Operations by chance, from small ranges, so that calls have to do with each other.

use stormglass_history::Object;
use stormglass_history::models::counter::{Counter, CounterOperation};
use stormglass_history::models::list::{List, ListOperation};
use stormglass_history::models::lock::{Lock, LockOperation};
use stormglass_history::models::map::{Map, MapOperation};
use stormglass_history::models::queue::{Queue, QueueOperation};
use stormglass_history::models::register::{Register, RegisterOperation};

use super::dice::Dice;

pub trait Draw: Object {
    fn draw(&self, dice: &mut Dice) -> Self::Operation;
}

impl Draw for Register {
    fn draw(&self, dice: &mut Dice) -> RegisterOperation {
        let mut value = || dice.below(3) as i64;
        let (first, second) = (value(), value());
        match dice.below(5) {
            0 | 1 => RegisterOperation::Read,
            2 | 3 => RegisterOperation::Write(first),
            _ => RegisterOperation::CompareAndSet(first, second),
        }
    }
}

impl Draw for Map {
    fn draw(&self, dice: &mut Dice) -> MapOperation {
        let mut value = || dice.below(4) as i64;
        let (key, first, second) = (value() / 3, value(), value());
        match dice.below(6) {
            0 | 1 => MapOperation::Get(key),
            2 | 3 => MapOperation::Put(key, first),
            4 => MapOperation::Delete(key),
            _ => {
                let from = Some(first).filter(|_| dice.below(3) > 0);
                MapOperation::CompareAndSet(key, from, second)
            }
        }
    }
}

impl Draw for List {
    fn draw(&self, dice: &mut Dice) -> ListOperation {
        match dice.below(2) {
            0 => ListOperation::Append(dice.below(3) as i64),
            _ => ListOperation::Read,
        }
    }
}

impl Draw for Counter {
    fn draw(&self, dice: &mut Dice) -> CounterOperation {
        match dice.below(2) {
            0 => CounterOperation::Add(dice.below(4) as i64 - 1),
            _ => CounterOperation::Read,
        }
    }
}

impl Draw for Queue {
    fn draw(&self, dice: &mut Dice) -> QueueOperation {
        match dice.below(2) {
            0 => QueueOperation::Enqueue(dice.below(3) as i64),
            _ => QueueOperation::Dequeue,
        }
    }
}

impl Draw for Lock {
    fn draw(&self, dice: &mut Dice) -> LockOperation {
        let owner = dice.below(3) as u64;
        match dice.below(2) {
            0 => LockOperation::Acquire(owner),
            _ => LockOperation::Release(owner),
        }
    }
}
