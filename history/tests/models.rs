//! What the models say of themselves is so.

mod support;

use stormglass_history::models::counter::Counter;
use stormglass_history::models::list::List;
use stormglass_history::models::lock::Lock;
use stormglass_history::models::map::Map;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::Register;
use stormglass_history::{Bounds, ClientId, History, Object, check};
use support::dice::Dice;
use support::draw::Draw;

/// Walks through states by chance and looks at each hint that an operation reads only.
fn hints_are_right<T: Draw>(object: &T) {
    let mut dice = Dice::new(1);
    let (mut reads, mut changes) = (0, 0);
    for _ in 0..200 {
        let key = object.key(&object.draw(&mut dice));
        let mut state = object.initial(&key);
        for _ in 0..20 {
            let operation = object.draw(&mut dice);
            let (after, result) = object.apply(&state, &operation);
            let unchanged = after == state;
            if object.reads_only(&operation, Some(&result)) {
                assert!(unchanged, "{operation:?} -> {result:?} in {state:?}");
                reads += 1;
            }
            if object.reads_only(&operation, None) {
                assert!(unchanged, "{operation:?} in {state:?}");
                assert!(object.reads_only(&operation, Some(&result)), "{operation:?}");
            }
            changes += u32::from(!unchanged);
            state = after;
        }
    }
    assert!(reads > 100 && changes > 100, "{reads} reads, {changes} changes");
}

#[test]
fn what_is_said_to_read_only_changes_nothing() {
    hints_are_right(&Register::<i64>::default());
    hints_are_right(&Map::<i64, i64>::new());
    hints_are_right(&List::<i64>::new());
    hints_are_right(&Counter);
    hints_are_right(&Queue::<i64>::new());
    hints_are_right(&Lock);
}

/// Hands out tickets, and says that this changes nothing.
struct Liar;

impl Object for Liar {
    type Operation = ();
    type Result = u32;
    type State = u32;
    type Key = ();

    fn name(&self) -> &str {
        "liar"
    }

    fn key(&self, _: &()) {}

    fn initial(&self, _: &()) -> u32 {
        0
    }

    fn apply(&self, next: &u32, _: &()) -> (u32, u32) {
        (next + 1, *next)
    }

    fn reads_only(&self, _: &(), _: Option<&u32>) -> bool {
        true
    }
}

#[test]
#[should_panic(
    expected = "the model liar says that () -> 0 reads only, but it changes the state 0"
)]
fn a_wrong_hint_is_noticed() {
    let mut history = History::new();
    history.invoke(ClientId(0), 0, ()).expect("it is free");
    history.complete(ClientId(0), 1, 0).expect("it is open");
    check(&Liar, &history, Bounds::default());
}
