//! What checks cost, in counts, and where they give up.

mod support;

use std::collections::BTreeMap;

use stormglass_history::models::counter::{Counter, CounterOperation, CounterResult};
use stormglass_history::models::list::List;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_history::{
    Answer, Bound, Bounds, ClientId, Effort, History, HistoryOf, Verdict, check, decide, verify,
};
use support::clients::Clients;
use support::dice::Dice;
use support::draw::Draw;
use support::large::{self, Planted};
use support::mutate::mutate;

/// The configurations of a large history, for the answer and for its explanation.
fn large(planted: Planted) -> (u64, u64) {
    let (model, history) = (large::model(), large::history(large::SEED, 10, planted));
    assert_eq!(history.calls().len(), 10_000);
    let unknown = history.calls().iter().filter(|call| call.completion().is_none()).count();
    assert!((80..120).contains(&unknown), "{unknown} of unknown outcome");
    let checked = check(&model, &history, Bounds::default());
    match (planted, &checked.verdict) {
        (Planted::Nothing, Verdict::Linearizable(witness)) => {
            assert_eq!(verify(&model, &history, witness), Ok(()));
            (checked.effort.configurations, 0)
        }
        (Planted::NearTheStart | Planted::AtTheEnd, Verdict::NotLinearizable(violation)) => {
            assert!(violation.shortest && violation.all_dead_ends);
            let result = history.call(violation.call).result();
            assert_eq!(result, Some(&RegisterResult::Value(Some(99))));
            (checked.effort.configurations, violation.effort.configurations)
        }
        (_, verdict) => panic!("{planted}: {verdict:?}"),
    }
}

#[test]
fn ten_thousand_calls_on_ten_keys_take_less_than_one_configuration_a_call() {
    let (answer, _) = large(Planted::Nothing);
    assert!(answer < 10_000, "{answer}");
}

#[test]
fn a_violation_takes_no_more_wherever_it_is() {
    for planted in [Planted::NearTheStart, Planted::AtTheEnd] {
        let (answer, explanation) = large(planted);
        assert!(answer < 20_000 && explanation < 20_000, "{planted}: {answer}, {explanation}");
    }
}

fn drawn<T: Draw>(object: &T, clients: usize, calls: usize, unknown: usize) -> HistoryOf<T> {
    let clients = Clients { clients, calls, unknown, failing: 0 };
    let script = clients.run(object, &mut Dice::new(1), &mut |dice| object.draw(dice));
    script.history().expect("clients make no malformed history")
}

#[test]
fn a_history_of_a_hundred_thousand_calls_overflows_nothing() {
    let history = drawn(&Register::<i64>::default(), 3, 100_000, 0);
    let checked = check(&Register::default(), &history, Bounds::default());
    let witness = checked.verdict.witness().expect("it is linearizable");
    assert_eq!(verify(&Register::default(), &history, witness), Ok(()));
}

#[test]
fn many_clients_at_once_are_no_problem_if_there_is_an_order() {
    let history = drawn(&Register::<i64>::default(), 200, 2_000, 10);
    let (answer, effort) = decide(&Register::default(), &history, Bounds::default());
    assert_eq!(answer, Answer::Linearizable);
    assert!(effort.steps < 200_000, "{effort:?}");
}

#[test]
fn the_order_in_which_values_come_out_is_the_order_in_which_they_are_tried() {
    let history = drawn(&Queue::<i64>::new(), 5, 1_000, 0);
    let (answer, effort) = decide(&Queue::new(), &history, Bounds::default());
    assert_eq!(answer, Answer::Linearizable);
    assert!(effort.configurations < 2_000, "queue: {effort:?}");
    let history = drawn(&List::<i64>::new(), 5, 1_000, 10);
    let (answer, effort) = decide(&List::new(), &history, Bounds::default());
    assert_eq!(answer, Answer::Linearizable);
    assert!(effort.configurations < 4_000, "list: {effort:?}");
}

/// A counter to which so many clients add one, none of which is ever answered, and which is read
/// afterwards.
fn additions(clients: u32, read: i64) -> HistoryOf<Counter> {
    let mut history = History::new();
    let reader = ClientId(clients);
    for client in 0..clients {
        history.invoke(ClientId(client), 0, CounterOperation::Add(1)).expect("it is free");
    }
    history.invoke(reader, 1, CounterOperation::Read).expect("it is free");
    history.complete(reader, 2, CounterResult::Value(read)).expect("it is open");
    history
}

#[test]
fn equal_calls_of_unknown_outcome_are_tried_once() {
    let (answer, _) = decide(&Counter, &additions(1_000, 500), Bounds::default());
    assert_eq!(answer, Answer::Linearizable);
    let (answer, effort) = decide(&Counter, &additions(1_000, 1_001), Bounds::default());
    assert_eq!(answer, Answer::NotLinearizable);
    // And not one of each of the 2 to the 1000 subsets.
    assert_eq!(effort.configurations, 1_001);
}

