//! Whatever cannot be done: one line on standard error that helps, nothing on standard output,
//! exit code 2.

use tempfile::tempdir;

use crate::logs::{changed, small};
use crate::{Ran, run, text};

/// Asserts that a command is refused in one line that has these words in it.
fn refused(arguments: &[&str], words: &[&str]) {
    let Ran { code, out, errors } = run(arguments);
    assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {errors}");
    assert_eq!(errors.trim_end().lines().count(), 1, "{arguments:?}: {errors}");
    for word in words {
        assert!(errors.contains(word), "{arguments:?}: {word:?} is not in {errors:?}");
    }
}

#[test]
fn usage_that_makes_no_sense_is_refused_in_one_line() {
    refused(&[], &["no command", "--help"]);
    refused(&["--json"], &["no command", "--help"]);
    refused(&["nosuch"], &["'nosuch'", "--help"]);
    refused(&["lst"], &["'lst'; a similar", "'list'"]);
    refused(&["run", "counter"], &["--seed"]);
    refused(&["run", "counter", "--seed", "-1"], &["'-1'", "from 0 to 18446744073709551615"]);
    refused(&["campaign", "counter", "--jobs", "0"], &["--jobs", "1 to 1024 threads"]);
    refused(&["campaign", "counter", "--jobs", "1025"], &["1 to 1024 threads"]);
    refused(&["campaign", "counter", "--jobs", "-1"], &["1 to 1024 threads"]);
    refused(&["campaign", "counter", "--seeds", "7"], &["0..2000"]);
    refused(&["campaign", "counter", "--seeds", "-3..5"], &["0..2000"]);
    refused(&["campaign", "counter", "--seeds", "7..7"], &["empty", "larger"]);
    refused(&["campaign", "counter", "--seeds", "7..3"], &["empty", "larger"]);
    refused(&["campaign", "counter", "--for", "0s"], &["90s or 8h"]);
    refused(&["campaign", "counter", "--for", "soon"], &["90s or 8h"]);
    refused(&["campaign", "counter", "--for", "-3s"], &["90s or 8h"]);
    refused(&["planted", "--seeds", "3..1"], &["empty"]);
}

#[test]
fn unknown_names_come_with_those_that_are_close() {
    refused(&["run", "conter", "--seed", "1"], &["\"conter\"", "did you mean counter?"]);
    refused(&["campaign", "xyz"], &["\"xyz\"", "stormglass list"]);
    refused(&["campaign", "counter", "--planted", "answer"], &["did you mean answers-first?"]);
    refused(&["campaign", "all", "--planted", "tells"], &["did you mean tells-once?"]);
    refused(&["run", "counter", "--seed", "1", "--planted", "q"], &["stormglass list"]);
    refused(&["planted", "conter"], &["did you mean counter?"]);
    refused(&["campaign", "conter*"], &["\"conter*\"", "did you mean counter?"]);
    refused(&["planted", "*xyz"], &["\"*xyz\"", "stormglass list"]);
    refused(&["campaign", &"*".repeat(100_000)], &["stormglass list"]);
    refused(&["run", &"x".repeat(100_000), "--seed", "1"], &["stormglass list"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_refused_before_the_campaign() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("the folder can be written to");
    let below = file.join("below");
    refused(&["campaign", "counter", "--out", text(&file)], &[text(&file), "--out"]);
    refused(&["campaign", "all", "--out", text(&below)], &[text(&below), "--out"]);
    refused(&["planted", "--out", text(&below)], &[text(&below), "--out"]);
    let out = folder.path().join("out");
    refused(&["planted", "--out", text(&out), "--keep", text(&below)], &[text(&below), "--keep"]);
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("new").join("out");
    let ran = run(&["campaign", "counter", "--seeds", "0..50", "--out", text(&out)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read_dir(&out).expect("it was made").count(), 0);
}

#[test]
fn files_that_are_no_logs_are_refused_with_the_place_in_them() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder can be written to");
        path
    };
    let change = |name: &str, change: fn(&mut serde_json::Value)| changed(&log, name, change);
    let cases = [
        (folder.path().join("missing.json"), "check the path"),
        (folder.path().to_owned(), "check the path"),
        (file("empty.json", b""), "empty"),
        (file("broken.json", b"{\n  \"format\": x"), "line 2, column"),
        (file("cut.bin", b"STORMGLS\x01"), "ends too early"),
        (change("newer.json", |log| log["format"] = 9.into()), "newer"),
        (change("scenario.json", |log| log["scenario"] = "cunter".into()), "did you mean counter?"),
        (
            change("bug.json", |log| log["planted"] = "answers".into()),
            "did you mean answers-first?",
        ),
        (change("name.json", |log| log["scenario"] = "x".repeat(300).into()), "200 bytes"),
        (change("key.json", |log| log["a\nb\u{1b}[2J"] = 1.into()), "unknown field"),
        (
            change("nodes.json", |log| {
                log["deviations"] = serde_json::json!([{"nodes": {"count": 9}}])
            }),
            "a cluster of 9",
        ),
    ];
    for (path, words) in &cases {
        for command in ["replay", "story", "shrink"] {
            refused(&[command, text(path)], &[text(path), words]);
        }
        refused(&["replay", "--json", text(path)], &[words]);
    }
}

#[test]
fn logs_are_not_written_where_they_must_not_be() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let other = folder.path().join("log.txt");
    refused(&["convert", text(&log), text(&other)], &[".json", ".bin"]);
    refused(&["shrink", text(&log), "--out", text(&other)], &[".json", ".bin"]);
    let below = log.join("below.json");
    refused(&["shrink", text(&log), "--out", text(&below)], &["no file can be made there"]);
    let shrunk = folder.path().join("log.shrunk.json");
    std::fs::rename(&log, &shrunk).expect("the folder can be written to");
    refused(&["shrink", text(&shrunk)], &["overwritten", "--out"]);
    let named = run(&["shrink", text(&shrunk), "--out", text(&shrunk)]);
    assert_eq!(named.code, 0, "who names it means it: {named:?}");
}

#[test]
fn a_corpus_without_logs_is_refused() {
    let folder = tempdir().expect("a folder");
    refused(&["corpus", text(folder.path())], &["no .json and no .bin"]);
    let missing = folder.path().join("missing");
    refused(&["corpus", text(&missing)], &["name the folder"]);
}
