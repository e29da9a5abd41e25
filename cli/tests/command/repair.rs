//! A log that no longer reproduces, and what is near it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use stormglass_cli::Interrupt;
use tempfile::tempdir;

use crate::logs::{changed, crash, small};
use crate::{run, run_until, text};

/// A log of which a crash comes too late, so that it does not reproduce.
pub fn too_late(folder: &Path) -> PathBuf {
    changed(&small(folder), "late.json", |log| {
        crash(log)["at"] = "3ms".into();
        // As of a log that does not say where it met the run.
        log["context"] = Value::Null;
    })
}

fn object(arguments: &[&str]) -> (u8, Value) {
    let ran = run(&[arguments, &["--json"]].concat());
    assert_eq!(ran.errors, "");
    (ran.code, serde_json::from_str(&ran.out).expect("one JSON object"))
}

#[test]
fn a_log_that_is_repaired_reproduces_and_the_old_one_stays_as_it_was() {
    let folder = tempdir().expect("a folder");
    let log = too_late(folder.path());
    let before = std::fs::read(&log).expect("it is there");
    assert_eq!(run(&["replay", text(&log)]).code, 1);
    let (code, told) = object(&["replay", text(&log), "--repair"]);
    assert_eq!((code, &told["repaired"], &told["verdict"]), (0, &true.into(), &"absent".into()));
    assert_eq!(std::fs::read(&log).expect("it is there"), before);
    let repaired = folder.path().join("late.repaired.json");
    assert_eq!(told["out"], text(&repaired));
    let (code, replay) = object(&["replay", text(&repaired)]);
    assert_eq!((code, &replay["verdict"]), (0, &"exact".into()));
    // Over itself only if that is asked for.
    let again = run(&["replay", text(&repaired), "--repair"]);
    assert_eq!(again.code, 2, "{again:?}");
    let over = ["replay", text(&log), "--repair", "--out", text(&log)];
    assert_eq!(run(&over).code, 0);
    assert_eq!(object(&["replay", text(&log)]).1["verdict"], "exact");
}

#[test]
fn where_the_bug_is_gone_nothing_is_found_or_written() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    for tries in ["1", "500"] {
        let repair = ["replay", text(&log), "--repair", "--healthy", "--tries", tries];
        let (code, told) = object(&repair);
        assert_eq!((code, &told["repaired"]), (1, &false.into()), "{told}");
        let tried = told["tried"].as_u64().expect("a number");
        assert!(tried.to_string() == tries || told["exhausted"] == true, "{told}");
    }
    let written = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(written, 1, "the log itself");
}

#[test]
fn of_an_exact_log_there_is_nothing_to_repair() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let ran = run(&["replay", text(&log), "--repair"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "exact: there is nothing to repair\n"));
    let written = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(written, 1, "the log itself");
}

#[test]
fn repair_that_is_ended_says_so() {
    /// As if Ctrl-C came right after the command began.
    static AT_ONCE: LazyLock<Interrupt> = LazyLock::new(|| {
        let interrupt = Interrupt::new();
        interrupt.heed();
        interrupt.raise();
        interrupt
    });
    let folder = tempdir().expect("a folder");
    let log = too_late(folder.path());
    let ran = run_until(&AT_ONCE, &["replay", text(&log), "--repair"]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.starts_with("interrupted: nothing near it fails so far"), "{ran:?}");
}

#[test]
fn a_repair_that_makes_no_sense_is_misuse() {
    for misuse in [
        &["--tries", "5"][..],
        &["--repair", "--tries", "0"],
        &["--out", "x.json"],
        &["--repair", "--bisect"],
    ] {
        let ran = run(&[&["replay", "none.json"], misuse].concat());
        assert!(ran.code == 2 || ran.code == 125, "{ran:?}");
        assert!(!ran.errors.contains("none.json"), "{ran:?}");
    }
}
