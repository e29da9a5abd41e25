//! Histories as text: what is written is read back, and what is wrong is refused with its place.

mod support;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_history::form::jepsen::{self, Notation};
use stormglass_history::form::{edn::Edn, json};
use stormglass_history::models::counter::Counter;
use stormglass_history::models::keyed::Keyed;
use stormglass_history::models::list::List;
use stormglass_history::models::lock::Lock;
use stormglass_history::models::map::Map;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_history::{
    ClientId, History, HistoryError, HistoryOf, ImportError, Limits, Outcome,
};
use support::clients::Clients;
use support::dice::Dice;
use support::draw::Draw;

fn drawn<T: Draw>(object: &T, seed: u64) -> HistoryOf<T> {
    let clients = Clients { clients: 5, calls: 60, unknown: 100, failing: 100 };
    let script = clients.run(object, &mut Dice::new(seed), &mut |dice| object.draw(dice));
    script.history().expect("clients make no malformed history")
}

fn both_forms<M: Notation>(model: &M, drawn: impl Fn(&M, u64) -> HistoryOf<M>)
where
    M::Operation: Serialize + DeserializeOwned,
    M::Result: Serialize + DeserializeOwned + PartialEq,
{
    for seed in 0..50 {
        let history = drawn(model, seed);
        let text = jepsen::write(model, &history);
        let read = jepsen::read(model, &text, Limits::default());
        assert_eq!(read.as_ref(), Ok(&history), "{text}");
        let text = json::write(&history).expect("it can be written");
        let read = json::read(&text, Limits::default());
        assert_eq!(read.as_ref(), Ok(&history), "{text}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    both_forms(&Register::<i64>::default(), drawn);
    both_forms(&Map::<i64, i64>::new(), drawn);
    both_forms(&List::<i64>::new(), drawn);
    both_forms(&Counter, drawn);
    both_forms(&Queue::<i64>::new(), drawn);
    both_forms(&Lock, drawn);
}

#[test]
fn many_objects_are_written_with_their_keys() {
    let model = Keyed::<_, String>::new(Register::<i64>::default());
    let client = ClientId(4);
    let mut history = History::new();
    let write = ("a".to_owned(), RegisterOperation::Write(1));
    let change = ("b \"c\"".to_owned(), RegisterOperation::CompareAndSet(1, 2));
    history.invoke(client, 5, write).expect("it is free");
    history.complete(client, 6, RegisterResult::Written).expect("it is open");
    history.invoke(client, 7, change).expect("it is free");
    history.complete(client, 9, RegisterResult::Set(false)).expect("it is open");
    let text = jepsen::write(&model, &history);
    let lines = [
        r#"{:index 0, :type :invoke, :process 4, :f :write, :value ["a" 1], :time 5}"#,
        r#"{:index 1, :type :ok, :process 4, :f :write, :value ["a" 1], :time 6}"#,
        r#"{:index 2, :type :invoke, :process 4, :f :cas, :value ["b \"c\"" [1 2]], :time 7}"#,
        r#"{:index 3, :type :fail, :process 4, :f :cas, :value ["b \"c\"" [1 2]], :time 9, :result false}"#,
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    assert_eq!(jepsen::read(&model, &text, Limits::default()), Ok(history));
}

#[test]
fn a_client_that_goes_on_after_a_timeout_is_a_new_process_for_jepsen() {
    let (one, two) = (ClientId(1), ClientId(2));
    let mut history: HistoryOf<Register> = History::new();
    for time in [10, 20, 30] {
        history.invoke(one, time, RegisterOperation::Read).expect("it is free");
        history.unknown(one, time + 1).expect("it is open");
    }
    history.invoke(two, 40, RegisterOperation::Read).expect("it is free");
    let text = jepsen::write(&Register::default(), &history);
    let of = |line: &str, field| Edn::read(line).expect("it is EDN").get(field).cloned();
    let processes: Vec<_> = text.lines().filter_map(|line| of(line, "process")).collect();
    let numbers = [1, 1, 4, 4, 7, 7, 2].map(Edn::Integer);
    assert_eq!(processes, numbers);
    assert_eq!(jepsen::read(&Register::default(), &text, Limits::default()), Ok(history));
}

#[test]
fn what_jepsen_writes_is_read_with_its_nemesis_its_tags_and_without_times() {
    let text = "
        [#jepsen.history.Op{:index 0, :process 3, :type :invoke, :f :write, :value 1}
         {:process :nemesis, :type :info, :f :start-partition, :value #{n1 n2}}
         {:process 3, :type :info, :f :write, :value 1, :error [:timeout 1.5]}
         {:process 4, :type :invoke, :f :cas, :value (1 2), :time 17}
         {:process 4, :type :fail, :f :cas, :value [1 2], :error \"no\"}]";
    let history = jepsen::read(&Register::<i64>::default(), text, Limits::default());
    let history = history.expect("it can be read");
    let [write, change] = history.calls() else { panic!("{history:?}") };
    assert!(matches!(write.outcome, Outcome::Unknown { at: Some(_) }));
    assert_eq!((change.client, change.invoked.nanoseconds), (ClientId(4), 17));
    assert!(matches!(change.outcome, Outcome::Failed { at } if at.nanoseconds == 17));
}

/// Why an EDN text is refused as the history of a register.
fn refused(text: &str) -> String {
    let read = jepsen::read(&Register::<i64>::default(), text, Limits::default());
    read.expect_err("it is wrong").to_string()
}

#[test]
fn what_is_wrong_in_edn_is_told_with_line_and_field() {
    let invoke = "{:process 0, :type :invoke, :f :read}\n";
    for (text, expected) in [
        ("{:process 0", "line 1: what begins in line 1 needs a }"),
        ("[\n1]", "line 2: an event is a map, not 1"),
        ("{:type :ok}", "line 1: :process: it is missing"),
        ("{:process 1}", "line 1: :type: it is missing"),
        ("{:process -1 :type :ok}", "line 1: :process: -1 is not a number"),
        ("{:process 4294967296 :type :ok}", "line 1: :process: 4294967296 is too large"),
        ("{:process 1 :client nil :type :ok}", "line 1: :client: nil is not a number"),
        ("{:process 1 :type ok}", "line 1: :type: ok is not :invoke, :ok, :fail or :info"),
        ("{:process 1 :type :invoke}", "line 1: :f: it is missing"),
        ("{:process 1 :type :invoke :f 7}", "line 1: :f: a keyword is needed"),
        ("{:process 1 :type :invoke :f :pop}", "line 1: :f: the model has no such operation"),
        ("{:process 1 :type :invoke :f :write}", "line 1: :value: nil is not a value"),
        ("{:process 1 :type :invoke :f :cas :value [1]}", "line 1: :value: [1] is not two values"),
        ("{:process 1 :time -5 :type :info}", "line 1: :time: -5 is not a number"),
        (
            "{:process 1 :type :ok :f :read}",
            "line 1: client 1 has no open call that could complete, fail or time out",
        ),
        ("{:process 0, :type :ok, :f :write}", "line 2: :f: the open call of client 0 is a read"),
        ("{:process 0, :type :ok, :f :read, :value x}", "line 2: :value: x is not a value or nil"),
        (
            "{:process 0, :type :invoke, :f :read}",
            "line 2: client 0 invokes an operation while its call #0 is open",
        ),
        (
            "{:process 0, :type :fail, :f :read, :result 1}",
            "line 2: :result: 1 is not a result: a read or write is never refused",
        ),
    ] {
        let text = if expected.starts_with("line 2: ") && !text.starts_with('[') {
            format!("{invoke}{text}")
        } else {
            text.to_owned()
        };
        assert_eq!(refused(&text), expected, "{text}");
    }
    let long = format!("{{:process 1 :type {}}}", "y".repeat(1_000));
    assert!(refused(&long).len() < 200, "{}", refused(&long));
    assert_eq!(refused("[] 7"), "line 1: there is something after the history");
    let back = "{:process 1 :type :invoke :f :read :time 9}\n{:process 1 :type :info :time 8}";
    assert_eq!(refused(back), "line 2: the event at 8 ns comes after one at 9 ns");
}

type RegisterHistory = HistoryOf<Register>;

fn refused_json(text: &str) -> ImportError {
    let read: Result<RegisterHistory, _> = json::read(text, Limits::default());
    read.expect_err("it is wrong")
}

#[test]
fn what_is_wrong_in_json_is_told_with_line_and_field() {
    let field = |line, field: &str, problem: &str| ImportError::Field {
        line,
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    let event = |event: &str| refused_json(&format!("{{\"version\":1,\"events\":[\n{event}\n]}}"));
    let client = "\"client\":0,\"time\":1";
    assert_eq!(
        event("{\"type\":\"invoke\",\"client\":\"a\",\"time\":1}"),
        field(2, "events[0].client", "invalid type: string \"a\", expected u32"),
    );
    assert_eq!(
        event(&format!("{{\"type\":\"invoke\",{client},\"operation\":{{\"write\":true}}}}")),
        field(2, "events[0].operation.write", "invalid type: boolean `true`, expected i64"),
    );
    assert_eq!(
        event(&format!("{{\"type\":\"invoke\",{client}}}")),
        field(2, "events[0]", "`invoke` needs `operation` and no `result`"),
    );
    assert_eq!(
        event(&format!("{{\"type\":\"unknown\",{client}}}")),
        field(2, "events[0]", "client 0 has no open call that could complete, fail or time out"),
    );
    assert_eq!(
        event("{\"type\":\"invoke\",\"time\":1}"),
        field(2, "events[0]", "missing field `client`"),
    );
    assert_eq!(
        event(&format!("{{\"type\":\"invoke\",{client},\"why\":1}}")),
        field(
            2,
            "events[0].why",
            "unknown field `why`, expected one of `type`, `client`, `time`, `operation`, `result`"
        ),
    );
    for (text, problem) in [
        ("{\"version\":2,\"events\":[]}", "version 2 of the form is not known, 1 is"),
        ("{\"events\":[]}", "the first field must be `version`"),
        ("{\"version\":1}", "the second field must be `events`"),
        ("{\"version\":1,\"events\":[],\"more\":1}", "unknown field `more`"),
        ("[]", "invalid type: sequence, expected a map with `version` and `events`"),
        ("{\"version\":1,\"events\":[]} x", "trailing characters"),
        ("", "EOF while parsing a value"),
    ] {
        let told = refused_json(text).to_string();
        assert!(told.starts_with("line ") && told.ends_with(problem), "{text}: {told}");
    }
}

#[test]
fn too_much_is_refused() {
    let history = drawn(&Counter, 1);
    let (edn, json) = (jepsen::write(&Counter, &history), json::write(&history).expect("numbers"));
    let events = history.events().count();
    let enough = Limits { events, ..Limits::default() };
    assert_eq!(jepsen::read(&Counter, &edn, enough).as_ref(), Ok(&history));
    assert_eq!(json::read(&json, enough).as_ref(), Ok(&history));
    let few = Limits { events: events - 1, ..Limits::default() };
    let error = ImportError::TooManyEvents { line: events, most: events - 1 };
    assert_eq!(jepsen::read(&Counter, &edn, few), Err(error));
    let refused: Result<HistoryOf<Counter>, _> = json::read(&json, few);
    let error = ImportError::Field {
        line: events + 1,
        field: format!("events[{}]", events - 1),
        problem: format!("more than {} events", events - 1),
    };
    assert_eq!(refused, Err(error));
    let short = Limits { bytes: 100, ..Limits::default() };
    let error = |bytes| ImportError::TooLarge { bytes, most: 100 };
    assert_eq!(jepsen::read(&Counter, &edn, short), Err(error(edn.len())));
    assert_eq!(json::read::<(), ()>(&json, short), Err(error(json.len())));
}

#[test]
fn a_history_refuses_what_does_not_fit_and_stays_as_it_was() {
    let (one, two) = (ClientId(1), ClientId(2));
    let mut history: History<&str, u32> = History::new();
    let open = history.invoke(one, 10, "read").expect("it is free");
    let before = history.clone();
    assert_eq!(history.invoke(one, 11, "read"), Err(HistoryError::Busy { client: one, open }));
    assert_eq!(history.complete(two, 11, 7), Err(HistoryError::NothingOpen { client: two }));
    let back = HistoryError::TimeGoesBack { nanoseconds: 9, before: 10 };
    assert_eq!(history.invoke(two, 9, "read"), Err(back));
    assert_eq!(history.complete(one, 9, 7), Err(back));
    assert_eq!(history, before);
    assert_eq!(history.complete(one, 10, 7), Ok(open));
    assert_eq!(history.fail(one, 10), Err(HistoryError::NothingOpen { client: one }));
}

/// A text with some of it cut out, doubled or replaced.
fn damaged(text: &str, places: &[(usize, usize, char)]) -> String {
    let mut damaged: Vec<char> = text.chars().collect();
    for &(at, length, with) in places {
        let from = at % damaged.len().max(1);
        let to = (from + length).min(damaged.len());
        damaged.splice(from..to, [with]);
    }
    damaged.into_iter().collect()
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "[\\[\\]{}()#_:;\", a-z0-9.\\\\\n-]{0,200}") {
        let _ = jepsen::read(&Register::<i64>::default(), &text, Limits::default());
        let _ = Edn::read(&text);
        let read: Result<RegisterHistory, _> = json::read(&text, Limits::default());
        prop_assert!(read.is_err());
    }

    #[test]
    fn damage_is_told_or_leaves_a_history(
        seed in 0_u64..20,
        places in prop::collection::vec((0_usize..10_000, 0_usize..4, prop::char::any()), 1..4),
    ) {
        let history = drawn(&Register::<i64>::default(), seed);
        let edn = damaged(&jepsen::write(&Register::default(), &history), &places);
        if let Ok(read) = jepsen::read(&Register::<i64>::default(), &edn, Limits::default()) {
            let again = jepsen::write(&Register::default(), &read);
            prop_assert_eq!(jepsen::read(&Register::default(), &again, Limits::default()), Ok(read));
        }
        let json = damaged(&json::write(&history).expect("numbers"), &places);
        let read: Result<RegisterHistory, _> = json::read(&json, Limits::default());
        if let Ok(read) = read {
            let again = json::write(&read).expect("numbers");
            prop_assert_eq!(json::read(&again, Limits::default()), Ok(read));
        }
    }
}
