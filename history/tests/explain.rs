//! What a violation says, word for word.

use stormglass_history::form::jepsen::{self, Notation};
use stormglass_history::models::keyed::Keyed;
use stormglass_history::models::lock::Lock;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::Register;
use stormglass_history::{Bounds, CallId, Fate, HistoryOf, Limits, ViolationOf, check};

fn violation<M: Notation>(model: &M, text: &str) -> (HistoryOf<M>, ViolationOf<M>) {
    let history = jepsen::read(model, text, Limits::default()).expect("the history is right");
    let verdict = check(model, &history, Bounds::default()).verdict;
    let violation = verdict.violation().expect("it is not linearizable").clone();
    (history, violation)
}

/// Compares the text of a violation; lines are trimmed at their ends.
fn told<M: Notation>(model: &M, text: &str, expected: &str) {
    let (history, violation) = violation(model, text);
    let told = violation.describe(model, &history);
    assert_eq!(told.trim(), expected.trim(), "it says:\n{told}");
}

const STALE_READ: &str = "
    {:process 0, :type :invoke, :f :write, :value 1, :time 0}
    {:process 0, :type :ok, :f :write, :value 1, :time 100}
    {:process 0, :type :invoke, :f :write, :value 2, :time 200}
    {:process 1, :type :invoke, :f :read, :value nil, :time 210}
    {:process 1, :type :ok, :f :read, :value 2, :time 300}
    {:process 2, :type :invoke, :f :write, :value 5, :time 310}
    {:process 3, :type :invoke, :f :read, :value nil, :time 320}
    {:process 3, :type :ok, :f :read, :value 1, :time 400}
    {:process 0, :type :ok, :f :write, :value 2, :time 500}
    {:process 2, :type :info, :f :write, :value 5, :time 600}";

#[test]
fn a_stale_read_is_told_with_the_states_that_are_possible() {
    told(
        &Register::<i64>::default(),
        STALE_READ,
        "
register: not linearizable
client 3: read -> 1 fits nowhere
  invoked at 320 ns (event 6), completed at 400 ns (event 7)
before its completion 3 calls can be put in order: client 0: write 1, client 0: write 2 (open), client 1: read -> 2
in state 2, after client 0: write 1, client 0: write 2 (open), client 1: read -> 2:
  client 3: read -> 1 would return 2
  client 2: write 5 (open) leads to state 5
in state 5, after ..., client 0: write 2 (open), client 1: read -> 2, client 2: write 5 (open):
  client 3: read -> 1 would return 5

client 0  |-- write 1 --| |-- write 2 ----------------------------|
client 1                    |-- read -> 2 --|
client 2                                      |-- write 5 ...
client 3                                        |-- read -> 1 --|
                                                ^^^^^^^^^^^^^^^^^
",
    );
}

#[test]
fn a_violation_is_data() {
    let (_, violation) = violation(&Register::<i64>::default(), STALE_READ);
    assert_eq!(violation.call, CallId(4));
    assert!(violation.shortest && violation.all_dead_ends);
    assert_eq!(violation.prefix, [CallId(0), CallId(1), CallId(2)]);
    let states: Vec<_> = violation.dead_ends.iter().map(|end| end.state).collect();
    assert_eq!(states, [Some(2), Some(5)]);
    let first = &violation.dead_ends[0];
    let fates: Vec<_> = first.candidates.iter().map(|it| (it.call, &it.fate)).collect();
    let leads_on = Fate::LeadsTo(vec![Some(5)]);
    assert_eq!(fates, [(CallId(4), &Fate::Refused), (CallId(3), &leads_on)]);
}

#[test]
fn a_result_that_others_contradict_beforehand_is_the_one_that_is_wrong() {
    // The read is right as long as the compare-and-set may succeed.
    told(
        &Register { initial: Some(0) },
        "{:process 0, :type :invoke, :f :cas, :value [0 1]}
         {:process 1, :type :invoke, :f :read, :value nil}
         {:process 1, :type :ok, :f :read, :value 1}
         {:process 0, :type :fail, :f :cas, :value [0 1], :result false}",
        "
register: not linearizable
client 0: cas 0 to 1 -> false fits nowhere
  invoked at 0 ns (event 0), completed at 0 ns (event 3)
before its completion 2 calls can be put in order: client 0: cas 0 to 1 (open), client 1: read -> 1
in state 0, at the beginning:
  client 0: cas 0 to 1 -> false would return true, and it must come before client 1: read -> 1

client 0  |-- cas 0 to 1 -> false --|
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^
client 1    |-- read -> 1 --|
",
    );
}

#[test]
fn a_key_is_told_and_only_its_calls() {
    told(
        &Keyed::<_, String>::new(Queue::<i64>::new()),
        "{:process 0, :type :invoke, :f :enqueue, :value [\"jobs\" 1]}
         {:process 1, :type :invoke, :f :enqueue, :value [\"mail\" 7]}
         {:process 0, :type :ok, :f :enqueue, :value [\"jobs\" 1]}
         {:process 1, :type :ok, :f :enqueue, :value [\"mail\" 7]}
         {:process 0, :type :invoke, :f :dequeue, :value [\"jobs\" nil]}
         {:process 0, :type :fail, :f :dequeue, :value [\"jobs\" nil], :result :empty}",
        "
queue, key \"jobs\": not linearizable
client 0: dequeue -> empty fits nowhere
  invoked at 0 ns (event 4), completed at 0 ns (event 5)
before its completion one call can be placed: client 0: enqueue 1
in state [1], after client 0: enqueue 1:
  client 0: dequeue -> empty would return 1

client 0  |-- enqueue 1 --| |-- dequeue -> empty --|
                            ^^^^^^^^^^^^^^^^^^^^^^^^
",
    );
}

#[test]
fn a_lock_that_two_hold_is_told() {
    told(
        &Lock,
        "{:process 0, :type :invoke, :f :acquire, :value 10}
         {:process 1, :type :invoke, :f :acquire, :value 11}
         {:process 1, :type :ok, :f :acquire, :value 11}
         {:process 0, :type :ok, :f :acquire, :value 10}",
        "
lock: not linearizable
client 0: acquire by 10 -> acquired fits nowhere
  invoked at 0 ns (event 0), completed at 0 ns (event 3)
before its completion one call can be placed: client 1: acquire by 11 -> acquired
in state held by 11, after client 1: acquire by 11 -> acquired:
  client 0: acquire by 10 -> acquired would return busy

client 0  |-- acquire by 10 -> acquired ------|
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
client 1    |-- acquire by 11 -> acquired --|
",
    );
}
