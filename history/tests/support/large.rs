//! Large histories, for the benchmark and for the test of what they cost.

use std::fmt;

use stormglass_history::models::keyed::Keyed;
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_history::{HistoryOf, Object};

use super::clients::Clients;
use super::dice::Dice;
use super::script::{Script, Step};

pub type Registers = Keyed<Register, i64>;

pub const SEED: u64 = 1;

/// What is wrong with a large history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    NearTheStart,
    AtTheEnd,
}

impl fmt::Display for Planted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Planted::Nothing => "linearizable",
            Planted::NearTheStart => "violation near the start",
            Planted::AtTheEnd => "violation at the end",
        })
    }
}

pub fn model() -> Registers {
    Keyed::new(Register::default())
}

/// 10,000 calls on some registers by 10 clients: reads (half of them), writes (3 in 10) and
/// compare-and-sets of five values, one call in a hundred of unknown outcome.
///
/// A planted violation is a read of a value that nobody writes.
pub fn history(seed: u64, keys: usize, planted: Planted) -> HistoryOf<Registers> {
    let clients = Clients { clients: 10, calls: 10_000, unknown: 10, failing: 0 };
    let mut dice = Dice::new(seed);
    let mut script = clients.run(&Flat, &mut dice, &mut |dice| {
        let key = dice.below(keys) as i64;
        let (first, second) = (dice.below(5) as i64, dice.below(5) as i64);
        let operation = match dice.below(10) {
            0..5 => RegisterOperation::Read,
            5..8 => RegisterOperation::Write(first),
            _ => RegisterOperation::CompareAndSet(first, second),
        };
        (key, operation)
    });
    plant(&mut script, planted);
    script.history().expect("clients make no malformed history")
}

type Result = RegisterResult<i64>;

fn plant<O>(script: &mut Script<O, Result>, planted: Planted) {
    let is_read = |step: &Step<O, Result>| matches!(step, Step::Complete(RegisterResult::Value(_)));
    let mut reads = script.steps.iter_mut().filter(|(_, step)| is_read(step));
    let read = match planted {
        Planted::Nothing => return,
        Planted::NearTheStart => reads.nth(100),
        Planted::AtTheEnd => reads.next_back(),
    };
    let read = read.expect("there are reads");
    read.1 = Step::Complete(RegisterResult::Value(Some(99)));
}

/// Registers as one object, for the clients to call.
struct Flat;

impl Object for Flat {
    type Operation = (i64, RegisterOperation);
    type Result = Result;
    type State = Option<i64>;
    type Key = i64;

    fn name(&self) -> &str {
        "registers"
    }

    fn key(&self, (key, _): &Self::Operation) -> i64 {
        *key
    }

    fn initial(&self, _: &i64) -> Option<i64> {
        None
    }

    fn apply(
        &self,
        state: &Option<i64>,
        (_, operation): &Self::Operation,
    ) -> (Option<i64>, Result) {
        Register::default().apply(state, operation)
    }
}