/// A register to which so many clients write something different, none of which is ever
/// answered, while others read what was there before, again and again.
fn writes(clients: u32, reads: u32, last: i64) -> HistoryOf<Register> {
    let mut history = History::new();
    for client in 0..clients {
        let write = RegisterOperation::Write(i64::from(client));
        history.invoke(ClientId(client), 0, write).expect("it is free");
    }
    for read in 0..reads {
        let value = if read + 1 == reads { last } else { i64::from(read % clients) };
        let reader = ClientId(clients);
        history.invoke(reader, 0, RegisterOperation::Read).expect("it is free");
        let result = RegisterResult::Value(Some(value));
        history.complete(reader, 0, result).expect("it is open");
    }
    history
}

#[test]
fn which_calls_of_unknown_outcome_were_used_up_matters_only_if_it_is_needed() {
    let register = Register::default();
    let (answer, effort) = decide(&register, &writes(20, 20, 19), Bounds::default());
    assert_eq!(answer, Answer::Linearizable);
    assert!(effort.configurations < 300, "{effort:?}");
    // Twenty reads have used up twenty writes; then one is read again.
    let (answer, effort) = decide(&register, &writes(20, 21, 0), Bounds::default());
    assert_eq!(answer, Answer::NotLinearizable);
    assert!(effort.configurations < 300, "{effort:?}");
}

#[test]
fn a_check_gives_up_at_its_bounds_and_always_at_the_same_place() {
    let history = drawn(&Queue::<i64>::new(), 10, 1_000, 10);
    let steps = Bounds { steps: 5_000, ..Bounds::default() };
    let bytes = Bounds { bytes: 100_000, ..Bounds::default() };
    for (bounds, expected) in [(steps, Bound::Steps), (bytes, Bound::Bytes)] {
        let check = || check(&Queue::new(), &history, bounds);
        let (first, second) = (check(), check());
        let (Verdict::GaveUp(gave_up), Verdict::GaveUp(again)) = (&first.verdict, &second.verdict)
        else {
            panic!("{:?}", first.verdict)
        };
        assert_eq!(gave_up.bound, expected);
        assert!(gave_up.placed > 0 && gave_up.placed < gave_up.completed, "{gave_up}");
        assert_eq!((gave_up, first.effort), (again, second.effort));
        assert!(first.effort.steps <= bounds.steps);
        // The one byte too many is counted.
        assert!(first.effort.bytes < bounds.bytes + 10_000, "{:?}", first.effort);
    }
}

#[test]
fn a_key_with_a_violation_is_found_though_another_one_is_too_expensive() {
    let (model, mut history) = (large::model(), large::history(3, 10, Planted::Nothing));
    let key = 77;
    let client = ClientId(1_000);
    let now = history.now();
    history.invoke(client, now, (key, RegisterOperation::Read)).expect("it is free");
    history.complete(client, now, RegisterResult::Value(Some(1))).expect("it is open");
    let bounds = Bounds { steps: 100, ..Bounds::default() };
    let verdict = check(&model, &history, bounds).verdict;
    assert_eq!(verdict.violation().map(|violation| violation.key.0), Some(key));
}

#[test]
fn a_violation_whose_explanation_is_too_expensive_is_still_explained() {
    let register = Register::default();
    let (mut not_narrowed, mut incomplete) = (0, 0);
    for seed in 0..1_000 {
        let clients = Clients { clients: 6, calls: 40, unknown: 200, failing: 0 };
        let mut dice = Dice::new(seed);
        let mut script = clients.run(&register, &mut dice, &mut |dice| register.draw(dice));
        for _ in 0..3 {
            mutate(&register, &mut dice, &mut script);
        }
        let Ok(history) = script.history() else { continue };
        let (answer, effort) = decide(&register, &history, Bounds::default());
        if answer == Answer::NotLinearizable {
            // Just enough for the answer.
            let bounds = Bounds { steps: effort.steps, ..Bounds::default() };
            let verdict = check(&register, &history, bounds).verdict;
            let violation = verdict.violation().expect("the answer is the same");
            assert!(!violation.dead_ends.is_empty(), "seed {seed}");
            let text = violation.describe(&register, &history);
            assert!(text.contains("would return"), "seed {seed}: {text}");
            not_narrowed += u32::from(!violation.shortest);
            incomplete += u32::from(!violation.all_dead_ends);
        }
    }
    let cut_short = (not_narrowed, incomplete);
    assert!(not_narrowed > 0 && incomplete > 0, "few were cut short: {cut_short:?}");
}

#[test]
fn what_a_check_costs_does_not_depend_on_the_names_of_clients() {
    let history = drawn(&Register::<i64>::default(), 6, 500, 20);
    let renamed = {
        let mut names = BTreeMap::new();
        let mut script = support::script::Script::of(&history);
        for (client, _) in &mut script.steps {
            let next = names.len() as u32;
            *client = 1_000 - *names.entry(*client).or_insert(next);
        }
        script.history().expect("only the names are new")
    };
    let effort = |history| -> Effort { decide(&Register::default(), history, Bounds::NONE).1 };
    assert_eq!(effort(&history), effort(&renamed));
}
