//! A campaign is held against an earlier one.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{Ran, run, text};

const CAMPAIGN: [&str; 4] = ["campaign", "counter", "--planted", "answers-first"];

/// Runs a campaign that fails, with more arguments.
fn failing(folder: &Path, more: &[&str]) -> Ran {
    run(&[&CAMPAIGN[..], &["--seeds", "0..20", "--out", text(folder)], more].concat())
}

/// Compares a campaign with what it has just said itself, after an edit of that.
fn compared_after(edit: impl FnOnce(&mut Value)) -> (Ran, Value) {
    let folder = tempdir().expect("a folder");
    let old = folder.path().join("old.json");
    let mut report: Value =
        serde_json::from_str(&failing(folder.path(), &["--json"]).out).expect("a report");
    edit(&mut report);
    std::fs::write(&old, report.to_string()).expect("a file");
    let told = failing(folder.path(), &["--compare", text(&old)]);
    let objects = failing(folder.path(), &["--compare", text(&old), "--json"]);
    assert_eq!((told.code, &*told.errors, &*objects.errors), (objects.code, "", ""));
    (told, serde_json::from_str(&objects.out).expect("one JSON object and nothing else"))
}

#[test]
fn what_failed_before_is_no_worse_and_what_did_not_is() {
    let (told, object) = compared_after(|_| {});
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains(": no worse than the earlier campaign\n"), "{}", told.out);
    assert_eq!(object["comparison"]["trend"], "same");
    assert_eq!(object["scenario"], "counter", "the report is there as well");

    let (told, object) = compared_after(|report| report["failures"] = json!([]));
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains(": WORSE than the earlier campaign\n"), "{}", told.out);
    assert!(told.out.contains("WORSE   a new failure, in "), "{}", told.out);
    assert_eq!(object["comparison"]["changes"][0]["trend"], "worse");
}

#[test]
fn several_scenarios_are_compared_each_with_itself() {
    let folder = tempdir().expect("a folder");
    let old = folder.path().join("old.json");
    let seeds = ["campaign", "all", "--seeds", "0..20", "--out", text(folder.path())];
    let report = run(&[&seeds[..], &["--json"]].concat());
    std::fs::write(&old, report.out).expect("a file");
    let again = run(&[&seeds[..], &["--compare", text(&old), "--json"]].concat());
    let object: Value = serde_json::from_str(&again.out).expect("one JSON object");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(object["comparisons"][0]["scenario"], "counter");
}

#[test]
fn what_is_no_report_is_refused_before_anything_is_run() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("old.json");
    let refused = |content: &str| {
        std::fs::write(&path, content).expect("a file");
        let ran = failing(folder.path(), &["--compare", text(&path)]);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{ran:?}");
        ran.errors
    };
    assert!(refused("{").contains("name a file that campaign --json has written"));
    assert!(refused("{}").contains("name a file that campaign --json has written"));
    let other = refused(r#"{"scenarios": []}"#);
    assert!(other.contains("is of none of these scenarios"), "{other}");
    let absent = failing(folder.path(), &["--compare", "/absent/old.json"]);
    assert_eq!(absent.code, 2);
}

#[test]
fn every_seed_can_be_run_twice() {
    let folder = tempdir().expect("a folder");
    let seeds = ["campaign", "counter", "--seeds", "0..100", "--out", text(folder.path())];
    let report = |more: &[&str]| -> Value {
        let ran = run(&[&seeds[..], &["--json"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).expect("one JSON object")
    };
    assert_eq!(report(&["--twice"])["chains"], report(&[])["chains"]);
}
