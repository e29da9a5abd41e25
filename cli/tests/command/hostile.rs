//! A log is untrusted: whatever stands in it, the command replays it or says in one line what is
//! wrong, and neither panics nor hangs.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use stormglass_replay::misleads;
use tempfile::{TempDir, tempdir};

use crate::logs::find;
use crate::{run, text};

/// A log with deviations of every family, in both forms.
static LOG: LazyLock<(TempDir, PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = tempdir().expect("a folder");
    let json = find(folder.path(), "answers-first", "1");
    let compact = json.with_extension("bin");
    assert_eq!(run(&["convert", text(&json), text(&compact)]).code, 0);
    (folder, json, compact)
});

fn json_log() -> Value {
    serde_json::from_slice(&bytes(&LOG.1)).expect("the log is JSON")
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the log is there")
}

/// Gives these bytes to every command that reads logs; returns the exit code of the replay.
fn withstood(bytes: &[u8]) -> u8 {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("hostile.json");
    std::fs::write(&path, bytes).expect("the folder can be written to");
    let path = text(&path);
    let page = folder.path().join("page.html");
    let commands: [&[&str]; 4] = [
        &["replay", path],
        &["replay", path, "--healthy", "--story", "--json"],
        &["story", path],
        &["story", path, "--html", text(&page)],
    ];
    let codes = commands.map(|arguments| {
        let ran = run(arguments);
        match ran.code {
            0 | 1 => assert_eq!(ran.errors, ""),
            2 => {
                assert_eq!(ran.errors.trim_end().lines().count(), 1, "{:?}", ran.errors);
                assert!(ran.errors.contains(path), "{:?}", ran.errors);
                assert!(ran.errors.len() < 2_000, "{:?}", ran.errors);
                assert_eq!(ran.out, "");
            }
            code => panic!("{arguments:?} exits with {code}"),
        }
        let said = format!("{}{}", ran.out, ran.errors);
        assert!(!said.contains(|letter: char| misleads(letter) && letter != '\n'), "{said:?}");
        ran.code
    });
    codes[0]
}

/// What a value of a log may be replaced by.
fn odd_value() -> impl Strategy<Value = Value> {
    let odd = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(i32::MIN),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("1s\u{1b}[2J\n\u{0}"),
        json!("365days"),
        json!("584years"),
        json!("99999999999999999999999999s"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({"nodes": {"count": 3}}),
        json!({"links": [[0, 1], [1, 0], [0, 4_294_967_295_u32]]}),
    ];
    prop_oneof![4 => prop::sample::select(odd), 1 => any::<i32>().prop_map(|n| json!(n))]
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Add(String, Value),
    Repeat(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        5 => odd_value().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        2 => ("[a-z\n]{0,9}", odd_value()).prop_map(|(key, value)| Change::Add(key, value)),
        1 => (2..40_usize).prop_map(Change::Repeat),
    ]
}

/// All values inside a value, by the way that leads to them.
fn places(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            places(value, format!("{here}/{key}"), all);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(position, value)| {
            places(value, format!("{here}/{position}"), all);
        }),
        _ => {}
    }
    all.push(here);
}

