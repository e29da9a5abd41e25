//! Histories that are wrong in one place, or perhaps not.

use stormglass_history::Object;

use super::dice::Dice;
use super::script::{Script, Step};

/// Changes one thing: the result of a call, who was answered first, or that a call failed.
pub fn mutate<T: Object>(
    object: &T,
    dice: &mut Dice,
    script: &mut Script<T::Operation, T::Result>,
) {
    match dice.below(4) {
        0 => swap_neighbours(dice, script),
        1 => fail(dice, script),
        _ => other_result(object, dice, script),
    }
}

/// Gives a call the result that it would have in another state.
fn other_result<T: Object>(
    object: &T,
    dice: &mut Dice,
    script: &mut Script<T::Operation, T::Result>,
) {
    let Some(place) = pick(dice, script, |step| matches!(step, Step::Complete(_))) else { return };
    let Some(operation) = operation_of(script, place) else { return };
    let key = object.key(&operation);
    let mut state = object.initial(&key);
    for _ in 0..dice.below(4) {
        let Some(place) = pick(dice, script, |step| matches!(step, Step::Invoke(_))) else {
            return;
        };
        if let Step::Invoke(other) = &script.steps[place].1
            && object.key(other) == key
        {
            state = object.apply(&state, other).0;
        }
    }
    script.steps[place].1 = Step::Complete(object.apply(&state, &operation).1);
}

/// What was asked for by whom this step answers.
fn operation_of<O: Clone, R>(script: &Script<O, R>, place: usize) -> Option<O> {
    let client = script.steps[place].0;
    script.steps[..place].iter().rev().find_map(|(other, step)| match step {
        Step::Invoke(operation) if *other == client => Some(operation.clone()),
        _ => None,
    })
}

/// Two steps of different clients in the other order.
fn swap_neighbours<O, R>(dice: &mut Dice, script: &mut Script<O, R>) {
    if script.steps.len() < 2 {
        return;
    }
    let place = dice.below(script.steps.len() - 1);
    if script.steps[place].0 != script.steps[place + 1].0 {
        script.steps.swap(place, place + 1);
    }
}

/// A call that completed, failed.
fn fail<O, R>(dice: &mut Dice, script: &mut Script<O, R>) {
    if let Some(place) = pick(dice, script, |step| matches!(step, Step::Complete(_))) {
        script.steps[place].1 = Step::Fail;
    }
}

fn pick<O, R>(
    dice: &mut Dice,
    script: &Script<O, R>,
    wanted: impl Fn(&Step<O, R>) -> bool,
) -> Option<usize> {
    let places = script.steps.iter().enumerate().filter(|(_, (_, step))| wanted(step));
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    (!places.is_empty()).then(|| places[dice.below(places.len())])
}
