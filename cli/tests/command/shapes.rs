//! What programs may rely on: the fields of each `--json`, the forms of a log, and the help.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::logs::{changed, crash, find, small};
use crate::{NEVER, run, run_on, text};

fn object(arguments: &[&str]) -> Value {
    let ran = run(arguments);
    assert_eq!(ran.errors, "");
    let value: Value = serde_json::from_str(&ran.out).expect("one JSON object and nothing else");
    assert!(value.is_object());
    value
}

/// Asserts that an object has these fields, and maybe others.
fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "{field:?} is missing in {value:#}");
    }
}

#[test]
fn objects_have_the_fields_that_are_promised() {
    let folder = tempdir().expect("a folder");
    let log = find(folder.path(), "answers-first", "1");
    let out = ["--seeds", "0..20", "--out", text(folder.path()), "--json"];
    let with = |arguments: &[&str]| object(&[arguments, &out[..]].concat());

    let report = with(&["campaign", "counter", "--planted", "answers-first"]);
    has(&report, &["scenario", "seeds_run", "events", "elapsed_s", "events_per_s", "simulated_s"]);
    has(&report, &["passed", "failures", "sometimes", "coverage"]);
    has(&report["coverage"], &["states", "pairs"]);
    let found = &report["failures"][0];
    has(found, &["signature", "property", "seed", "count", "log", "deviations", "events"]);

    let all = with(&["campaign", "all"]);
    has(&all, &["passed", "scenarios"]);
    has(&all["scenarios"][0], &["scenario", "seeds_run", "failures"]);
    let bugs = with(&["campaign", "counter", "--planted", "all"]);
    assert_eq!(bugs["scenarios"].as_array().expect("a list").len(), 2);
    let fitting = with(&["campaign", "c*t*"]);
    assert_eq!(fitting["scenarios"][0]["scenario"], "counter");
    has(&with(&["planted", "*unter"]), &["passed", "bugs", "median_deviations_after"]);

    let replay = object(&["replay", text(&log), "--json"]);
    has(&replay, &["verdict", "property", "signature", "events", "chain"]);
    let shrink = object(&["shrink", text(&log), "--json"]);
    has(&shrink, &["before", "after", "attempts", "elapsed_s", "minimal", "out"]);
    has(&shrink["before"], &["deviations", "events"]);
    has(&shrink["after"], &["deviations", "events"]);
}

#[test]
fn what_a_log_says_survives_both_forms() {
    let folder = tempdir().expect("a folder");
    for attempts in ["1", "50000"] {
        let log = find(folder.path(), "answers-first", attempts);
        let (there, back) = (folder.path().join("there.bin"), folder.path().join("back.json"));
        assert_eq!(run(&["convert", text(&log), text(&there)]).code, 0);
        assert_eq!(run(&["convert", text(&there), text(&back)]).code, 0);
        let read = |path| std::fs::read_to_string(path).expect("it was written");
        assert_eq!(read(&log), read(&back));
        assert!(run(&["replay", text(&there)]).out.starts_with("exact"));
    }
}

#[test]
fn what_speaks_of_nodes_that_are_gone_is_left_out_of_a_log_in_the_words_of_today() {
    let folder = tempdir().expect("a folder");
    let log = changed(&small(folder.path()), "larger.json", |log| {
        let deviations = log["deviations"].as_array_mut().expect("a list");
        deviations.push(json!({"lost-flush": {"node": 50, "nth": 0}}));
        let context = &mut log["context"];
        context["fewest"] = json!(100);
        let none = json!({"begins": [], "ends": [], "step": null, "effect": null});
        context["places"].as_array_mut().expect("a list").push(none);
    });
    assert!(run(&["replay", text(&log)]).out.starts_with("exact"));
    let out = folder.path().join("today.json");
    assert_eq!(run(&["convert", text(&log), text(&out)]).code, 0);
    assert!(run(&["replay", text(&out)]).out.starts_with("exact"));
}

#[test]
fn a_log_is_shrunk_as_it_is_read() {
    let folder = tempdir().expect("a folder");
    let small = find(folder.path(), "tells-once", "50000");
    // Before there is anything to lose; where it met the run is after that.
    let log = changed(&small, "moved.json", |log| crash(log)["at"] = "1ms".into());
    assert!(run(&["replay", text(&log)]).out.starts_with("drifted"));
    let shrunk = object(&["shrink", text(&log), "--json"]);
    let replayed = object(&["replay", shrunk["out"].as_str().expect("a path"), "--json"]);
    assert_eq!(replayed["verdict"], "exact");
    assert_eq!(replayed["signature"], object(&["replay", text(&small), "--json"])["signature"]);
}

#[test]
fn a_proof_looks_as_far_as_the_log_itself() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let proven = object(&["shrink", text(&log), "--prove", "--within", "0", "--json"]);
    let within = proven["proof"]["within_events"].as_u64().expect("a number");
    assert!(within > proven["after"]["events"].as_u64().expect("a number"), "{proven:#}");
}