fn apply(log: &mut Value, place: Index, change: Change) {
    let mut all = Vec::new();
    places(log, String::new(), &mut all);
    let place = place.get(&all);
    let parent = place.rsplit_once('/').map(|(parent, last)| (parent.to_owned(), last.to_owned()));
    let value = log.pointer_mut(place).expect("it is there");
    match change {
        Change::Replace(by) => *value = by,
        Change::Add(key, more) => match value {
            Value::Object(fields) => drop(fields.insert(key, more)),
            Value::Array(items) => items.push(more),
            other => *other = more,
        },
        Change::Repeat(times) => {
            if let Value::Array(items) = value {
                let once = std::mem::take(items);
                *items = std::iter::repeat_n(once, times).flatten().collect();
            }
        }
        Change::Remove => {
            let parent = parent.and_then(|(parent, last)| Some((log.pointer_mut(&parent)?, last)));
            match parent {
                Some((Value::Object(fields), last)) => drop(fields.remove(&last)),
                Some((Value::Array(items), last)) => {
                    items.remove(last.parse().expect("a position"));
                }
                _ => *log = Value::Null,
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Truncate(Index),
    /// A length or a number that is out of all bounds, as the compact form writes it.
    Huge(Index, u64),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let huge = prop_oneof![Just(u64::MAX), Just(1 << 62), Just(31 << 20), Just(1 << 31)];
    prop_oneof![
        5 => (any::<Index>(), 1..=255_u8).prop_map(|(at, by)| Damage::Flip(at, by)),
        1 => any::<Index>().prop_map(Damage::Truncate),
        3 => (any::<Index>(), huge).prop_map(|(at, huge)| Damage::Huge(at, huge)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..20)).prop_map(|(at, by)| Damage::Insert(at, by)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: Vec<Damage>) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        match damage {
            Damage::Flip(at, by) => *at.get_mut(&mut bytes) ^= by,
            Damage::Truncate(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Huge(at, huge) => {
                let at = at.index(bytes.len());
                let written = [&[253][..], &huge.to_le_bytes()].concat();
                bytes.splice(at..=at, written);
            }
            Damage::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_json_is_withstood(changes in vec((any::<Index>(), change()), 1..4)) {
        let mut log = json_log();
        for (place, change) in changes {
            apply(&mut log, place, change);
        }
        withstood(log.to_string().as_bytes());
    }

    #[test]
    fn damaged_json_is_withstood(damages in vec(damage(), 1..4)) {
        withstood(&damaged(bytes(&LOG.1), damages));
    }

    #[test]
    fn damaged_compact_logs_are_withstood(damages in vec(damage(), 1..4)) {
        withstood(&damaged(bytes(&LOG.2), damages));
    }
}

/// A log with these deviations.
fn log_of(deviations: Vec<Value>) -> Vec<u8> {
    let mut log = json_log();
    log["deviations"] = deviations.into();
    log.to_string().into_bytes()
}

#[test]
fn the_log_that_is_damaged_is_a_good_one() {
    assert_eq!((withstood(&bytes(&LOG.1)), withstood(&bytes(&LOG.2))), (0, 0));
}

#[test]
fn too_much_of_anything_is_refused() {
    let flush = json!({"flush": {"node": 0, "nth": 0, "slow": "0s"}});
    let cut = json!({"cut": {"shape": "ring", "at": "0s", "lasts": "365days"}});
    let kind =
        |nth| json!({"timer": {"node": 0, "kind": format!("{nth}"), "nth": 0, "late": "1s"}});
    let drift = json!({"clock": {"node": 0, "ahead_ns": 0, "drift_ppm": i32::MIN}});
    assert_eq!(withstood(&log_of(vec![flush.clone(); 600_000])), 2);
    assert_eq!(withstood(&log_of(vec![flush; 1_000_000])), 2, "larger than any log");
    assert_eq!(withstood(&log_of(vec![cut; 1_001])), 2);
    assert_eq!(withstood(&log_of((0..1_001).map(kind).collect())), 2);
    assert_eq!(withstood(&log_of(vec![drift])), 2);
}

#[test]
fn a_log_of_other_code_cannot_ask_for_more_than_there_is() {
    let with = |nodes: u32, distances: usize| {
        let mut log = json_log();
        let begins = json!(vec!["1: Tell 0 + 1s"; distances]);
        log["deviations"] = json!([{"nodes": {"count": nodes}}]);
        log["context"]["fewest"] = json!(3);
        log["context"]["places"] =
            json!([{"begins": begins, "ends": [], "step": null, "effect": null}]);
        withstood(log.to_string().as_bytes())
    };
    assert_eq!((with(4_000_000_000, 0), with(4, 9)), (2, 2));
    assert_ne!(with(1_000, 8), 2, "read for a cluster that there is");
}

#[test]
fn as_much_as_is_allowed_is_replayed() {
    let flush = |nth| json!({"flush": {"node": 0, "nth": nth, "slow": "365days"}});
    let cut = json!({"cut": {"shape": "ring", "at": "0s", "lasts": "365days"}});
    assert_eq!(withstood(&log_of((0..100_000).map(flush).collect())), 1);
    assert_eq!(withstood(&log_of(vec![cut; 1_000])), 1);
}

#[test]
fn what_a_log_says_cannot_steer_the_terminal() {
    let mut log = json_log();
    log["story"] =
        json!(["\u{1b}[2J", "delete \u{7f}", "next line \u{85}", "back \u{8}", "turned \u{202e}"]);
    assert_eq!(withstood(log.to_string().as_bytes()), 0);
}

#[test]
fn a_huge_log_does_not_make_huge_words() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("huge.json");
    let flush = |nth| json!({"flush": {"node": 0, "nth": 1_000_000 + nth, "slow": "1s"}});
    let mut log = json_log();
    log["deviations"] = (0..10_000).map(flush).collect();
    log["story"] = json!(["x".repeat(1_000_000)]);
    std::fs::write(&path, log.to_string()).expect("the folder can be written to");
    let ran = run(&["replay", text(&path)]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("and 9992 more that met nothing"), "{}", ran.out);
    assert!(ran.out.len() < 2_000, "{}", ran.out);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{{\"format\": 1, \"more\": {}", "[".repeat(1_000_000));
    assert_eq!(withstood(deep.as_bytes()), 2);
}