#[test]
fn shrinking_goes_on_where_the_budget_ended() {
    let folder = tempdir().expect("a folder");
    let log = find(folder.path(), "answers-first", "1");
    let shrunk = object(&["shrink", text(&log), "--json"]);
    let size = |when: &str| shrunk[when]["deviations"].as_u64().expect("a number");
    assert!(size("after") < size("before"), "{shrunk:#}");
    assert_eq!(shrunk["minimal"], true);
    let out = shrunk["out"].as_str().expect("a path");
    assert!(out.ends_with(".shrunk.json"), "{out}");
    assert_eq!(run(&["replay", out]).code, 0);
}

#[test]
fn the_table_of_planted_bugs_is_written_where_it_is_wanted() {
    let folder = tempdir().expect("a folder");
    let table = folder.path().join("planted-bugs.md");
    let ran = run(&[
        "planted",
        "--seeds",
        "0..50",
        "--out",
        text(folder.path()),
        "--write",
        text(&table),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read_to_string(&table).expect("it was written"), ran.out);
    for bug in crate::counter::BUGS {
        assert!(ran.out.contains(bug.name), "{}", ran.out);
    }
    let none = run(&["planted", "--seeds", "0..1", "--out", text(folder.path())]);
    assert_eq!(none.code, 1, "one seed does not find everything: {none:?}");
    assert!(none.out.contains("NOT FOUND"), "{}", none.out);
}

#[test]
fn how_well_failures_shrink_is_told_and_written_between_two_lines() {
    let folder = tempdir().expect("a folder");
    let page = folder.path().join("page.md");
    let frame = |figures: &str| {
        format!("before\n<!-- figures -->\n{figures}<!-- end of figures -->\nafter\n")
    };
    std::fs::write(&page, frame("old\n")).expect("the folder can be written to");
    let line = ["shrinking", "counter", "--seeds", "0..60", "--failing", "2", "--budget", "300"];
    let written = [&line[..], &["--write", text(&page)]].concat();
    let ran = run(&written);
    assert_eq!(ran.code, 0, "{ran:?}");
    let bugs = crate::counter::BUGS;
    assert!(bugs.iter().all(|bug| ran.out.contains(bug.name)), "{}", ran.out);
    let whole = format!("{} failures, of which {} are 1-minimal.", 2 * bugs.len(), 2 * bugs.len());
    assert!(ran.out.contains(&whole), "{}", ran.out);
    let now = std::fs::read_to_string(&page).expect("it is there");
    assert_eq!(now, frame(&format!("\n{}\n", ran.out)), "{now}");
    let object = object(&[&line[..], &["--json"]].concat());
    has(&object, &["bugs", "failures", "one_minimal", "proven", "mean_ratio", "median_s"]);
    has(&object["bugs"][0], &["scenario", "bug", "logs", "worst_ratio"]);
    has(&object["bugs"][0]["logs"][0], &["seed", "shrunk", "one_minimal", "proof", "best"]);
    std::fs::write(&page, "no place for figures").expect("the folder can be written to");
    let refused = run(&written);
    assert_eq!(refused.code, 2);
    assert!(refused.errors.contains("<!-- figures -->"), "{}", refused.errors);
}

#[test]
fn every_command_explains_itself_with_examples() {
    let commands = [
        "list",
        "run",
        "campaign",
        "planted",
        "replay",
        "story",
        "shrink",
        "shrinking",
        "convert",
        "corpus",
    ];
    let all = run(&["--help"]);
    assert_eq!(all.code, 0);
    assert!(all.out.contains("Exit codes:"));
    for command in commands {
        let help = run(&[command, "--help"]);
        assert_eq!((help.code, help.errors.as_str()), (0, ""));
        assert!(help.out.contains(&format!("Examples:\n  stormglass {command}")), "{}", help.out);
        assert!(all.out.contains(&format!("\n  {command} ")), "{command} is not in {}", all.out);
    }
}

#[test]
fn colours_change_nothing_but_colours_and_objects_have_none() {
    let failing = ["run", "counter", "--seed", "11", "--planted", "answers-first"];
    let (plain, coloured) = (run(&failing).out, run_on(true, &NEVER, &failing).out);
    let red = "\u{1b}[1m\u{1b}[31mVIOLATED\u{1b}[0m";
    assert!(coloured.contains(red), "{coloured:?}");
    assert_eq!(coloured.replace(red, "VIOLATED"), plain);
    let object = [&failing[..], &["--json"]].concat();
    assert_eq!(run(&object).out, run_on(true, &NEVER, &object).out);
}

#[test]
fn a_run_that_fails_names_the_campaign_that_shrinks_it() {
    let folder = tempdir().expect("a folder");
    small(folder.path());
    let ran = run(&["run", "counter", "--seed", "11", "--planted", "answers-first"]);
    let line = ran.out.lines().last().expect("there are lines");
    let (_, pasted) = line.split_once(": stormglass ").expect("a line to paste");
    let out = ["--out", text(folder.path())];
    let arguments: Vec<_> = pasted.split(' ').chain(out).collect();
    let campaign = run(&arguments);
    assert_eq!((ran.code, campaign.code), (1, 1), "{campaign:?}");
    let (_, pasted) = campaign.out.split_once("\n    stormglass ").expect("a line to paste");
    let pasted = pasted.lines().next().expect("it has an end");
    let replay = run(&pasted.split(' ').collect::<Vec<_>>());
    assert!(replay.out.starts_with("exact"), "{replay:?}");
}
